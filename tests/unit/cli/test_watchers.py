"""What people see while a sweep runs."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sweeper.cli.lines import LineWatcher
from sweeper.cli.live import LiveWatcher
from sweeper.engine.resources import Plan
from sweeper.spec import read_spec
from sweeper.study.curves import Epoch
from sweeper.study.events import (
    EpochRecorded,
    State,
    TrialEnded,
    TrialInterrupted,
    TrialStarted,
)
from sweeper.study.records import SweepRecord

NOTHING = SweepRecord(name="toy", goals=("maximize",), trials=(), attrs={})
PLAN = Plan(places=2, cpus=1.0, gpus=0.0, cpu_threads=1)


def epoch(number: int, count: int, score: float) -> EpochRecorded:
    metrics = {"train/loss": 1.0 / count, "score": score, "magnitude": 0.5}
    return EpochRecorded(number=number, record=Epoch(epoch=count, metrics=metrics, at_ms=0))


EVENTS = [
    TrialStarted(number=0, params={"x": 0.123456789, "lr": 0.001}, from_epoch=0),
    TrialStarted(number=1, params={"x": 0.5, "lr": 0.1}, from_epoch=2),
    epoch(0, 1, 0.25),
    epoch(1, 3, 0.75),
    epoch(1, 4, 0.875),
    TrialEnded(number=1, state=State.COMPLETED, reason="completed all 4 epochs", at_ms=0),
    TrialStarted(number=2, params={"x": 0.9, "lr": 0.1}, from_epoch=0),
    TrialEnded(number=2, state=State.FAILED, reason="epoch 1 raised ValueError: no", at_ms=0),
]


@pytest.fixture
def spec(toys):
    return read_spec(toys / "toy.yaml").spec


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=80, force_terminal=terminal, color_system=None)


def test_lines(spec):
    shown = console(terminal=False)
    watcher = LineWatcher(shown)
    watcher.begin(spec, PLAN, NOTHING, 8)
    for event in (*EVENTS, TrialInterrupted(number=0, epoch=1)):
        watcher(event)
    lines = [line.partition("] ")[2] for line in shown.file.getvalue().splitlines()]
    assert lines[0] == "8 trials of up to 4 epochs, 2 at a time, 1 thread each"
    assert lines[1] == "#0 starts: x=0.1235 lr=0.001"
    assert lines[2] == "#1 goes on after epoch 2: x=0.5 lr=0.1"
    assert lines[3] == "#0 epoch 1/4  loss 1  magnitude 0.5  score 0.25"
    assert lines[6].startswith("#1 completed all 4 epochs  (1/8 done, best #1 score 0.875")
    assert lines[8].startswith("#2 failed: epoch 1 raised ValueError: no  (2/8 done")
    assert lines[9] == "#0 waits at epoch 1"


def test_live_view_fits_80_columns(spec):
    shown = console(terminal=True)
    watcher = LiveWatcher(shown)
    watcher.begin(spec, PLAN, NOTHING, 8)
    many = {f"loss.weight_{index}": 0.123456 for index in range(10)}
    for event in (*EVENTS, TrialStarted(number=3, params=many, from_epoch=0)):
        watcher(event)
    picture = console(terminal=False)
    picture.print(watcher._render())
    lines = picture.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("toy  2/8 trials (1 completed, 1 failed)")
    assert lines[1].strip() == "best #1 score 0.875"
    header, row = (line.split() for line in lines[3:5])
    assert header[:5] == ["trial", "epoch", "loss", "magnitude", "score"]
    assert row[:5] == ["#0", "1/4", "1", "0.5", "0.25"]
    scrolled = shown.file.getvalue()
    assert "#1 completed all 4 epochs" in scrolled
    assert "#2 failed: epoch 1 raised ValueError: no" in scrolled
