"""What MLflow is to hear about a trial, as values and as lines of JSON. Does not import mlflow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, assert_never

from sweeper.study.curves import Epoch
from sweeper.study.events import State
from sweeper.verdicts import Judgement, Verdict

__all__ = [
    "Amended",
    "Ended",
    "Interrupted",
    "Judged",
    "Line",
    "Measured",
    "Resumed",
    "Retried",
    "Started",
    "dump_line",
    "load_line",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A trial began. There again only if more of its parameters became known later.

    Attributes:
        params: What varies, by dotted path.
        at_ms: Milliseconds since 1970 (UTC), as everywhere in this module.
    """

    params: Mapping[str, Any]
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """An interrupted trial goes on after an epoch; 0: from the start."""

    epoch: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A trial reported an epoch."""

    epoch: Epoch

    @property
    def at_ms(self) -> int:
        """When it was recorded."""
        return self.epoch.at_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A trial broke after an epoch and is tried again; `attempt` counts from 1."""

    attempt: int
    epoch: int
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A trial waits for `resume` after an epoch."""

    epoch: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A trial is over."""

    state: State
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """Settings that were found to be better after the end; `index` counts from 1."""

    index: int
    settings: Mapping[str, Any]
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict after the end; `index` counts from 1, and the newest holds."""

    index: int
    judgement: Judgement
    at_ms: int


Line = Started | Resumed | Measured | Retried | Interrupted | Ended | Amended | Judged


def dump_line(line: Line) -> str:
    """A line of JSON without its newline."""
    match line:
        case Started(params=params):
            held: dict[str, Any] = {"kind": "start", "params": dict(params)}
        case Resumed(epoch=epoch):
            held = {"kind": "resumed", "epoch": epoch}
        case Measured(epoch=record):
            held = {"kind": "epoch", "epoch": record.epoch, "metrics": dict(record.metrics)}
            held |= {"chosen": dict(record.chosen)} if record.chosen else {}
        case Retried(attempt=attempt, epoch=epoch, reason=reason):
            held = {"kind": "retried", "attempt": attempt, "epoch": epoch, "reason": reason}
        case Interrupted(epoch=epoch):
            held = {"kind": "interrupted", "epoch": epoch}
        case Ended(state=state, reason=reason):
            held = {"kind": "end", "state": str(state), "reason": reason}
        case Amended(index=index, settings=settings):
            held = {"kind": "amended", "index": index, "settings": dict(settings)}
        case Judged(index=index, judgement=judgement):
            told = {**asdict(judgement), "verdict": str(judgement.verdict)}
            held = {"kind": "judged", "index": index, **told}
        case _:
            assert_never(line)
    return json.dumps({**held, "at_ms": line.at_ms})


def load_line(text: str | bytes) -> Line:
    """The value of a line.

    Raises:
        ValueError: It is not one of ours, or not whole.
    """
    try:
        held = dict(json.loads(text))
        kind, at_ms = held.pop("kind"), int(held["at_ms"])
        match kind:
            case "start":
                return Started(params=dict(held["params"]), at_ms=at_ms)
            case "resumed":
                return Resumed(epoch=int(held["epoch"]), at_ms=at_ms)
            case "epoch":
                return Measured(epoch=Epoch(**{"chosen": {}, **held}))
            case "retried":
                return Retried(**held)
            case "interrupted":
                return Interrupted(epoch=int(held["epoch"]), at_ms=at_ms)
            case "end":
                return Ended(state=State(held["state"]), reason=held["reason"], at_ms=at_ms)
            case "amended":
                return Amended(**held)
            case "judged":
                index = int(held.pop("index"))
                del held["at_ms"]
                judgement = Judgement(**{**held, "verdict": Verdict(held["verdict"])})
                return Judged(index=index, judgement=judgement, at_ms=at_ms)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a line of a spool: {text[:80]!r}") from error
    raise ValueError(f"not a line of a spool: {text[:80]!r}")
