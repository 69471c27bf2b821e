"""Which faults of a trial are worth another try, and when a sweep is beyond help. Pure.

| fault | what it is | what is done |
|---|---|---|
| `error` | the training code raised | fails at once: the same again would raise the same |
| `transient` | a connection, file system or device broke; `TrialError(retryable=True)` | retried |
| `killed` | the process died: killed, crashed | retried |
| `memory` | out of memory, on the host or on the GPU | retried alone, after all other trials |
| `hang` | no report for `faults.hang_s` | the process is ended, the trial retried |
| `diverged` | a loss or a metric is not finite | fails at once |
| `disk` | no space left | retried if there is space now; else the sweep stops, the trial waits |

A trial is retried at most `faults.retries` times, from its newest whole checkpoint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

from optuna.trial import FrozenTrial

__all__ = [
    "Fault",
    "FaultKind",
    "Remedy",
    "Streak",
    "attribute",
    "choose_remedy",
    "faults",
    "full_reason",
]

_PREFIX = "fault/"
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?")


class FaultKind(StrEnum):
    """See the module's table."""

    ERROR = "error"
    TRANSIENT = "transient"
    KILLED = "killed"
    MEMORY = "memory"
    HANG = "hang"
    DIVERGED = "diverged"
    DISK = "disk"


class Remedy(StrEnum):
    """What is done about a fault."""

    FAIL = "fail"
    RETRY = "retry"
    RETRY_ALONE = "retry alone"
    STOP_SWEEP = "stop the sweep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What broke.

    Attributes:
        kind: See the module's table.
        reason: A sentence.
    """

    kind: FaultKind
    reason: str


def choose_remedy(
    fault: Fault, *, retried: int, retries: int, was_alone: bool, disk_is_full: bool
) -> Remedy:
    """The module's table.

    Args:
        fault: What broke.
        retried: How often the trial was tried again already.
        retries: How often it may be.
        was_alone: Whether no other trial could have run at the same time.
        disk_is_full: Whether the sweep's disk has no space now.
    """
    again = Remedy.RETRY if retried < retries else Remedy.FAIL
    match fault.kind:
        case FaultKind.ERROR | FaultKind.DIVERGED:
            return Remedy.FAIL
        case FaultKind.TRANSIENT | FaultKind.KILLED | FaultKind.HANG:
            return again
        case FaultKind.MEMORY:
            return Remedy.RETRY_ALONE if again is Remedy.RETRY and not was_alone else Remedy.FAIL
        case FaultKind.DISK:
            # No trial is to blame, and the next would fare no better.
            return again if again is Remedy.RETRY and not disk_is_full else Remedy.STOP_SWEEP
        case _:
            assert_never(fault.kind)


def faults(trial: FrozenTrial) -> list[Fault]:
    """The faults after which a trial was tried again, in order."""
    stored: dict[int, Mapping[str, Any]] = {
        int(key.removeprefix(_PREFIX)): value
        for key, value in trial.user_attrs.items()
        if key.startswith(_PREFIX)
    }
    return [
        Fault(kind=FaultKind(stored[n]["kind"]), reason=stored[n]["reason"]) for n in sorted(stored)
    ]


def attribute(fault: Fault, attempt: int, *, epoch: int, at_ms: int) -> tuple[str, dict[str, Any]]:
    """Name and value of the user attribute that keeps a fault with its trial."""
    value = {"kind": str(fault.kind), "reason": fault.reason, "epoch": epoch, "at_ms": at_ms}
    return f"{_PREFIX}{attempt}", value


class Streak:
    """Endings in a row; a sweep in which all fail alike is beyond help.

    Args:
        limit: Failures for the same reason that are too many; None: no limit.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._reason = ""
        self._length = 0

    def fail(self, fault: Fault) -> None:
        """A trial has failed."""
        same = self._length and _shape(fault.reason) == _shape(self._reason)
        self._length = self._length + 1 if same else 1
        self._reason = fault.reason

    def succeed(self) -> None:
        """A trial ended otherwise."""
        self._length = 0

    @property
    def verdict(self) -> str:
        """Why going on is pointless, a sentence; empty if it is not."""
        if self._limit is None or self._length < self._limit:
            return ""
        return f"{self._length} trials in a row failed for the same reason: {self._reason}"


def _shape(reason: str) -> str:
    """A reason without its numbers, which differ from trial to trial."""
    return _NUMBER.sub("#", reason.lower())


def full_reason(fault: Fault, retries: int, *, was_alone: bool) -> str:
    """Why a trial is given up."""
    reason = fault.reason
    if fault.kind is FaultKind.MEMORY and was_alone:
        reason += ", though it ran alone"
    if retries:
        reason += f", after {retries} {'retry' if retries == 1 else 'retries'}"
    return reason
