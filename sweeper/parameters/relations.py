"""Bounds of numbers that are related: which of each are left.

Every constraint says that one number is not above another (`Constraint.lower`, `.upper`). Floors
rise along the relations and ceilings fall until nothing moves. If something is left of every number
then, the lowest of all together meet all relations: what meets them is closed under minimum and
maximum. Source: bounds consistency, after Mackworth (1977), doi:10.1016/0004-3702(77)90007-8.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from sweeper.parameters.constraints import Constraint
from sweeper.parameters.kinds import FloatParameter, Space
from sweeper.parameters.values import is_number

__all__ = ["Bounds", "Number", "Relations"]

Number = int | float
Bounds = dict[str, tuple[Number, Number]]


class Relations:
    """The constraints of a space, for any of its parameters that a trial has.

    Attributes:
        names: The parameters that stand in a constraint, in the order of the space.
    """

    def __init__(self, space: Space, constraints: Sequence[Constraint]) -> None:
        self._constraints = tuple(constraints)
        compared = {name for constraint in constraints for name in constraint.names}
        self.names = [name for name in space if name in compared]
        self._ends: Bounds = {}
        self._ascending: dict[str, Sequence[Number]] = {}
        for name in self.names:
            parameter = space[name]
            if isinstance(parameter, FloatParameter) and parameter.step is None:
                self._ends[name] = (parameter.low, parameter.high)
                continue
            counted = parameter.finite_values() or ()
            ascending = (
                counted if isinstance(counted, range) else sorted(filter(is_number, counted))
            )
            self._ascending[name] = ascending
            self._ends[name] = (ascending[0], ascending[-1])

    def bounds(self, active: Iterable[str], known: Mapping[str, Number]) -> Bounds | None:
        """The lowest and the highest value that each parameter can have.

        Args:
            active: Of `names`, those that a trial has; of the others nothing is asked.
            known: Values of some of them.

        Returns:
            By name; None if nothing meets all constraints.
        """
        found: Bounds = {
            name: (known[name], known[name]) if name in known else self._ends[name]
            for name in active
        }
        relations = [c for c in self._constraints if all(name in found for name in c.names)]
        if _runs_in_a_circle(relations):
            return None
        return found if self._settle(found, relations) else None

    def between(self, name: str, low: Number, high: Number) -> Sequence[Number] | None:
        """The values from low to high; None if they can't be counted."""
        counted = self._ascending.get(name)
        if counted is None:
            return None
        return counted[bisect_left(counted, low) : bisect_right(counted, high)]

    def _settle(self, bounds: Bounds, relations: Sequence[Constraint]) -> bool:
        """Narrows bounds until nothing moves; whether something is left of each."""
        moved = True
        while moved:
            before = dict(bounds)
            for relation in relations:
                lower, upper, strict = relation.lower, relation.upper, relation.is_strict
                if isinstance(upper, str):
                    floor = bounds[lower][0] if isinstance(lower, str) else lower
                    low, high = bounds[upper]
                    bounds[upper] = (self._raised(upper, low, floor, strict=strict), high)
                if isinstance(lower, str):
                    ceiling = bounds[upper][1] if isinstance(upper, str) else upper
                    low, high = bounds[lower]
                    bounds[lower] = (low, self._lowered(lower, high, ceiling, strict=strict))
            if any(low > high for low, high in bounds.values()):
                return False
            moved = bounds != before
        return True

    def _raised(self, name: str, low: Number, floor: Number, *, strict: bool) -> Number:
        """The lowest value that is not below the floor, or above it if strict; inf: none."""
        if low > floor or (low == floor and not strict):
            return low
        counted = self._ascending.get(name)
        if counted is None:
            return math.nextafter(floor, math.inf) if strict else floor
        place = bisect_right(counted, floor) if strict else bisect_left(counted, floor)
        return counted[place] if place < len(counted) else math.inf

    def _lowered(self, name: str, high: Number, ceiling: Number, *, strict: bool) -> Number:
        """The highest value that is not above the ceiling, or below it if strict; -inf: none."""
        if high < ceiling or (high == ceiling and not strict):
            return high
        counted = self._ascending.get(name)
        if counted is None:
            return math.nextafter(ceiling, -math.inf) if strict else ceiling
        place = bisect_left(counted, ceiling) if strict else bisect_right(counted, ceiling)
        return counted[place - 1] if place else -math.inf


def _runs_in_a_circle(relations: Sequence[Constraint]) -> bool:
    """Whether something would have to be below itself."""
    above: dict[str | float, set[str | float]] = {}
    for relation in relations:
        above.setdefault(relation.lower, set()).add(relation.upper)

    def reached(start: str | float) -> set[str | float]:
        found = {start}
        heads = [start]
        while heads:
            new = above.get(heads.pop(), set()) - found
            found |= new
            heads += new
        return found

    return any(
        relation.is_strict and relation.lower in reached(relation.upper) for relation in relations
    )
