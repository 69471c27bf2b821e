"""Verdicts in a real MLflow store: as tags of their trials, and counted for the sweep."""

from __future__ import annotations

from sweeper.study.events import State
from sweeper.verdicts import Judgement, Verdict

GOOD = Judgement(
    verdict=Verdict.SUCCESS, rule="fine", advice="Keep it.", because="a = 2 > 1 at epoch 1"
)
FLAT = Judgement(
    verdict=Verdict.FAILED, rule="flat", advice="More epochs.", because="a = 0 < 1 at epoch 1"
)
NONE = Judgement(verdict=Verdict.NONE, because="no rule applies")


def told(sweep, number: int) -> dict[str, str]:
    tags = sweep.run(number).data.tags
    return {name: text for name, text in tags.items() if name.startswith("verdict")}


def finished(sweep) -> None:
    sweep.open()
    for number, judgement in enumerate((GOOD, FLAT, FLAT, NONE)):
        sweep.start(number)
        sweep.report(number)
        sweep.end(number, State.PRUNED, judgement)
    assert sweep.close().is_complete


def test_verdicts_arrive_with_the_endings(sweep):
    finished(sweep)
    assert told(sweep, 0) == {
        "verdict": "success",
        "verdict.rule": "fine",
        "verdict.advice": "Keep it.",
        "verdict.because": "a = 2 > 1 at epoch 1",
    }
    assert told(sweep, 3)["verdict"] == "none"
    assert told(sweep, 3)["verdict.because"] == "no rule applies"
    parent = sweep.parent().data
    counts = {name: n for name, n in parent.metrics.items() if name.startswith("verdicts/")}
    assert counts == {
        "verdicts/success": 1,
        "verdicts/partial": 0,
        "verdicts/failed": 2,
        "verdicts/none": 1,
    }
    assert parent.tags["verdict.failures"] == "flat (2 of 2)"
    assert parent.tags["verdict.advice"] == "More epochs."


def test_sweeps_without_rules_have_no_such_tags(sweep):
    sweep.open()
    sweep.start(0)
    sweep.end(0)
    assert sweep.close().is_complete
    assert told(sweep, 0) == {}
    assert not [name for name in sweep.parent().data.tags if name.startswith("verdict")]


def test_trials_that_were_judged_again(sweep):
    finished(sweep)
    runs = {number: sweep.run(number).info.run_id for number in range(4)}
    for number in (1, 2):
        sweep.judge_again(number, NONE)
    sweep.judge_again(3, GOOD)
    sweep.sync()
    assert [told(sweep, number)["verdict"] for number in range(4)] == [
        "success",
        "none",
        "none",
        "success",
    ]
    assert told(sweep, 1).get("verdict.rule", "") == ""
    assert told(sweep, 3)["verdict.advice"] == "Keep it."
    assert {number: sweep.run(number).info.run_id for number in range(4)} == runs
    assert [sweep.run(number).info.status for number in range(4)] == ["KILLED"] * 4
    parent = sweep.parent().data
    assert parent.metrics["verdicts/success"] == parent.metrics["verdicts/none"] == 2
    assert parent.metrics["verdicts/failed"] == 0
    assert parent.tags["verdict.failures"] == ""


def test_a_verdict_that_mlflow_has_lost_is_sent_again(sweep):
    finished(sweep)
    run = sweep.run(0).info.run_id
    sweep.client.delete_tag(run, "verdict.advice")
    sweep.client.set_tag(sweep.run(1).info.run_id, "verdict", "success")
    sweep.sync()
    assert told(sweep, 0)["verdict.advice"] == "Keep it."
    assert told(sweep, 1)["verdict"] == "failed"
    assert sweep.steps(0) == [(1, 0.1)]
