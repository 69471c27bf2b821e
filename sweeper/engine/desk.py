"""Which Tune trial is which trial of the study, and what becomes of its reports. No Ray here."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from sweeper.engine.closing import Closing, Why
from sweeper.engine.host import count_oom_kills, disk_is_full
from sweeper.engine.session import EpochReport, Failure, Order, Report
from sweeper.engine.vigil import hang, hear_last_words
from sweeper.errors import BackendError, SweeperError
from sweeper.paths import Home
from sweeper.study.faults import Fault, FaultKind, Remedy
from sweeper.study.ledger import Ledger, Ticket
from sweeper.study.stopping import Request
from sweeper.study.workers import end_workers, read_worker

__all__ = ["Desk", "NoOrder"]

_POLL_S = 0.5
# Beyond what a worker is given for setup and an epoch: it should end itself and say where it hangs.
_HANG_MARGIN_S = 10.0
# Ray's own watch over memory; what it says of any other death mentions memory as well.
_DIED = "the worker process died (killed, or ended by itself)"
_OUT_OF_MEMORY = re.compile("running low on memory|OutOfMemory|killing policy")


class NoOrder(Enum):
    """Why there is no trial to start."""

    NOT_NOW = "not now"
    NO_MORE = "no more"


@dataclass(slots=True)
class _Seat:
    number: int
    alone: bool
    heard_s: float | None = None
    is_hung: bool = False


class Desk:
    """Between Tune's callbacks and the ledger; used by one thread.

    Args:
        ledger: The only writer of the study.
        places: Trials at the same time.
        place_order: From a proposed trial to what its worker is told.
        closing: Whether to go on; told when going on makes no sense.
        is_alive: Whether the cluster that trains is there.
        read_request: What somebody outside this process asks for.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        places: int,
        place_order: Callable[[Ticket], Order],
        closing: Closing,
        is_alive: Callable[[], bool] = lambda: True,
        read_request: Callable[[], Request | None] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._places = places
        self._place_order = place_order
        self._closing = closing
        self._is_alive = is_alive
        self._read_request = read_request
        self._seats: dict[str, _Seat] = {}
        self._oom_kills = count_oom_kills()
        self._polled_s = 0.0
        #: What made going on impossible.
        self.trouble: SweeperError | None = None

    @property
    def must_stop(self) -> bool:
        """Whether Tune is to end now; asked often."""
        self._poll()
        if not self._closing.has_begun:
            return False
        if self._closing.is_impatient:
            self._abandon()
        return not self._seats

    def next_order(self, key: str) -> Order | NoOrder:
        """Takes the next trial from the ledger under Tune's key for it."""
        if self._closing.has_begun:
            return NoOrder.NO_MORE
        if len(self._seats) >= self._places or any(seat.alone for seat in self._seats.values()):
            return NoOrder.NOT_NOW
        if self._seats and self._ledger.only_lonely_left:
            return NoOrder.NOT_NOW  # and a running trial may still come to be retried
        with self._guarded():
            ticket = self._ledger.next_ticket()
            if ticket is not None:
                self._seats[key] = _Seat(ticket.number, ticket.alone)
                return self._place_order(ticket)
        return NoOrder.NOT_NOW if self._seats else NoOrder.NO_MORE

    def hear(self, key: str, report: Report) -> bool:
        """Writes a report down.

        Returns:
            Whether the worker is asked for another step. A spent one is, so that it can say so.
        """
        seat = self._seats[key]
        seat.heard_s = time.monotonic()
        with self._guarded():
            match report:
                case Failure(fault=fault, spent=spent):
                    del self._seats[key]
                    self._fail(seat, fault)
                    return spent
                case EpochReport(epoch=epoch, metrics=metrics, chosen=chosen):
                    fresh = self._ledger.record(seat.number, epoch, metrics, chosen)
                    over = fresh and self._ledger.settle(seat.number)
                case _:
                    assert_never(report)
            if over:
                del self._seats[key]
                self._judge()
                return False
        if self._closing.has_begun:
            self.dismiss(key)
            return False
        return True

    def lose(self, key: str, words: str) -> None:
        """A worker died.

        Args:
            key: Tune's, for the trial.
            words: What Ray says about it.
        """
        seat = self._seats.pop(key, None)
        if seat is None:
            return
        with self._guarded():
            if not self._is_alive():
                self._closing.has_lost_ray = True
                self._ledger.interrupt(seat.number)
            elif self._closing.has_begun:  # whoever ends us may have ended the worker too
                self._ledger.interrupt(seat.number)
            else:
                self._fail(seat, self._explain_death(seat, words))

    def dismiss(self, key: str) -> None:
        """Tune lets go of a trial; if it has not ended, it is interrupted."""
        seat = self._seats.pop(key, None)
        if seat is not None:
            self._ledger.interrupt(seat.number)

    def _abandon(self) -> None:
        """Ends workers that did not end their epoch in time; Tune would wait much longer."""
        left = [self._ledger.paths.trial(seat.number) for seat in self._seats.values()]
        for key in list(self._seats):
            self.dismiss(key)
        end_workers(list(filter(None, map(read_worker, left))), patience_s=0)

    def _fail(self, seat: _Seat, fault: Fault) -> None:
        root = self._ledger.paths.root
        remedy = self._ledger.fail(
            seat.number,
            fault,
            was_alone=seat.alone or self._places == 1,
            disk_is_full=fault.kind is FaultKind.DISK and disk_is_full(root),
        )
        if remedy is Remedy.STOP_SWEEP:
            raise BackendError(
                f"the disk is full: {fault.reason}",
                hint=f"make room (the sweep is in {root}), then: sweeper resume {self._name}",
            )
        self._judge()

    def _judge(self) -> None:
        if self._ledger.verdict:
            self._closing.close(Why.GAVE_UP)

    def _explain_death(self, seat: _Seat, words: str) -> Fault:
        paths = self._ledger.paths.trial(seat.number)
        limit = self._ledger.spec.faults.hang_s
        said = hear_last_words(paths, None if limit == "off" else limit)
        if said is not None:
            return said
        if seat.is_hung:
            assert limit != "off"
            return hang(limit)
        if disk_is_full(self._ledger.paths.root):
            return Fault(kind=FaultKind.DISK, reason="the worker process died on a full disk")
        kills, self._oom_kills = self._oom_kills, count_oom_kills()
        if self._oom_kills > kills or _OUT_OF_MEMORY.search(words):
            reason = "the worker process was killed: the host ran out of memory"
            return Fault(kind=FaultKind.MEMORY, reason=reason)
        return Fault(
            kind=FaultKind.KILLED, reason="the worker process died (killed, or ended by itself)"
        )

    def _poll(self) -> None:
        now_s = time.monotonic()
        if now_s < self._polled_s + _POLL_S:
            return
        self._polled_s = now_s
        match self._read_request():
            case Request.AFTER_EPOCH:
                self._closing.close(Why.ASKED)
            case Request.NOW:
                raise KeyboardInterrupt
        self._closing.has_lost_ray |= not self._is_alive()
        limit = self._ledger.spec.faults.hang_s
        if limit != "off":
            for seat in self._seats.values():
                self._end_if_hung(seat, 2 * limit + _HANG_MARGIN_S, now_s)

    def _end_if_hung(self, seat: _Seat, limit_s: float, now_s: float) -> None:
        """Ends a worker that can't do it itself, for instance because it was suspended."""
        worker = read_worker(self._ledger.paths.trial(seat.number))
        if worker is None:
            return
        if seat.heard_s is None:
            seat.heard_s = now_s
        if now_s > seat.heard_s + limit_s:
            seat.is_hung, seat.heard_s = True, now_s
            end_workers([worker], patience_s=0)

    @property
    def _name(self) -> str:
        """As one types it."""
        paths = self._ledger.paths
        return f"{paths.name}{Home(paths.root.parent).option}"

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What can't be written down ends the driver, cleanly."""
        try:
            yield
        except SweeperError as error:
            self.trouble = error
        except OSError as error:
            self.trouble = BackendError(
                f"can't write to {error.filename or self._ledger.paths.root}: {error.strerror}",
                hint=f"mend it, then: sweeper resume {self._name}",
            )
        if self.trouble is not None:
            self._closing.close(Why.BROKEN)
