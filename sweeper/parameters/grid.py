"""Every combination of a space, each once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from sweeper.parameters.conditions import is_active, parents_first
from sweeper.parameters.constraints import Constraint
from sweeper.parameters.kinds import Space

__all__ = ["count_grid", "list_grid", "walk_grid"]

#: Dead ends for each combination that is asked for.
_MAX_WASTE = 1_000


def count_grid(space: Space, constraints: Sequence[Constraint] = ()) -> int | None:
    """The number of combinations of a space without conditions; None if they can't be counted.

    Args:
        space: Parameters without conditions.
        constraints: On these parameters; with them every combination is looked at.
    """
    counts = [parameter.finite_values() for parameter in space.values()]
    if None in counts:
        return None
    if constraints:
        return sum(values is not None for values in walk_grid(space, constraints))
    return prod(len(values or ()) for values in counts)


def list_grid(
    space: Space, constraints: Sequence[Constraint], max_size: int
) -> list[dict[str, Any]] | None:
    """The combinations of a space that keep to all constraints.

    Args:
        space: All parameters, without a mistake.
        constraints: On these parameters.
        max_size: At least 1.

    Returns:
        Values of the active parameters by name, as `suggest` gives them, so that parameters whose
        conditions do not hold make no further combinations; the last parameter varies fastest. None
        if there are more than `max_size`, or if they can't be counted, or if nearly all that there
        are break a constraint.
    """
    if any(parameter.finite_values() is None for parameter in space.values()):
        return None
    found: list[dict[str, Any]] = []
    for looked_at, values in enumerate(walk_grid(space, constraints)):
        if values is not None:
            found.append(values)
        if len(found) > max_size or looked_at > _MAX_WASTE * max_size:
            return None
    return found


def walk_grid(space: Space, constraints: Sequence[Constraint]) -> Iterator[dict[str, Any] | None]:
    """Yields what `list_grid` lists, and None whenever a constraint ends a branch.

    Args:
        space: Parameters whose values can all be counted.
        constraints: On these parameters.
    """
    names = parents_first(space)

    def extend(depth: int, values: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
        if depth == len(names):
            yield {name: values[name] for name in space if name in values}
            return
        name = names[depth]
        if not is_active(space, name, values):
            yield from extend(depth + 1, values)
            return
        for value in space[name].finite_values() or ():
            extended = {**values, name: value}
            # Of parameters that come later nothing is asked yet.
            if all(c.holds(extended) for c in constraints if name in c.names):
                yield from extend(depth + 1, extended)
            else:
                yield None

    yield from extend(0, {})
