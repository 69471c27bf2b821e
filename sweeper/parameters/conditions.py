"""Conditions: which parameters a trial has, given the values of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sweeper.parameters.kinds import Space
from sweeper.parameters.values import same_value

__all__ = ["condition_values", "is_active", "parents_first"]


def condition_values(space: Space, parent: str, wanted: Any) -> Sequence[Any]:
    """The values under a parent's name in `when`, as a list.

    A list is a list of values, unless the parent can take this very list as its value.
    """
    if isinstance(wanted, list | tuple) and not space[parent].contains(wanted):
        return wanted
    return (wanted,)


def is_active(space: Space, name: str, values: Mapping[str, Any]) -> bool:
    """Whether a trial has the parameter.

    Args:
        space: All parameters.
        name: The one in question.
        values: Values of the parameters that come before it in `parents_first`. A parent that is
            not there is not active, and then neither is the child.
    """
    return all(
        parent in values
        and any(
            same_value(values[parent], value) for value in condition_values(space, parent, wanted)
        )
        for parent, wanted in space[name].when.items()
    )


def parents_first(space: Space) -> list[str]:
    """The names of a space without cycles: parents before children, else as in the file."""
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in ordered:
            for parent in space[name].when:
                visit(parent)
            ordered[name] = None

    for name in space:
        visit(name)
    return list(ordered)
