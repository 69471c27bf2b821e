"""Verdicts on trials that have ended, as the study holds them.

The verdict on a trial is an attribute of the study, `verdict/<trial>`, written before the trial's
ending, so that no ending is ever without one; that of a trial that goes on after all means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sweeper.verdicts import Judgement, Verdict

__all__ = ["Judged", "attribute", "judged_of"]

_PREFIX = "verdict/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The newest verdict on a trial.

    Attributes:
        index: From 1; how often it was judged with another result.
        judgement: The verdict.
        at_ms: When it was written, milliseconds since 1970 (UTC).
    """

    index: int
    judgement: Judgement
    at_ms: int


def judged_of(attrs: Mapping[str, Any], number: int) -> Judged | None:
    """The verdict on a trial; None if there is none, or it can't be read.

    Args:
        attrs: User attributes of the study.
        number: Of the trial.
    """
    try:
        held = dict(attrs[f"{_PREFIX}{number}"])
        index, at_ms = int(held.pop("index")), int(held.pop("at_ms"))
        held["verdict"] = Verdict(held["verdict"])
        return Judged(index=index, judgement=Judgement(**held), at_ms=at_ms)
    except (KeyError, TypeError, ValueError):
        return None


def attribute(number: int, judged: Judged) -> tuple[str, dict[str, Any]]:
    """Key and value of the attribute of the study that `judged_of` reads back."""
    held = {**asdict(judged.judgement), "verdict": str(judged.judgement.verdict)}
    return f"{_PREFIX}{number}", {"index": judged.index, "at_ms": judged.at_ms, **held}
