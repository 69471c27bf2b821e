"""Conditions: parents exist, can have the values, and do not depend on their children."""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.parameters.checks import check_when
from sweeper.parameters.fields import Mistake
from sweeper.spec.checks.parts import Parts

__all__ = ["check_conditions"]


def check_conditions(parts: Parts) -> Iterator[Mistake]:
    """See `check_when`."""
    for path, reason in check_when(parts.space, parts.space_names):
        yield ("space", *path), reason
