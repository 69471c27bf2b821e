"""Drivers that are stopped or killed, and the next one. Real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import sweeper
from sweeper.paths import Home
from sweeper.study.events import State
from sweeper.study.records import read_record
from sweeper.study.store import open_study

# Random proposals depend on the trial's number alone, so two sweeps can be compared trial by trial.
_SETTINGS = ["sampler=random", "budget.trials=5", "fixed.epoch_s=0.4", "pruning=[]"]


class DriverProcess:
    """`sweeper ...` as a process group of its own, as a terminal would start it."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sweeper", *arguments],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []

    def wait_for(self, text: str) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)
            if text in line:
                return
        raise AssertionError(f"never said {text!r}:\n{''.join(self.lines)}")

    def signal_group(self, number: int) -> None:
        os.killpg(self._process.pid, number)

    def kill_driver(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def wait(self) -> int:
        rest, _ = self._process.communicate(timeout=120)
        self.lines += rest.splitlines(keepends=True)
        return self._process.returncode


@pytest.fixture
def started(tmp_path, toys):
    """A sweep in another process whose trial 1 has just reported epoch 2."""
    settings = [word for setting in _SETTINGS for word in ("--set", setting)]
    home = str(tmp_path / "stopped")
    driver = DriverProcess("run", "toy.yaml", "--home", home, *settings, cwd=toys)
    driver.wait_for("#1 epoch 2/4")
    yield driver
    driver.close()


def curves(home: Path) -> dict[int, list[dict[str, float]]]:
    record = read_record(open_study(Home.at(home), "toy"))
    assert all(trial.state is State.COMPLETED for trial in record.trials)
    return {trial.number: [dict(e.metrics) for e in trial.epochs] for trial in record.trials}


def steps_on_disk(home: Path, number: int) -> list[int]:
    text = (home / "toy" / "trials" / str(number) / "steps.txt").read_text()
    return [int(line.split()[0]) for line in text.splitlines()]


@pytest.mark.usefixtures("small_ray")
def test_ctrl_c_then_resume_is_as_if_nothing_had_happened(started, tmp_path, mlflow_runs):
    started.signal_group(signal.SIGINT)
    assert started.wait() == 130
    printed = "".join(started.lines)
    assert "sweeper resume toy --home" in printed
    assert "Traceback" not in printed
    for run in mlflow_runs(tmp_path / "stopped").values():
        assert run.status in {"KILLED", "FINISHED"}
        assert run.state in {"interrupted", "completed"}

    resumed = sweeper.resume("toy", home=tmp_path / "stopped")
    assert resumed.outcome == "finished"
    straight = sweeper.run("toy.yaml", overrides=_SETTINGS, home=tmp_path / "straight")
    assert straight.outcome == "finished"
    assert curves(tmp_path / "stopped") == curves(tmp_path / "straight")
    runs = mlflow_runs(tmp_path / "stopped")
    assert sorted(runs) == [0, 1, 2, 3, 4]
    for number, run in runs.items():
        assert (run.status, run.state) == ("FINISHED", "completed")
        assert run.steps == [1, 2, 3, 4]
        # No epoch was trained twice: those in flight were waited for.
        assert steps_on_disk(tmp_path / "stopped", number) == [1, 2, 3, 4]


@pytest.mark.usefixtures("small_ray")
def test_kill_9_then_resume(started, tmp_path, mlflow_runs):
    started.kill_driver()
    started.wait()
    resumed = sweeper.resume("toy", home=tmp_path / "stopped")
    assert resumed.outcome == "finished"
    assert sorted(curves(tmp_path / "stopped")) == [0, 1, 2, 3, 4]
    runs = mlflow_runs(tmp_path / "stopped")
    assert sorted(runs) == [0, 1, 2, 3, 4]
    for run in runs.values():
        assert (run.status, run.state, run.steps) == ("FINISHED", "completed", [1, 2, 3, 4])


def test_second_driver_is_refused(started, tmp_path, toys):
    second = DriverProcess("resume", "toy", "--home", str(tmp_path / "stopped"), cwd=toys)
    assert second.wait() == 2
    assert "is being run by pid" in "".join(second.lines)
