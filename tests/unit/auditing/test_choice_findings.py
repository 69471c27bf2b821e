"""What trials chose themselves, in the study, in MLflow and in checkpoints."""

from __future__ import annotations

import json

import pytest

from sweeper.study.amendments import add_amendment
from sweeper.study.store import open_study
from sweeper.syncing import sync

FACTS = {
    "epoch": 4,
    "settings": {"decode.cut": 0.4},
    "scores": {"default": {"aji": 0.1}, "honest": {"aji": 0.2}, "optimistic": {"aji": 0.3}},
    "choose_by": "aji",
    "criterion": "mean AJI",
    "goal": "maximize",
    "num_images": 3,
    "fingerprint": "abc",
    "overrides": (),
    "folder": "trials/0/decode/1",
}
TITLE = "decodings chosen inside trials, and amendments, as in the study"


@pytest.fixture
def amended(scene):
    """The finished sweep with an amendment, in MLflow too."""
    (scene.home.sweep("done").root / FACTS["folder"]).mkdir(parents=True)
    add_amendment(open_study(scene.home, "done"), 0, **FACTS)
    sync("done", home=scene.home.root)
    return scene


def test_what_was_chosen_is_counted(amended):
    found = amended.audit()
    assert found.is_in_order
    checks = {check.title: check for check in found.checks}
    assert checks[TITLE].count == 3  # the fourth chose nothing
    assert checks["amendments are whole, of trials that are over"].count == 1


def test_a_sweep_whose_trials_choose_nothing_is_not_bothered(scene):
    assert "amendments are whole, of trials that are over" not in {
        check.title for check in scene.audit("open").checks
    }


def test_a_choice_that_differs_in_mlflow(amended):
    amended.sql(
        "UPDATE tags SET value = '9' WHERE run_uuid = ? AND key = 'chosen.decode.cut'",
        amended.run_id(0),
    )
    amended.sql(
        "UPDATE tags SET value = '' WHERE run_uuid = ? AND key = 'amended.decode.cut'",
        amended.run_id(0),
    )
    found = amended.only()
    assert (found.kind, found.where) == ("run-choice", "trial 0")
    assert found.sentence == (
        "chosen.decode.cut is 0.4, but 9 in MLflow; amended.decode.cut is 0.4, but unset in MLflow"
    )
    sync("done", home=amended.home.root, rebuild=True)
    assert amended.audit().is_in_order


def test_an_amendment_that_was_not_sent_yet_waits(scene):
    (scene.home.sweep("done").root / FACTS["folder"]).mkdir(parents=True)
    add_amendment(open_study(scene.home, "done"), 0, **FACTS)
    found = scene.only()
    assert found.kind == "unsent"


def test_a_damaged_amendment(amended):
    study = open_study(amended.home, "done")
    study.set_user_attr("amendment/0/2", {"settings": {}})
    add_amendment(study, 17, **FACTS)
    assert [finding.kind for finding in amended.audit().findings] == ["amendment-damaged"] * 2
    assert {finding.where for finding in amended.audit().findings} == {
        "amendment/0/2",
        "amendment/17/1",
    }


def test_an_amendment_whose_files_are_gone(amended):
    (amended.home.sweep("done").root / FACTS["folder"]).rmdir()
    assert amended.only().kind == "amendment-folder"
    assert amended.audit().num_wrong == 0


def test_an_amendment_is_missing_or_early(amended):
    amended.rewrite_journal(
        lambda record: json.loads(json.dumps(record).replace("amendment/0/1", "amendment/0/2"))
    )
    kinds = amended.kinds()
    assert "amendment-missing" in kinds


def test_a_checkpoint_with_another_choice(scene):
    folder = scene.home.sweep("done").trial(0).checkpoints
    meta = sorted(folder.glob("epoch-*"))[-1] / "meta.json"
    held = json.loads(meta.read_text())
    held["chosen"] = {"decode.cut": 9}
    meta.write_text(json.dumps(held))
    found = scene.only()
    assert (found.kind, found.severity) == ("checkpoint-choice", "note")
    assert "epoch 4" in found.sentence
