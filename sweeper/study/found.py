"""What a driver finds when it goes on with a sweep, in words."""

from __future__ import annotations

from collections.abc import Sequence

from sweeper.study.events import State
from sweeper.study.lock import Driver
from sweeper.study.records import SweepRecord

__all__ = ["driver_words", "found_words", "judged_words", "torn_words"]

_MAX_LISTED = 8


def found_words(record: SweepRecord, max_trials: int) -> str:
    """`31 finished, 2 interrupted at epochs 4 and 7, 15 to go`."""
    running = [trial.epoch for trial in record.trials if trial.state is State.RUNNING]
    queued = record.counts.get(State.QUEUED, 0)
    begun = len(record.trials) - queued
    to_go = max(0, max_trials - begun)
    parts = [f"{record.num_ended} finished"]
    if running:
        parts.append(f"{len(running)} interrupted {_epochs(running)}")
    given = f" ({queued} queued)" if queued and to_go else ""
    parts.append(f"{to_go} to go{given}" if to_go else "none to go")
    return f"found {', '.join(parts)}"


def driver_words(before: Driver | None) -> str:
    """Who drove the sweep before, if it ended without letting go; else empty."""
    if before is None or before.task != "run" or before.ended != "":
        return ""
    return f"the driver before (pid {before.pid} on {before.host} since {before.since}) died"


def torn_words(num_bytes: int) -> str:
    """What was done about a journal whose last line was cut short; empty if it was whole."""
    if not num_bytes:
        return ""
    return f"the last write to the study was cut short; its {num_bytes} bytes were dropped"


def judged_words(changed: Sequence[int]) -> str:
    """Which trials were judged again with another result; at least one."""
    shown = ", ".join(f"#{number}" for number in changed[:_MAX_LISTED])
    more = ", ..." if len(changed) > _MAX_LISTED else ""
    count = len(changed)
    what = "1 trial has another verdict" if count == 1 else f"{count} trials have other verdicts"
    return f"judged again: {what} now ({shown}{more})"


def _epochs(epochs: Sequence[int]) -> str:
    if len(set(epochs)) == 1:
        return f"at epoch {epochs[0]}"
    if len(epochs) > _MAX_LISTED:
        return f"between epochs {min(epochs)} and {max(epochs)}"
    *first, last = (str(epoch) for epoch in epochs)
    return f"at epochs {', '.join(first)} and {last}"
