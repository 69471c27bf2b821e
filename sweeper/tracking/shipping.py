"""Sends the spools to MLflow from a thread of its own, as often as it takes.

Nothing is kept in memory but where each trial stands, however long MLflow is away. A trial whose
records MLflow does not take waits by itself; the others go on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from sweeper.errors import BackendError
from sweeper.tracking.client import set_client
from sweeper.tracking.sending import Ending, Sender
from sweeper.tracking.spool import Spool

__all__ = ["Patience", "Shipper"]

logger = logging.getLogger(__name__)

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_LONGEST_LAST_PAUSE_S = 2.0
_MAX_CHECKS = 3
_STUCK_AFTER = 3
_TELL_AFTER = 2  # failures in a row; one may be a hiccup
_TELL_OF_TRIAL_AFTER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for MLflow in the end.

    Attributes:
        quiet_s: Without progress, once it has failed to answer.
        busy_s: Without progress, while it has answered until now.
        total_s: In all.
    """

    quiet_s: float
    busy_s: float
    total_s: float


@dataclass(slots=True)
class _Pause:
    """Grows with each failure in a row."""

    failures: int = 0
    due_s: float = 0.0

    def grow(self, longest_s: float) -> None:
        pause_s = min(_FIRST_PAUSE_S * 2**self.failures, longest_s)
        self.failures += 1
        self.due_s = time.monotonic() + pause_s


_Step = tuple[Callable[[], None], int | None]


