"""Conditions: parents exist, can have the values, and do not depend on their children."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sweeper.parameters.conditions import condition_values
from sweeper.parameters.fields import Mistake
from sweeper.parameters.kinds import FixedParameter, FloatParameter, IntParameter, Space
from sweeper.spec.checks.parts import Parts
from sweeper.spec.wording import did_you_mean, listed, shown

__all__ = ["check_conditions", "possible_values"]


def check_conditions(parts: Parts) -> Iterator[Mistake]:
    """Every `when` can come true, and there is an order in which to draw."""
    for name, parameter in parts.space.items():
        for parent, wanted in parameter.when.items():
            path = ("space", name, "when", parent)
            if parent not in parts.space_names:
                others = [other for other in parts.space_names if other != name]
                yield path, f"no parameter of the space{did_you_mean(parent, others)}"
            elif parent in parts.space and parent != name:
                yield from ((path, reason) for reason in _reasons(parts.space, parent, wanted))
    yield from _check_cycles(parts.space)


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
        yield ("space", cycle[0], "when"), f"conditions run in a circle: {' -> '.join(cycle)}"
