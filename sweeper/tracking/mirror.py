"""Sends what happens to MLflow from a thread of its own; the sweep never waits for it.

What can't be sent is tried again with growing pauses, in order. What is still unsent when the
driver ends is in the study, and the next driver sends it (`_catch_up`).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, assert_never

from sweeper.paths import SweepPaths
from sweeper.study.events import (
    EpochRecorded,
    Event,
    State,
    TrialEnded,
    TrialInterrupted,
    TrialRetried,
    TrialStarted,
)
from sweeper.study.records import SweepRecord, TrialRecord
from sweeper.tracking.address import Address
from sweeper.tracking.identity import SweepIdentity

if TYPE_CHECKING:
    from sweeper.tracking.runs import RunBook

__all__ = ["Mirror"]

logger = logging.getLogger(__name__)

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_LAST_TRY_S = 10.0
# A request that MLflow refuses as wrong stays wrong.
_FINAL = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_ALREADY_EXISTS"}

_T = TypeVar("_T")
_Job = Callable[["RunBook"], None]


class Mirror:
    """A listener of the ledger.

    Args:
        address: Where MLflow is.
        identity: What the sweep's runs have in common.
        paths: Of the sweep, for artifacts.
        on_trouble: Told once, in the mirror's thread, when MLflow does not take something.
    """

    def __init__(
        self,
        address: Address,
        identity: SweepIdentity,
        paths: SweepPaths,
        on_trouble: Callable[[str], None],
    ) -> None:
        self._address = address
        self._identity = identity
        self._paths = paths
        self._on_trouble = on_trouble
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._give_up = threading.Event()
        self._left = 0
        self._reached = threading.Event()
        self._refused = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mlflow-mirror", daemon=True)

    def start(self, record: SweepRecord) -> None:
        """Begins to send; first whatever MLflow lacks of the study."""
        self._jobs.put(lambda book: self._catch_up(book, record))
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Takes an event; returns at once."""
        match event:
            case TrialStarted(number=number, params=params):
                self._jobs.put(lambda book: book.start_trial(number, params))
            case EpochRecorded(number=number, record=record):
                self._jobs.put(lambda book: book.log_epoch(number, record))
            case TrialEnded(number=number, state=state, reason=reason, at_ms=at_ms):
                self._jobs.put(
                    lambda book: book.end_trial(number, state, reason, at_ms, self._files(number))
                )
            case TrialInterrupted(number=number, epoch=epoch):
                self._jobs.put(lambda book: book.interrupt_trial(number, epoch))
            case TrialRetried():
                return  # the run stays as it is
            case _:
                assert_never(event)

    def close(self, record: SweepRecord, *, finished: bool, patience_s: float) -> bool:
        """Sends the rest.

        Args:
            record: The sweep as it stands.
            finished: Whether the sweep is over; else it waits for `resume`.
            patience_s: How long to wait for a server that does not answer.

        Returns:
            Whether MLflow holds everything.
        """
        self._jobs.put(lambda book: self._end_sweep(book, record, finished=finished))
        self._jobs.put(None)
        if self._refused.is_set() and not self._reached.is_set():
            patience_s = min(patience_s, _LAST_TRY_S)  # it has not answered once
        self._thread.join(patience_s)
        self._give_up.set()
        self._thread.join(1.0)
        return not self._thread.is_alive() and self._left == 0

    def _work(self) -> None:
        from sweeper.tracking.runs import RunBook

        book = self._insist(lambda: RunBook(self._address, self._identity))
        self._reached.set()
        while (job := self._jobs.get()) is not None:
            if book is None or self._give_up.is_set():
                self._left += 1
                continue
            self._insist(lambda job=job: job(book))  # type: ignore[misc]

    def _insist(self, action: Callable[[], _T]) -> _T | None:
        """Repeats an action until it works, is refused for good, or nobody waits any more."""
        from mlflow.exceptions import MlflowException

        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return action()
            except (MlflowException, OSError) as error:
                if isinstance(error, MlflowException) and error.error_code in _FINAL:
                    logger.error("MLflow refused a record: %s", error)
                    self._on_trouble(f"MLflow refused a record: {error}")
                    return None
                logger.warning("MLflow does not answer: %s", error)
                self._refused.set()
                if pause_s == _FIRST_PAUSE_S:
                    self._on_trouble(f"MLflow at {self._address.uri} does not answer; trying again")
                if self._give_up.wait(pause_s):
                    self._left += 1
                    return None
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _catch_up(self, book: RunBook, record: SweepRecord) -> None:
        book.start_sweep()
        for trial in record.trials:
            if trial.state is not State.QUEUED:
                self._catch_up_trial(book, trial)

    def _catch_up_trial(self, book: RunBook, trial: TrialRecord) -> None:
        if trial.state is not State.RUNNING and book.is_closed(trial.number, trial.state):
            return
        book.start_trial(trial.number, trial.params)
        # The newest epoch there may have come in half; sending it again does no harm.
        for epoch in trial.epochs:
            if epoch.epoch >= book.epochs.get(trial.number, 0):
                book.log_epoch(trial.number, epoch)
        if trial.state is not State.RUNNING:
            book.end_trial(
                trial.number, trial.state, trial.reason, trial.ended_ms, self._files(trial.number)
            )

    def _end_sweep(self, book: RunBook, record: SweepRecord, *, finished: bool) -> None:
        metrics = {f"trials/{state}": float(count) for state, count in record.counts.items()}
        if record.best is not None:
            metrics["best/objective"] = record.best.values[0]
            metrics["best/trial"] = float(record.best.number)
        status = "FINISHED" if finished else "KILLED"
        book.end_sweep(status, metrics, [self._paths.spec])

    def _files(self, number: int) -> list[Path]:
        paths = self._paths.trial(number)
        found = [paths.config, *sorted(paths.artifacts.glob("*"))]
        return [path for path in found if path.is_file()]
