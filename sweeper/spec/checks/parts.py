"""The sections of a space file that are sound by themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sweeper.parameters.kinds import Space
from sweeper.spec.rules import Rule
from sweeper.spec.samplers import Sampler
from sweeper.spec.sections import Budget, Objective
from sweeper.spec.verdicts import VerdictRule

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What checks across sections look at.

    A file with a mistake in one section is still checked in the others, so that all mistakes are
    told at once: sections that can't be read are empty or None here.

    Attributes:
        name: Name of the sweep; None: can't be read.
        data: Settings of the data.
        fixed: Settings that all trials share.
        space: The parameters that could be read.
        space_names: The names of all parameters.
        constraints: Their texts, by position in the file.
        start: Values tried first, by position in the file.
        objectives: By position in the file.
        sampler: None: can't be read.
        pruning: Rules by position in the file.
        verdicts: Rules by position in the file.
        budget: None: can't be read.
    """

    name: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    space: Space = field(default_factory=dict)
    space_names: Collection[str] = ()
    constraints: Mapping[int, str] = field(default_factory=dict)
    start: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    objectives: Mapping[int, Objective] = field(default_factory=dict)
    sampler: Sampler | None = None
    pruning: Mapping[int, Rule] = field(default_factory=dict)
    verdicts: Mapping[int, VerdictRule] = field(default_factory=dict)
    budget: Budget | None = None
