"""Trials that break in every way there is, on real Ray; the sweep goes on."""

from __future__ import annotations

import pytest

import sweeper
from sweeper.study.events import State, TrialRetried
from sweeper.watching import SilentWatcher

pytestmark = pytest.mark.usefixtures("small_ray")


class Listener(SilentWatcher):
    def __init__(self):
        self.retries = []

    def __call__(self, event):
        if isinstance(event, TrialRetried):
            self.retries.append(event)


def sweep(toys, home, *overrides):
    listener = Listener()
    result = sweeper.run(
        toys / "toy.yaml",
        overrides=["pruning=[]", "sampler=random", "faults.hang_s=3", *overrides],
        home=home,
        watcher=listener,
    )
    return result, listener.retries


def curves(result):
    return {t.number: [dict(epoch.metrics) for epoch in t.epochs] for t in result.record.trials}


def traceback(result, number):
    return (result.paths.trial(number).artifacts / "traceback.txt").read_text()


def test_what_can_be_mended_is_retried_and_ends_as_if_nothing_had_happened(
    tmp_path, toys, mlflow_runs, monkeypatch
):
    monkeypatch.chdir(toys)
    monkeypatch.setattr("sweeper.engine.desk._HANG_MARGIN_S", 1.0)
    ways = ["die once", "crash once", "hang once", "suspend once", "memory once", "none"]
    shape = ["budget.trials=6", "sampler={name: grid}", "seed=3"]
    broken, retries = sweep(
        toys, tmp_path / "b", f"space={{fail: {{type: choice, values: {ways}}}}}", *shape
    )
    fine, none = sweep(
        toys,
        tmp_path / "f",
        f"space={{fail: {{type: choice, values: {[f'fine {way}' for way in ways]}}}}}",
        *shape,
    )
    assert none == []
    assert broken.record.counts == {State.COMPLETED: 6}
    assert curves(broken) == curves(fine)
    way_of = {t.number: t.params["fail"] for t in broken.record.trials}
    reasons = {way_of[retry.number]: retry.reason for retry in retries}
    assert reasons == {
        "die once": "the worker process died (killed, or ended by itself)",
        "crash once": "the worker process crashed: Segmentation fault",
        "hang once": "no report for 3 s, taken for hung",
        "suspend once": "no report for 3 s, taken for hung",
        "memory once": "epoch 2 raised MemoryError: no room",
    }
    assert all((retry.attempt, retry.epoch) == (1, 1) for retry in retries)
    numbers = {way: number for number, way in way_of.items()}
    assert "in _misbehave_once" in traceback(broken, numbers["hang once"])
    assert "in _misbehave_once" in traceback(broken, numbers["crash once"])
    for number, run in mlflow_runs(tmp_path / "b").items():
        assert (run.status, run.state, run.steps) == ("FINISHED", "completed", [1, 2, 3, 4])
        assert not broken.paths.trial(number).worker.exists()
        assert not broken.paths.trial(number).last_words.exists()


def test_what_stays_broken_fails_after_its_retries(tmp_path, toys, mlflow_runs, monkeypatch):
    monkeypatch.chdir(toys)
    ways = ["die", "raise", "memory", "none"]
    result, retries = sweep(
        toys,
        tmp_path,
        f"space={{fail: {{type: choice, values: {ways}}}}}",
        "sampler={name: grid}",
        "budget.trials=4",
        "faults.retries=1",
    )
    found = {t.params["fail"]: (str(t.state), t.reason) for t in result.record.trials}
    assert found == {
        "die": ("failed", "the worker process died (killed, or ended by itself), after 1 retry"),
        "raise": ("failed", "epoch 2 raised ZeroDivisionError: a bug in training code"),
        "memory": (
            "failed",
            "epoch 2 raised MemoryError: no room, though it ran alone, after 1 retry",
        ),
        "none": ("completed", "completed all 4 epochs"),
    }
    assert sorted(t.reason for t in retries) == [
        "epoch 2 raised MemoryError: no room",
        "the worker process died (killed, or ended by itself)",
    ]
    for trial in result.record.trials:
        if trial.params["fail"] in {"raise", "memory"}:
            assert "Error: " in traceback(result, trial.number)
    assert all(run.steps[0] == 1 for run in mlflow_runs(tmp_path).values())


def test_a_sweep_in_which_all_fail_alike_stops_early(tmp_path, toys, mlflow_runs, monkeypatch):
    monkeypatch.chdir(toys)
    result, _ = sweep(toys, tmp_path, "fixed.fail=raise", "budget.trials=30")
    assert result.outcome == "gave up"
    assert result.verdict == (
        "4 trials in a row failed for the same reason: "
        "epoch 2 raised ZeroDivisionError: a bug in training code"
    )
    assert 4 <= result.record.counts[State.FAILED] <= 5
    assert len(result.record.trials) <= 6
    assert {run.status for run in mlflow_runs(tmp_path).values()} <= {"FAILED", "KILLED"}
