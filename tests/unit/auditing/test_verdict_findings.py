"""Verdicts that do not follow from the curves, and those that MLflow tells otherwise."""

from __future__ import annotations

import json

from sweeper.study.judging import judge_again
from sweeper.study.store import open_spec, open_study
from sweeper.syncing import sync

IN_STUDY = "verdicts follow from the curves and the rules"
IN_MLFLOW = "verdicts as in the study"


def change_verdict(trial, **changes):
    def change(record):
        held = record.get("user_attr", {}).get(f"verdict/{trial}")
        if held is not None:
            held.update(changes)
        return record

    return change


def drop_verdict(trial):
    return lambda record: None if f"verdict/{trial}" in record.get("user_attr", {}) else record


def test_verdicts_are_counted(scene):
    counts = {check.title: check.count for check in scene.audit().checks}
    assert (counts[IN_STUDY], counts[IN_MLFLOW]) == (4, 4)
    counts = {check.title: check.count for check in scene.audit("open").checks}
    assert (counts[IN_STUDY], counts[IN_MLFLOW]) == (3, 3)


def test_a_verdict_that_does_not_follow_from_the_curve(scene):
    scene.rewrite_journal(change_verdict(0, verdict="success", rule="high"))
    first, second = scene.audit().findings
    assert (first.kind, first.where) == ("verdict-differs", "trial 0")
    assert first.sentence == (
        "has 'success: high' (score = 0.1 < 1 at epoch 1), but its curves and the rules say "
        "'partial: low' (score = 0.1 < 1 at epoch 1)"
    )
    assert first.todo == f"sweeper resume done --home {scene.home.root} judges it again"
    assert second.kind == "run-verdict"
    # What resume does first.
    study = open_study(scene.home, "done")
    assert judge_again(study, open_spec(scene.home.sweep("done"))) == [0]
    sync("done", home=scene.home.root)
    assert scene.audit().is_in_order


def test_an_ending_without_a_verdict(scene):
    scene.rewrite_journal(drop_verdict(2))
    first, *others = scene.audit().findings
    assert (first.kind, first.where) == ("verdict-missing", "trial 2")
    assert first.sentence.endswith("rules say 'failed: broke' (the trial failed)")
    assert [finding.kind for finding in others] == ["unsent"] or others[0].kind == "run-verdict"


def test_rules_that_were_changed_by_hand(scene):
    spec = scene.home.sweep("done").spec
    spec.write_text(spec.read_text().replace("score@highest > 3", "score@highest > 9"))
    found = scene.only()
    assert (found.kind, found.where) == ("verdict-differs", "trial 3")
    assert "say 'no verdict' (no rule applies)" in found.sentence


def test_tags_that_differ_in_mlflow(scene):
    scene.sql(
        "UPDATE tags SET value = 'failed' WHERE run_uuid = ? AND key = 'verdict'", scene.run_id(3)
    )
    scene.sql("DELETE FROM tags WHERE run_uuid = ? AND key = 'verdict.advice'", scene.run_id(3))
    found = scene.only()
    assert (found.kind, found.where) == ("run-verdict", "trial 3")
    assert found.sentence == (
        "verdict is 'success', but 'failed' in MLflow; "
        "verdict.advice is 'Keep it.', but unset in MLflow"
    )
    assert found.todo.endswith("--rebuild sets it right")
    sync("done", home=scene.home.root, rebuild=True)
    assert scene.audit().is_in_order


def test_a_verdict_that_was_not_sent_yet_waits(scene):
    spec = scene.home.sweep("done").spec
    spec.write_text(spec.read_text().replace("score@highest > 3", "score@highest > 9"))
    assert judge_again(open_study(scene.home, "done"), open_spec(scene.home.sweep("done"))) == [3]
    found = scene.only()
    assert (found.kind, found.severity) == ("unsent", "note")
    sync("done", home=scene.home.root)
    assert not scene.audit().findings


def test_a_sweep_whose_rules_were_taken_away(scene):
    paths = scene.home.sweep("done")
    kept = paths.spec.read_text()
    paths.spec.write_text(kept[: kept.index("verdicts:")] + kept[kept.index("budget:") :])
    study, spec = open_study(scene.home, "done"), open_spec(paths)
    assert judge_again(study, spec) == [0, 1, 2, 3]
    assert judge_again(study, spec) == []
    sync("done", home=scene.home.root)
    assert not scene.audit().findings
    held = [json.loads(line) for line in paths.journal.read_text().splitlines()]
    newest = [record["user_attr"] for record in held if "verdict/3" in record.get("user_attr", {})]
    assert newest[-1]["verdict/3"]["verdict"] == "none"


def test_rules_that_are_being_taken_over_are_not_judged_by(scene):
    spec = scene.home.sweep("done").spec
    spec.write_text(spec.read_text().replace("score@highest > 3", "score@highest > 9"))
    open_study(scene.home, "done").set_user_attr("changes", [{}])
    assert scene.only().kind == "extending"
