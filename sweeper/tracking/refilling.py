"""Makes a spool say what the study says, each fact once. Does not import mlflow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from sweeper.study.amendments import Amendment
from sweeper.study.events import State
from sweeper.study.judged import Judged as JudgedTrial
from sweeper.study.records import TrialRecord
from sweeper.tracking.lines import (
    Amended,
    Ended,
    Interrupted,
    Judged,
    Line,
    Measured,
    Resumed,
    Retried,
    Started,
    load_line,
)
from sweeper.tracking.spool import Spool, joined_params, plain_params

__all__ = ["is_whole", "judged_line", "refill", "tell_amendment"]

_Key = tuple[str, int]


def is_whole(spool: Spool, trial: TrialRecord) -> bool:
    """Whether the spool ends as the trial did: what ends it is never before what it ends."""
    after, found = _after(trial), spool.ending()
    return bool(after) and all(line in found for line in after)


def refill(spool: Spool, trial: TrialRecord, *, waits: bool = False) -> None:
    """Cuts what a crash has torn, and appends what is missing.

    Lines that contradict the study, as after a study was restored from a copy, are written anew;
    then no store has them.

    Args:
        spool: Of the trial; nobody else writes it now.
        trial: What the study holds.
        waits: Nobody trains the trial; if it is not over, say that it is interrupted.

    Raises:
        OSError: The disk is full, or the like; call again.
    """
    if trial.state is State.QUEUED:
        return
    truth = _truth(trial)
    lines = _cut_torn(spool)
    missing = _missing(lines, truth)
    if _contradicts(lines, truth) or _out_of_order(lines, missing):
        spool.forget_mark()
        spool.cut(0)
        lines, missing = [], truth
    begun = [line for line in lines if isinstance(line, Started)]
    if begun and joined_params(begun) != plain_params(trial.params):
        # The driver before died while it proposed the trial.
        missing.insert(0, Started(params=plain_params(trial.params), at_ms=begun[0].at_ms))
    if waits and trial.state is State.RUNNING and not _waits([*lines, *missing]):
        missing.append(Interrupted(epoch=trial.epoch, at_ms=_now_ms()))
    spool.append(missing)


def tell_amendment(spool: Spool, amendment: Amendment) -> None:
    """Appends an amendment that the study holds, if the trial's ending is there already.

    Args:
        spool: Of the trial; nobody else writes it now.
        amendment: The newest of the trial.

    Raises:
        OSError: The disk is full, or the like; `refill` will add it.
    """
    if spool.ending():
        spool.append([_line_of(amendment)])


def _cut_torn(spool: Spool) -> list[Line]:
    texts = spool.whole()
    kept = sum(map(len, texts))
    if kept < len(spool.bytes()):
        spool.cut(kept)
    mark = spool.read_mark()
    if mark is not None and mark.sent > len(texts):
        spool.write_mark(replace(mark, sent=len(texts)))  # what is appended is not what was sent
    return [load_line(text) for text in texts]


def _truth(trial: TrialRecord) -> list[Line]:
    """What the study says, in an order in which it may have happened."""
    first_ms = trial.epochs[0].at_ms if trial.epochs else trial.ended_ms
    started = Started(
        params=plain_params(trial.params), at_ms=trial.started_ms or first_ms or _now_ms()
    )
    retried = [
        Retried(attempt=retry.attempt, epoch=retry.epoch, reason=retry.reason, at_ms=retry.at_ms)
        for retry in trial.retries
    ]
    measured = [Measured(epoch=epoch) for epoch in trial.epochs]
    facts: list[Measured | Retried] = sorted([*measured, *retried], key=_epoch_of)
    return [started, *facts, *_after(trial)]


def _epoch_of(line: Measured | Retried) -> float:
    return line.epoch.epoch if isinstance(line, Measured) else line.epoch + 0.5


def _after(trial: TrialRecord) -> list[Line]:
    """The ending and what comes after it; nothing if the trial is not over."""
    if trial.state in {State.QUEUED, State.RUNNING}:
        return []
    end = Ended(state=trial.state, reason=trial.reason, at_ms=trial.ended_ms or 0)
    verdict = [judged_line(trial.judged)] if trial.judged is not None else []
    return [end, *verdict, *map(_line_of, trial.amendments)]


def judged_line(found: JudgedTrial) -> Judged:
    """The verdict on a trial, as MLflow hears it."""
    return Judged(index=found.index, judgement=found.judgement, at_ms=found.at_ms)


def _line_of(found: Amendment) -> Amended:
    return Amended(index=found.index, settings=found.settings, at_ms=found.at_ms)


def _missing(lines: Sequence[Line], truth: Sequence[Line]) -> list[Line]:
    there = {_key(line) for line in lines}
    return [line for line in truth if _key(line) not in there]


def _contradicts(lines: Sequence[Line], truth: Sequence[Line]) -> bool:
    facts = {_key(line): line for line in truth}
    seen: set[_Key] = set()
    for line in lines:
        key = _key(line)
        match line:
            case Started(params=params):
                known = facts[key]
                if not isinstance(known, Started) or not params.items() <= known.params.items():
                    return True
            case Judged(index=index) if index < _newest_verdict(truth):
                continue  # the trial was judged again
            case Measured() | Retried() | Ended() | Amended() | Judged():
                if key in seen or facts.get(key) != line:
                    return True
                seen.add(key)
            case Resumed() | Interrupted():
                continue
    return False


def _out_of_order(lines: Sequence[Line], missing: Sequence[Line]) -> bool:
    """Whether what is missing belongs before something that is there."""
    if not lines:
        return False
    if any(isinstance(line, Ended) for line in lines):
        # Only verdicts and amendments come after the end, and these come in their order.
        known = max((line.index for line in lines if isinstance(line, Amended)), default=0)
        return not all(
            isinstance(line, Judged) or (isinstance(line, Amended) and line.index > known)
            for line in missing
        )
    if any(isinstance(line, Started) for line in missing):
        return True
    newest = max((line.epoch.epoch for line in lines if isinstance(line, Measured)), default=0)
    return any(isinstance(line, Measured) and line.epoch.epoch < newest for line in missing)


def _key(line: Line) -> _Key:
    match line:
        case Measured(epoch=epoch):
            return "epoch", epoch.epoch
        case Retried(attempt=attempt):
            return "retried", attempt
        case Amended(index=index):
            return "amended", index
        case Judged(index=index):
            return "judged", index
        case _:
            return type(line).__name__, 0


def _newest_verdict(lines: Sequence[Line]) -> int:
    return max((line.index for line in lines if isinstance(line, Judged)), default=0)


def _waits(lines: Sequence[Line]) -> bool:
    told = [line for line in lines if isinstance(line, Started | Resumed | Interrupted | Ended)]
    return bool(told) and isinstance(told[-1], Interrupted)


def _now_ms() -> int:
    return round(time.time() * 1000)