class Shipper:
    """See the module's docstring.

    Args:
        sender: What to do with MLflow.
        on_note: Told, in the shipper's thread, what a person should know about MLflow.

    Attributes:
        trouble: Why MLflow has not taken something, in words; empty: it takes everything.
        num_sent: Lines that it has taken.
    """

    def __init__(self, sender: Sender, on_note: Callable[[str], None]) -> None:
        self._sender = sender
        self._on_note = on_note
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="mlflow-shipper", daemon=True)
        self._spools: dict[int, Spool] = {}
        self._dirty: dict[int, None] = {}
        self._pause = _Pause()
        self._pauses: dict[int | None, _Pause] = {}
        self._current: int | None = None
        self._is_checked = False
        self._is_verified = False
        self._is_closed = False
        self._num_checks = 0
        self._is_begun = False
        self._ending: Ending | None = None
        self._is_over = False
        self._is_told = False
        self._progress_s = time.monotonic()
        self.is_done = False
        self.trouble = ""
        self.num_sent = 0

    def start(self, spools: Mapping[int, Spool], *, is_running: bool) -> None:
        """Begins to send.

        Args:
            spools: Of all trials that have begun.
            is_running: Whether a driver runs the sweep; else the sweep's own run is left as it is.
        """
        self._spools = dict(spools)
        self._dirty = dict.fromkeys(spools)
        self._is_begun = not is_running
        self._thread.start()

    def poke(self, number: int, spool: Spool) -> None:
        """There are new lines; returns at once."""
        with self._changed:
            self._spools.setdefault(number, spool)
            self._dirty[number] = None
            self._changed.notify_all()

    def progress(self) -> None:
        """MLflow has taken something new: what fails next need not wait long."""
        self._progress_s = time.monotonic()
        with self._changed:
            self._pause = _Pause()
            self._pauses.pop(self._current, None)

    def finish(self, ending: Ending, patience: Patience, on_wait: Callable[[], None]) -> bool:
        """Sends the rest, as long as that makes progress.

        Args:
            ending: How the sweep's own run is left.
            patience: How long to wait for a server that does not answer.
            on_wait: Called a few times a second.

        Returns:
            Whether MLflow holds everything; if not, `trouble` says why.
        """
        started_s = time.monotonic()
        with self._changed:
            self._ending = ending
            self._pause.due_s = 0.0
            for pause in self._pauses.values():
                pause.due_s = 0.0
            self._progress_s = started_s
            self._changed.notify_all()
        while self._thread.is_alive() and not self.is_done:
            with self._changed:
                self._changed.wait(0.2)
            on_wait()
            now_s = time.monotonic()
            quiet_s = patience.quiet_s if self.trouble else patience.busy_s
            if now_s - self._progress_s > quiet_s or now_s - started_s > patience.total_s:
                break
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._sender.abandon()
        self._thread.join(0.5)  # stuck in a request, it is of no use any more
        return self.is_done

    def _work(self) -> None:
        set_client()
        from sweeper.tracking.trouble import TROUBLES

        while (step := self._next_step()) is not None:
            action, number = step
            self._current = number
            try:
                action()
            except TROUBLES as error:
                self._fail(error, number)
            else:
                self._succeed(number)

    def _next_step(self) -> _Step | None:
        """What to do next, and for which trial; waits for it. None: nothing ever again."""
        with self._changed:
            while not (self._is_over or self.is_done):
                if self._is_closed and not self._dirty:
                    self.is_done = True
                    self._changed.notify_all()
                    break
                now_s = time.monotonic()
                step = self._due_step(now_s) if now_s >= self._pause.due_s else None
                if step is not None:
                    return step
                self._changed.wait(self._wait_s(now_s))
            return None

    def _due_step(self, now_s: float) -> _Step | None:
        if not self._is_checked:
            return partial(self._check, dict(self._spools)), None
        if not self._is_begun:
            return self._begin, None
        for number in self._dirty:
            if number not in self._pauses or self._pauses[number].due_s <= now_s:
                del self._dirty[number]
                return partial(self._send, number, self._spools[number]), number
        # What is stuck must not keep the sweep's own run from being closed.
        if self._ending is None or not all(map(self._is_stuck, self._dirty)):
            return None
        if not self._is_verified:
            return partial(self._verify, dict(self._spools)), None
        return None if self._is_closed else (partial(self._close, self._ending), None)

    def _is_stuck(self, number: int) -> bool:
        return number in self._pauses and self._pauses[number].failures >= _STUCK_AFTER

    def _wait_s(self, now_s: float) -> float | None:
        if now_s < self._pause.due_s:
            return self._pause.due_s - now_s
        due_s = [self._pauses[number].due_s for number in self._dirty if number in self._pauses]
        return max(0.0, min(due_s) - now_s) if due_s else None

    def _check(self, spools: Mapping[int, Spool]) -> None:
        behind = self._sender.check(spools)
        with self._changed:
            self._is_checked = True
            self._dirty.update(dict.fromkeys(behind))

    def _verify(self, spools: Mapping[int, Spool]) -> None:
        behind = self._sender.check(spools)
        self._num_checks += 1
        if behind and self._num_checks >= _MAX_CHECKS:
            raise BackendError("MLflow does not show what it has taken")
        self.progress()
        with self._changed:
            self._is_verified = not behind
            self._dirty.update(dict.fromkeys(behind))

    def _begin(self) -> None:
        self._sender.begin()
        self.progress()
        self._is_begun = True

    def _send(self, number: int, spool: Spool) -> None:
        count = self._sender.send(number, spool)
        self.num_sent += count
        if count:
            self.progress()
            with self._changed:
                self._dirty[number] = None  # there may be more

    def _close(self, ending: Ending) -> None:
        self._sender.close(ending)
        self.progress()
        self._is_closed = True

    def _succeed(self, number: int | None) -> None:
        with self._changed:
            self._pause = _Pause()
            if number is not None:
                self._pauses.pop(number, None)
        self.trouble = ""
        if self._is_told:
            self._is_told = False
            self._on_note(f"MLflow at {self._sender.uri} answers again; sending what has waited")

    def _fail(self, error: Exception, number: int | None) -> None:
        from sweeper.tracking.trouble import describe, is_gone

        self.trouble = describe(error)
        logger.warning("MLflow does not take something: %s", error)
        longest_s = _LONGEST_PAUSE_S if self._ending is None else _LONGEST_LAST_PAUSE_S
        with self._changed:
            self._pause.grow(longest_s)
            in_a_row = self._pause.failures
            of_trial = 0
            if number is not None:
                pause = self._pauses.setdefault(number, _Pause())
                pause.grow(longest_s)
                of_trial = pause.failures
                self._dirty[number] = None
            if is_gone(error):
                self._sender.reopen()
                self._is_checked = False
        if in_a_row == _TELL_AFTER:
            self._is_told = True
            self._on_note(
                f"MLflow at {self._sender.uri} does not answer ({self.trouble}); "
                "reports wait on disk meanwhile"
            )
        elif of_trial == _TELL_OF_TRIAL_AFTER and in_a_row < _TELL_AFTER:
            self._on_note(f"MLflow does not take trial {number}: {self.trouble}")
