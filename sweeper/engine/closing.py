"""When a driver starts no more trials, and when it waits no longer for running ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

__all__ = ["Closing", "Why"]


class Why(StrEnum):
    """Why a driver closes."""

    ASKED = "asked"
    OUT_OF_TIME = "out of time"
    GAVE_UP = "gave up"
    BROKEN = "broken"


class Closing:
    """Safe to close from a signal handler.

    Args:
        announce: Told once why, by the thread that asks `is_impatient`.
        hours_left: Wall-clock budget; None: no limit.
        grace_s: How long running epochs may take to end.
    """

    def __init__(
        self,
        *,
        announce: Callable[[Why], None] = lambda _: None,
        hours_left: float | None = None,
        grace_s: float = 20.0,
    ) -> None:
        self._announce = announce
        self._grace_s = grace_s
        self._deadline_s = None if hours_left is None else time.monotonic() + hours_left * 3600
        self._since_s: float | None = None
        self._why: Why | None = None
        #: Whether Ray is gone: nothing more comes from running trials; it may be started again.
        self.has_lost_ray = False

    def close(self, why: Why) -> None:
        """Begins to close; the first reason stays, unless going on has become impossible."""
        if self._why is None or why is Why.BROKEN:
            self._why = why

    @property
    def why(self) -> Why | None:
        """The reason; None: the driver goes on."""
        late = self._deadline_s is not None and time.monotonic() > self._deadline_s
        if self._why is None and late:
            self.close(Why.OUT_OF_TIME)
        return self._why

    @property
    def has_begun(self) -> bool:
        """Whether no trial is started any more and running ones stop after their epoch."""
        return self.has_lost_ray or self.why is not None

    @property
    def is_impatient(self) -> bool:
        """Whether running epochs are waited for no longer."""
        if self.has_lost_ray or self.why is Why.BROKEN:
            return True
        if self.why is None:
            return False
        if self._since_s is None:
            self._since_s = time.monotonic()
            self._announce(self.why)
        return time.monotonic() > self._since_s + self._grace_s
