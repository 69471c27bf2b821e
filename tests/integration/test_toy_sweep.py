"""Whole sweeps of a toy with real Ray, real Optuna and real MLflow."""

from __future__ import annotations

from collections import Counter

import pytest

import sweeper
from sweeper.errors import SweepExistsError, UserError
from sweeper.study.events import State

pytestmark = pytest.mark.usefixtures("small_ray")


@pytest.fixture
def home(tmp_path, toys):
    return tmp_path / "sweeps"


def test_study_and_mlflow_agree(home, mlflow_runs, parent_run):
    result = sweeper.run("toy.yaml", home=home)

    assert result.outcome == "finished"
    assert result.mirrored
    trials = {trial.number: trial for trial in result.record.trials}
    assert sorted(trials) == list(range(8))
    states = Counter(trial.state for trial in trials.values())
    assert states[State.PRUNED] >= 1
    assert states[State.COMPLETED] >= 1
    assert sum(states.values()) == states[State.PRUNED] + states[State.COMPLETED]

    runs = mlflow_runs(home)
    assert sorted(runs) == list(range(8))
    for number, trial in trials.items():
        run = runs[number]
        pruned = trial.state is State.PRUNED
        assert run.status == ("KILLED" if pruned else "FINISHED")
        assert run.state == trial.state
        assert run.reason == trial.reason
        assert run.steps == [1, 2] if pruned else [1, 2, 3, 4]
        assert {key: float(value) for key, value in run.params.items()} == trial.params
        for metric in ("score", "magnitude", "train/loss", "draw"):
            told = [(epoch.epoch, epoch.metrics[metric]) for epoch in trial.epochs]
            assert run.curves[metric] == told
        assert run.artifacts == ["config.yaml", "note.txt"]
        below = trial.epochs[1].metrics["magnitude"] < 0.01
        assert pruned == below
        if pruned:
            assert trial.reason.startswith("pruned at epoch 2: magnitude 0.00")
    parent = parent_run(home)
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["best/objective"] == result.record.best.values[0]


def test_same_name_again_is_refused_and_nothing_is_lost(home):
    sweeper.run("toy.yaml", overrides=["budget.trials=1"], home=home)
    before = (home / "toy" / "study.journal").read_bytes()
    with pytest.raises(SweepExistsError, match="exists already") as refused:
        sweeper.run("toy.yaml", home=home)
    assert "sweeper resume toy" in refused.value.hint
    assert "--name" in refused.value.hint
    assert (home / "toy" / "study.journal").read_bytes() == before


def test_finished_sweep_is_extended(home, mlflow_runs):
    sweeper.run("toy.yaml", overrides=["budget.trials=2"], home=home)
    again = sweeper.resume("toy", home=home)
    assert len(again.record.trials) == 2
    more = sweeper.resume("toy", home=home, trials="+2")
    assert len(more.record.trials) == 4
    assert sorted(mlflow_runs(home)) == [0, 1, 2, 3]
    with pytest.raises(UserError, match="1 is less than the 4 trials"):
        sweeper.resume("toy", home=home, trials="1")


def test_every_way_to_fail_ends_one_trial_only(home, mlflow_runs):
    result = sweeper.run(
        "toy.yaml",
        overrides=[
            "sampler=grid",
            "space={fail: {type: choice, values: [raise, diverge, nan, die, none]}}",
            "budget.trials=5",
            "faults.retries=0",
        ],
        home=home,
    )
    reasons = {trial.params["fail"]: trial.reason for trial in result.record.trials}
    assert reasons == {
        "raise": "epoch 2 raised ZeroDivisionError: a bug in training code",
        "diverge": "diverged at epoch 2: loss is nan",
        "nan": "diverged at epoch 2: score is nan",
        "die": "the worker process died (killed, or ended by itself)",
        "none": "completed all 4 epochs",
    }
    for number, run in mlflow_runs(home).items():
        failed = result.record.trials[number].state is State.FAILED
        assert run.status == ("FAILED" if failed else "FINISHED")
        assert run.steps == ([1] if failed else [1, 2, 3, 4])


def test_several_objectives_are_pruned_too(home):
    result = sweeper.run(
        "toy.yaml",
        overrides=[
            "objective=[{metric: score, goal: maximize}, {metric: train/loss, goal: minimize}]",
            "sampler={name: nsgaii, population: 4}",
        ],
        home=home,
    )
    states = Counter(trial.state for trial in result.record.trials)
    assert states[State.PRUNED] >= 1
    assert all(
        len(trial.values) == 2 for trial in result.record.trials if trial.state is State.COMPLETED
    )


def test_started_values_come_first(home):
    result = sweeper.run(
        "toy.yaml",
        overrides=["start=[{x: 0.25, lr: 0.5}, {x: 0.75}]", "budget.trials=3"],
        home=home,
    )
    first, second, _ = result.record.trials
    assert first.params == {"x": 0.25, "lr": 0.5}
    assert second.params["x"] == 0.75


def test_ray_files_may_be_deleted(home):
    import shutil

    sweeper.run("toy.yaml", overrides=["budget.trials=2"], home=home)
    shutil.rmtree(home / "toy" / "ray")
    assert len(sweeper.resume("toy", home=home, trials="+1").record.trials) == 3


def test_out_of_time_waits_for_more(home):
    overrides = ["fixed.epoch_s=0.5", "budget.hours=0.0001", "budget.trials=50"]
    result = sweeper.run("toy.yaml", overrides=overrides, home=home)
    assert result.outcome == "out of time"
    assert len(result.record.trials) < 50
