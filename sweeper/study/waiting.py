"""The trials that were begun and wait to go on, in the order in which they do."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from optuna.trial import FrozenTrial

from sweeper.study.faults import FaultKind, faults

__all__ = ["Waiting"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Two queues; a trial that ran out of memory waits in the second, to run alone.

    Attributes:
        sociable: Numbers of trials that may run beside others.
        lonely: Numbers of those that may not.
    """

    sociable: deque[int] = field(default_factory=deque)
    lonely: deque[int] = field(default_factory=deque)

    def add(self, trial: FrozenTrial) -> None:
        """Puts a running trial at the end of its queue, unless it waits already."""
        past = faults(trial)
        is_lonely = bool(past) and past[-1].kind is FaultKind.MEMORY
        queue = self.lonely if is_lonely else self.sociable
        if trial.number not in queue:
            queue.append(trial.number)
