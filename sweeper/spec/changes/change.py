"""A change of a spec, and what must be known of a sweep to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sweeper.parameters.fields import FieldPath

__all__ = ["Change", "History"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A setting that is not what it was.

    Attributes:
        path: In the file as it is now; of what was removed, where it was.
        words: What became of it: `12 -> 24`.
        refusal: Why the sweep can't take it over, a sentence without a final stop; empty: it can.
    """

    path: FieldPath
    words: str
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a sweep has done so far, as far as it bears on changes.

    Attributes:
        max_trials: The budget of trials, extensions included.
        max_hours: The budget of hours, extensions included; None: no limit.
        spent_hours: Hours that drivers have used.
        num_begun: Trials that were begun, whatever became of them.
        num_queued: Trials that wait to be begun with given values.
        values: By parameter and by number of the trials that have it, as the file gives values.
        started: The sets of `start` that trials have begun with, by number of the trial and without
            fixed values.
    """

    max_trials: int
    max_hours: float | None = None
    spent_hours: float = 0.0
    num_begun: int = 0
    num_queued: int = 0
    values: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)
    started: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
