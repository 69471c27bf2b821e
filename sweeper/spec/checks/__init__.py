"""Checks across sections; each yields its mistakes with their paths in the space file."""

from __future__ import annotations

from itertools import chain

from sweeper.parameters.fields import Mistake
from sweeper.spec.checks.conditions import check_conditions
from sweeper.spec.checks.constraints import check_constraints, check_start_constraints
from sweeper.spec.checks.naming import check_name, check_objectives
from sweeper.spec.checks.parts import Parts
from sweeper.spec.checks.paths import check_paths
from sweeper.spec.checks.rules import check_rules
from sweeper.spec.checks.search import check_sampler
from sweeper.spec.checks.start import check_start
from sweeper.spec.checks.verdicts import check_verdicts

__all__ = ["Parts", "find_conflicts"]

_CHECKS = (
    check_name,
    check_paths,
    check_conditions,
    check_constraints,
    check_start,
    check_start_constraints,
    check_objectives,
    check_sampler,
    check_rules,
    check_verdicts,
)


def find_conflicts(parts: Parts) -> list[Mistake]:
    """All mistakes that only show when sections are seen together."""
    return list(chain.from_iterable(check(parts) for check in _CHECKS))
