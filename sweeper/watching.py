"""What a driver tells whoever watches."""

from __future__ import annotations

from typing import Protocol

from sweeper.engine.resources import Plan
from sweeper.spec import SweepSpec
from sweeper.study.events import Event
from sweeper.study.records import SweepRecord

__all__ = ["SilentWatcher", "Watcher"]


class Watcher(Protocol):
    """Shows a person what happens; never raises. `note` is called from any thread."""

    def phase(self, text: str) -> None:
        """What is being done now."""

    def note(self, text: str) -> None:
        """Something worth a line of its own."""

    def warn(self, text: str) -> None:
        """Like `note`, but nobody should overlook it."""

    def begin(self, spec: SweepSpec, plan: Plan, record: SweepRecord, max_trials: int) -> None:
        """Trials start."""

    def __call__(self, event: Event) -> None:
        """Something happened to a trial."""


class SilentWatcher:
    """Shows nothing."""

    def phase(self, text: str) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def warn(self, text: str) -> None:
        """Nothing."""

    def begin(self, spec: SweepSpec, plan: Plan, record: SweepRecord, max_trials: int) -> None:
        """Nothing."""

    def __call__(self, event: Event) -> None:
        """Nothing."""
