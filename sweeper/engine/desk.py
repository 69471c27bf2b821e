"""Which Tune trial is which trial of the study, and what becomes of its reports. No Ray here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import assert_never

from sweeper.engine.session import EpochReport, Failure, Report
from sweeper.study.events import State
from sweeper.study.ledger import Ledger, Ticket

__all__ = ["Desk"]


class Desk:
    """Between Tune's callbacks and the ledger; used by one thread, closed from any.

    Args:
        ledger: The only writer of the study.
        hours_left: Wall-clock budget of this run; None: no limit.
        on_closing: Called once, by the thread that asks `must_stop`, when the desk is closed.
        grace_s: After closing, how long running epochs may take to end.
    """

    #: Trials that run at the same time.
    places = 1

    def __init__(
        self,
        ledger: Ledger,
        *,
        on_closing: Callable[[], None],
        hours_left: float | None = None,
        grace_s: float = 20.0,
    ) -> None:
        self._ledger = ledger
        self._on_closing = on_closing
        self._grace_s = grace_s
        self._deadline = None if hours_left is None else time.monotonic() + hours_left * 3600
        self._numbers: dict[str, int] = {}
        self._closed_at: float | None = None
        self._closing = threading.Event()

    @property
    def is_closing(self) -> bool:
        """Whether no trial is admitted any more and running ones stop after their epoch."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            self.close()
        return self._closing.is_set()

    @property
    def out_of_time(self) -> bool:
        """Whether the budget of hours is used up."""
        return self._deadline is not None and time.monotonic() > self._deadline

    @property
    def must_stop(self) -> bool:
        """Whether waiting for running epochs is over."""
        if not self.is_closing:
            return False
        if self._closed_at is None:
            self._closed_at = time.monotonic()
            self._on_closing()
        return not self._numbers or time.monotonic() > self._closed_at + self._grace_s

    @property
    def has_room(self) -> bool:
        """Whether another trial may start now."""
        return len(self._numbers) < self.places

    def close(self) -> None:
        """Admits no more trials; safe in a signal handler."""
        self._closing.set()

    def admit(self, key: str) -> Ticket | None:
        """Takes the next trial from the ledger under Tune's key for it; None: there is none."""
        ticket = self._ledger.next_ticket()
        if ticket is not None:
            self._numbers[key] = ticket.number
        return ticket

    def hear(self, key: str, report: Report) -> bool:
        """Writes a report down.

        Returns:
            Whether the trial goes on.
        """
        number = self._numbers[key]
        match report:
            case Failure(reason=reason):
                self._ledger.end(number, State.FAILED, reason)
                over = True
            case EpochReport(epoch=epoch, metrics=metrics):
                fresh = self._ledger.record(number, epoch, metrics)
                over = fresh and self._ledger.settle(number)
            case _:
                assert_never(report)
        if over:
            del self._numbers[key]
            return False
        if self.is_closing:
            self._ledger.interrupt(self._numbers.pop(key))
            return False
        return True

    def let_go(self) -> None:
        """Notes every trial that still runs as interrupted."""
        for key in list(self._numbers):
            self.dismiss(key, died=False)

    def dismiss(self, key: str, *, died: bool) -> None:
        """Tune lets go of a trial; if we did not end it, it was interrupted or its worker died."""
        number = self._numbers.pop(key, None)
        if number is None:
            return
        if died:
            self._ledger.end(
                number, State.FAILED, "the worker process died (killed, or out of memory)"
            )
        else:
            self._ledger.interrupt(number)
