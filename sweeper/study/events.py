"""What happens to trials, as values. The ledger writes to the study, then tells listeners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, assert_never

from optuna.trial import FrozenTrial, TrialState

from sweeper.study.curves import Epoch
from sweeper.study.judged import Judged

__all__ = [
    "EpochRecorded",
    "Event",
    "Listener",
    "State",
    "TrialEnded",
    "TrialInterrupted",
    "TrialRetried",
    "TrialStarted",
    "state_of",
]


class State(StrEnum):
    """States of a trial, in the words that people see."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    PRUNED = "pruned"
    FAILED = "failed"


def state_of(trial: FrozenTrial) -> State:
    """The state of a trial of the study."""
    match trial.state:
        case TrialState.WAITING:
            return State.QUEUED
        case TrialState.RUNNING:
            return State.RUNNING
        case TrialState.COMPLETE:
            return State.COMPLETED
        case TrialState.PRUNED:
            return State.PRUNED
        case TrialState.FAIL:
            return State.FAILED
        case _:
            assert_never(trial.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStarted:
    """A trial begins, or goes on after an interruption.

    Attributes:
        number: The trial.
        params: What varies, by dotted path.
        from_epoch: Epochs that are done already; 0 for a new trial.
    """

    number: int
    params: Mapping[str, Any]
    from_epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecorded:
    """A trial reported an epoch that the study did not hold yet."""

    number: int
    record: Epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEnded:
    """A trial is over.

    Attributes:
        number: The trial.
        state: completed, pruned or failed.
        reason: A sentence; never empty.
        at_ms: Milliseconds since 1970 (UTC).
        judged: The verdict; None: the space has no rules for verdicts.
    """

    number: int
    state: State
    reason: str
    at_ms: int
    judged: Judged | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialInterrupted:
    """The driver stops while a trial runs; `resume` goes on with it."""

    number: int
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRetried:
    """A trial broke and is tried again, from its newest whole checkpoint.

    Attributes:
        number: The trial.
        epoch: The newest epoch that the study holds.
        reason: What broke, a sentence.
        attempt: Which retry this is, from 1.
        at_ms: Milliseconds since 1970 (UTC).
    """

    number: int
    epoch: int
    reason: str
    attempt: int
    at_ms: int


Event = TrialStarted | EpochRecorded | TrialEnded | TrialInterrupted | TrialRetried


class Listener(Protocol):
    """Hears events in the driver's thread; must return at once and never raise."""

    def __call__(self, event: Event, /) -> None:
        """Takes an event."""
