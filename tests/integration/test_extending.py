"""A sweep is killed, its space file changed, and taken over: real Ray, Optuna and MLflow."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import sweeper
from sweeper.errors import UserError
from sweeper.study.events import State

SETTINGS = ["fixed.epoch_s=0.4"]


@pytest.fixture
def folder(tmp_path, toys, monkeypatch):
    for file in toys.glob("toy*"):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWEEPER_HOME", str(tmp_path / "sweeps"))
    return tmp_path


def run_until(text: str, *arguments: str) -> list[str]:
    """`sweeper ...` until it prints a text; then its driver is killed."""
    command = [sys.executable, "-m", "sweeper", *arguments]
    lines = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as driver:
        assert driver.stdout is not None
        for line in driver.stdout:
            lines.append(line)
            if text in line:
                break
        driver.send_signal(signal.SIGKILL)
        driver.wait()
    return lines


class Notes:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def phase(self, text: str) -> None:
        return

    def note(self, text: str) -> None:
        self.texts.append(text)

    def begin(self, *what: object) -> None:
        return

    def __call__(self, event: object) -> None:
        return


@pytest.mark.usefixtures("small_ray")
@pytest.mark.parametrize("sampler", ["{name: tpe, startup_trials: 2}", "cmaes"])
def test_wider_bounds_and_more_trials(folder: Path, mlflow_runs, sampler: str):
    settings = [*SETTINGS, f"sampler={sampler}", "budget.trials=4", "pruning=[]"]
    words = [word for setting in settings for word in ("--set", setting)]
    lines = run_until("#1 epoch 2/4", "run", "toy.yaml", *words)
    assert "#1 epoch 2/4" in lines[-1]

    space = folder / "toy.yaml"
    space.write_text(
        space.read_text()
        .replace("low: 0.001, high: 1.0", "low: 0.0001, high: 9.0")
        .replace("x: {type: float, low: 0.0, high: 1.0}", "x: {type: float, low: -3.0, high: 3.0}")
    )
    changed = [settings[0], settings[1], "budget.trials=7", "pruning=[]"]
    notes = Notes()
    result = sweeper.run("toy.yaml", overrides=changed, extend=True, watcher=notes)

    assert result.outcome == "finished"
    assert [trial.number for trial in result.record.trials] == list(range(7))
    assert all(trial.state is State.COMPLETED for trial in result.record.trials)
    assert all(len(trial.epochs) == 4 for trial in result.record.trials)
    runs = mlflow_runs(folder / "sweeps")
    assert sorted(runs) == list(range(7))
    for trial in result.record.trials:
        run = runs[trial.number]
        assert (run.status, run.steps) == ("FINISHED", [1, 2, 3, 4])
        assert {key: float(value) for key, value in run.params.items()} == trial.params
    told = "\n".join(notes.texts)
    assert "died" in notes.texts[0]
    assert "taken over: toy.yaml:7: space.x.low: 0.0 -> -3.0 (wider" in told
    assert "taken over: --set budget.trials: 4 -> 7" in told
    assert "interrupted at epoch" in told
    # The trial that was interrupted kept what it had been given.
    first, second, *_ = result.record.trials
    for trial in (first, second):
        assert 0.0 <= trial.params["x"] <= 1.0
        assert 0.001 <= trial.params["lr"] <= 1.0

    again = Notes()
    assert sweeper.resume("toy", watcher=again).outcome == "finished"
    assert again.texts[0] == "found 7 finished, none to go"


@pytest.mark.usefixtures("small_ray")
def test_new_sets_of_start_are_tried(folder: Path):
    sweeper.run("toy.yaml", overrides=["budget.trials=2", "start=[{x: 0.25}]", "pruning=[]"])
    result = sweeper.run(
        "toy.yaml",
        overrides=["budget.trials=4", "start=[{x: 0.25}, {x: 0.75}]", "pruning=[]"],
        extend=True,
    )
    assert [trial.params["x"] for trial in result.record.trials].count(0.25) == 1
    assert result.record.trials[2].params["x"] == 0.75
    assert len(result.record.trials) == 4


@pytest.mark.usefixtures("small_ray")
def test_nothing_is_started_when_something_is_refused(folder: Path):
    sweeper.run("toy.yaml", overrides=["budget.trials=1"])
    journal = (folder / "sweeps" / "toy" / "study.journal").read_bytes()
    with pytest.raises(UserError, match=r"budget\.epochs: 4 -> 9"):
        sweeper.run("toy.yaml", overrides=["budget.trials=5", "budget.epochs=9"], extend=True)
    assert (folder / "sweeps" / "toy" / "study.journal").read_bytes() == journal
