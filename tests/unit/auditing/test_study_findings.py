"""A study that is not as it should be."""

from __future__ import annotations

import json

import pytest

from sweeper.study.store import open_study

_PARAM, _STATE, _CURVE, _ATTR = 5, 6, 7, 8


def drop_attr(trial, name):
    def change(record):
        of_trial = record["op_code"] == _ATTR and record["trial_id"] == trial
        return None if of_trial and name in record["user_attr"] else record

    return change


def change_param(trial, name, value):
    def change(record):
        if record["op_code"] == _PARAM and (record["trial_id"], record["param_name"]) == (
            trial,
            name,
        ):
            record["param_value_internal"] = value
        return record

    return change


def append(scene, record):
    with scene.home.sweep("done").journal.open("a") as file:
        file.write(json.dumps(record) + "\n")


def test_a_gap_in_the_epochs(scene):
    scene.rewrite_journal(drop_attr(0, "epoch/2"))
    kinds = scene.kinds()
    found = scene.audit().findings[0]
    assert kinds == ["epoch-missing", "step-unknown"]  # MLflow holds it
    assert (found.where, found.sentence) == ("trial 0", "the study lacks epoch 2 of 4")


def test_an_epoch_that_was_written_twice(scene):
    records = map(json.loads, scene.home.sweep("done").journal.read_text().splitlines())
    twice = next(r for r in records if "epoch/3" in r.get("user_attr", ()))
    append(scene, twice)
    found = scene.only()
    assert (found.kind, found.where) == ("epoch-doubled", "trial 0")
    assert found.sentence == "epoch 3 was written more than once"


@pytest.mark.parametrize(
    ("attr", "kind", "sentence"),
    [
        ("reason", "ending-without-reason", "is failed without a reason"),
        ("ended_ms", "ending-without-time", "is failed without a time of its end"),
    ],
)
def test_an_ending_that_is_not_explained(scene, attr, kind, sentence):
    scene.rewrite_journal(drop_attr(2, attr))
    found = scene.audit().findings[0]
    assert (found.kind, found.where, found.sentence) == (kind, "trial 2", sentence)
    assert scene.kinds() == ([kind, "run-reason"] if attr == "reason" else [kind])


def test_more_trials_than_the_budget(scene):
    append(scene, {"op_code": 2, "worker_id": "w", "study_id": 0, "user_attr": {"trials": 3}})
    found = scene.only()
    assert found.kind == "trials-above-budget"
    assert found.sentence == "4 trials have begun where 3 were asked for"
    assert "--trials 4" in found.todo


def test_an_objective_that_differs_from_the_curve(scene):
    def change(record):
        if record["op_code"] == _STATE and record.get("values") and record["trial_id"] == 3:
            record["values"] = [9.0]
        return record

    scene.rewrite_journal(change)
    found = scene.only()
    assert (found.kind, found.where) == ("objective-differs", "trial 3")
    assert found.sentence == "its objective is [9.0], its reports say [3.3]"


def test_a_completed_trial_without_its_last_epoch(scene):
    scene.rewrite_journal(drop_attr(0, "epoch/4"))
    found = scene.audit().findings
    assert "completed-early" in [finding.kind for finding in found]
    assert "is completed after 3 of 4 epochs" in [finding.sentence for finding in found]


def test_a_curve_of_optuna_that_lacks_an_epoch(scene):
    def change(record):
        is_it = record["op_code"] == _CURVE and (record["trial_id"], record["step"]) == (1, 2)
        return None if is_it else record

    scene.rewrite_journal(change)
    found = scene.only()
    assert found.kind == "curve-differs"
    assert "Optuna's own curve of score differs from the reports at epoch 2" in found.sentence


def test_a_setting_outside_its_range(scene):
    scene.rewrite_journal(change_param(1, "x", 1.5))
    found = scene.audit().findings[0]
    assert (found.kind, found.where) == ("settings", "trial 1")
    assert found.sentence == "x: 1.5 is not a value of the space"
    assert scene.kinds() == ["settings", "run-params"]


def test_settings_that_break_a_constraint(scene):
    study = open_study(scene.home, "done")
    x = study.trials[1].params["x"]
    spec = scene.home.sweep("done").spec
    text = spec.read_text()
    for relation, kinds in (("<=", []), ("<", ["settings"])):
        spec.write_text(f"{text}constraints:\n- x {relation} {x!r}\n- lr > 0\n")
        broken = [f for f in scene.audit().findings if f.where == "trial 1"]
        assert [finding.kind for finding in broken] == kinds
    assert broken[0].sentence.startswith(f"breaks x < {x!r}: x is ")


def test_a_setting_that_is_missing(scene):
    def change(record):
        is_it = record["op_code"] == _PARAM and (record["trial_id"], record["param_name"]) == (
            0,
            "lr",
        )
        return None if is_it else record

    scene.rewrite_journal(change)
    found = scene.only()
    assert (found.kind, found.sentence) == ("settings", "no value for the parameter lr")


def test_a_setting_whose_condition_does_not_hold(scene):
    trials = {trial: params(scene, trial) for trial in range(4)}
    trial = next(number for number, names in trials.items() if "groups" in names)
    scene.rewrite_journal(change_param(trial, "norm", 1))
    found = scene.audit().findings[0]
    assert found.sentence == "groups is set though its condition does not hold"


def params(scene, trial):
    records = map(json.loads, scene.home.sweep("done").journal.read_text().splitlines())
    return [r["param_name"] for r in records if r["op_code"] == _PARAM and r["trial_id"] == trial]


def test_a_change_of_the_space_that_was_not_made(scene):
    append(scene, {"op_code": 2, "worker_id": "w", "study_id": 0, "user_attr": {"changes": [{}]}})
    found = scene.only()
    assert (found.kind, found.severity) == ("extending", "note")


def test_a_torn_last_line(scene):
    with scene.home.sweep("done").journal.open("ab") as file:
        file.write(b'{"op_code": 8, "tri')
    found = scene.only()
    assert (found.kind, found.severity) == ("journal-torn", "note")
    assert "breaks off after 19 bytes" in found.sentence
    assert scene.audit().is_in_order


def test_a_journal_with_rubbish_inside(scene):
    journal = scene.home.sweep("done").journal
    first, *rest = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(first + b"rubbish\n" + b"".join(rest))
    found = scene.audit()
    assert [finding.kind for finding in found.findings] == ["journal-damaged"]
    assert found.findings[0].sentence == "line 2 can't be read"
    assert found.unchecked
