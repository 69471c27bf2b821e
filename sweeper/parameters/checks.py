"""Mistakes of a whole space: conditions that can't come true, constraints that nothing meets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sweeper.parameters.conditions import condition_values
from sweeper.parameters.constraints import Constraint, parse_constraint
from sweeper.parameters.fields import Mistake
from sweeper.parameters.kinds import FixedParameter, FloatParameter, IntParameter, Space
from sweeper.parameters.narrowing import Narrowing
from sweeper.parameters.values import is_number
from sweeper.parameters.wording import did_you_mean, listed, shown

__all__ = ["check_constraints", "check_when", "possible_values"]


def check_when(space: Space, names: Collection[str]) -> Iterator[Mistake]:
    """Every `when` can come true, and there is an order in which to draw.

    Args:
        space: The parameters that could be read.
        names: The names of all parameters.

    Yields:
        Mistakes with paths below the space.
    """
    for name, parameter in space.items():
        for parent, wanted in parameter.when.items():
            path = (name, "when", parent)
            if parent not in names:
                others = [other for other in names if other != name]
                yield path, f"no parameter of the space{did_you_mean(parent, others)}"
            elif parent in space and parent != name:
                yield from ((path, reason) for reason in _reasons(space, parent, wanted))
    yield from _check_cycles(space)


def possible_values(space: Space, name: str) -> str:
    """What a parameter can be, in words."""
    match space[name]:
        case FloatParameter() | IntParameter() as ranged:
            steps = f" in steps of {ranged.step:g}" if ranged.step else ""
            kind = "a whole number" if isinstance(ranged, IntParameter) else "a number"
            return f"{kind} from {ranged.low:g} to {ranged.high:g}{steps}"
        case FixedParameter(value=value):
            return f"fixed to {shown(value)}"
        case choice:
            return f"one of {listed(choice.values)}"


def check_constraints(space: Space, texts: Sequence[str]) -> Iterator[Mistake]:
    """Constraints name parameters that are numbers, and something meets all of them.

    Args:
        space: All parameters, without a mistake in their conditions.
        texts: See `parse_constraint`.

    Yields:
        Mistakes with paths below the list of constraints.
    """
    constraints: list[Constraint] = []
    sound = True
    for index, text in enumerate(texts):
        try:
            constraint = parse_constraint(text)
        except ValueError as error:
            reasons = [str(error)]
        else:
            reasons = [*_wrong_names(space, constraint)] or [*_never_holds(space, constraint)]
            constraints.append(constraint)
        sound = sound and not reasons
        yield from (((index,), reason) for reason in reasons)
    if sound and not Narrowing(space, constraints).is_possible({}):
        yield (), "no combination of the space satisfies all of them"


def _reasons(space: Space, parent: str, wanted: Any) -> Iterator[str]:
    if space[parent].finite_values() is None:
        yield f"{parent} is continuous; a condition needs a choice, an int or a step"
        return
    values = condition_values(space, parent, wanted)
    if not values:
        yield "an empty list never comes true"
    # A parent that is fixed switches its children on or off: that is what fixing it is for.
    if not isinstance(space[parent], FixedParameter):
        for value in values:
            if not space[parent].contains(value):
                yield f"{parent} can't be {shown(value)}; it is {possible_values(space, parent)}"


def _check_cycles(space: Space) -> Iterator[Mistake]:
    graph = {name: [p for p in space[name].when if p in space] for name in space}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle = error.args[1]
        yield (cycle[0], "when"), f"conditions run in a circle: {' -> '.join(cycle)}"


def _wrong_names(space: Space, constraint: Constraint) -> Iterator[str]:
    for name in constraint.names:
        if name not in space:
            yield f"{name} is no parameter of the space{did_you_mean(name, space)}"
        elif _limits(space, name) is None:
            possible = possible_values(space, name)
            yield f"{name} is {possible}; only numbers are smaller or larger than others"
    if len(constraint.names) == 2 and len(set(constraint.names)) == 1:
        yield f"compares {constraint.left} with itself"


def _never_holds(space: Space, constraint: Constraint) -> Iterator[str]:
    """By the limits of both sides alone."""
    left_end = 0 if constraint.relation.startswith("<") else 1
    best: dict[str, float] = {}
    for side, end in ((constraint.left, left_end), (constraint.right, 1 - left_end)):
        if isinstance(side, str) and (limits := _limits(space, side)):
            best[side] = limits[end]
    if not constraint.holds(best):
        known = "; ".join(f"{name} is {possible_values(space, name)}" for name in constraint.names)
        yield f"never holds: {known}"


def _limits(space: Space, name: str) -> tuple[float, float] | None:
    """The smallest and the largest value of a parameter; None if not all of them are numbers."""
    match space[name]:
        case FloatParameter(low=low, high=high) | IntParameter(low=low, high=high):
            return low, high
        case other:
            values = other.finite_values() or ()
            return (min(values), max(values)) if all(map(is_number, values)) else None
