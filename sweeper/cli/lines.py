"""Progress as plain lines, for logs and pipes."""

from __future__ import annotations

import time

from rich.console import Console

from sweeper.cli.board import Board
from sweeper.cli.wording import clock, duration, ending, number, retrying, settings, short_name
from sweeper.engine.resources import Plan
from sweeper.spec import SweepSpec
from sweeper.study.curves import Epoch
from sweeper.study.events import (
    EpochRecorded,
    Event,
    TrialEnded,
    TrialInterrupted,
    TrialRetried,
    TrialStarted,
)
from sweeper.study.records import SweepRecord

__all__ = ["LineWatcher"]


class LineWatcher:
    """One line per event, with the time since the command began."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started_s = time.monotonic()
        self._board: Board | None = None

    def __enter__(self) -> LineWatcher:
        return self

    def __exit__(self, *exc: object) -> None:
        return

    @property
    def name(self) -> str | None:
        """Of the sweep; None until trials start."""
        return self._board.spec.name if self._board is not None else None

    def phase(self, text: str) -> None:
        """A line."""
        self._line(text)

    def note(self, text: str) -> None:
        """A line."""
        self._line(text)

    def warn(self, text: str) -> None:
        """A line."""
        self._line(text)

    def begin(self, spec: SweepSpec, plan: Plan, record: SweepRecord, max_trials: int) -> None:
        """The frame of the sweep."""
        self._board = Board(spec, plan, record, max_trials)
        self._line(f"{max_trials} trials of up to {spec.budget.epochs} epochs, {plan}")

    def __call__(self, event: Event) -> None:
        """One line."""
        board = self._board
        if board is None:
            return
        board.hear(event)
        match event:
            case TrialStarted(number=trial, params=params, from_epoch=epoch):
                how = f"goes on after epoch {epoch}" if epoch else "starts"
                self._line(f"#{trial} {how}: {settings(params)}")
            case EpochRecorded(number=trial, record=record):
                self._line(f"#{trial} {_epoch_words(board, record)}")
            case TrialEnded(number=trial):
                self._line(f"#{trial} {ending(event)}{self._standing(board)}")
            case TrialInterrupted(number=trial, epoch=epoch):
                self._line(f"#{trial} waits at epoch {epoch}")
            case TrialRetried(number=trial):
                self._line(f"#{trial} {retrying(event)}")

    def _standing(self, board: Board) -> str:
        parts = [f"{board.num_ended}/{board.max_trials} done"]
        if board.best is not None:
            metric = short_name(board.spec.objectives[0].metric)
            parts.append(f"best #{board.best[0]} {metric} {number(board.best[1])}")
        eta_s = board.eta_s()
        if eta_s:
            parts.append(f"about {duration(eta_s)} left")
        return f"  ({', '.join(parts)})"

    def _line(self, text: str) -> None:
        stamp = clock(time.monotonic() - self._started_s)
        self._console.print(f"[{stamp}] {text}", markup=False, highlight=False, soft_wrap=True)


def _epoch_words(board: Board, record: Epoch) -> str:
    """What was measured in this epoch; evaluations are not due in every one."""
    shown = [
        f"{short_name(metric)} {number(record.metrics[metric])}"
        for metric in board.metrics
        if metric in record.metrics
    ]
    return "  ".join((f"epoch {record.epoch}/{board.epochs}", *shown))
