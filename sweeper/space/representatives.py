"""Parameter sets from all over a space, to try its limits before any trial does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from sweeper.parameters import Constraint, Narrowing, Span
from sweeper.parameters.conditions import condition_values, parents_first
from sweeper.parameters.kinds import (
    ChoiceParameter,
    FixedParameter,
    FloatParameter,
    IntParameter,
    Parameter,
    Space,
)
from sweeper.parameters.narrowing import Choose
from sweeper.parameters.values import is_number, same_value

__all__ = ["representative_params"]


def representative_params(
    space: Space, constraints: Sequence[Constraint] = ()
) -> list[dict[str, Any]]:
    """Few parameter sets that together hold every limit and every choice.

    Args:
        space: All parameters.
        constraints: On these parameters; something meets all of them.

    Returns:
        First the middle of all ranges with the first of all choices. Then one set for each limit
        of a range and each value of a choice, with the conditions of its parameter met where they
        can be, and everything else as in the first set. Where that breaks a constraint, other
        parameters move as little as they must; a limit that no trial can have is replaced by the
        nearest value that one can have. Each set holds what `suggest` returns.
    """
    narrowing = Narrowing(space, constraints)
    middle = {name: _middle(parameter) for name, parameter in space.items()}
    first = narrowing.complete({}, _near(middle))
    sets = [] if first is None else [first]
    for name, parameter in space.items():
        needed = _parents_values(space, name)
        for value in _limits(parameter):
            wanted = {**middle, **needed, name: value}
            values = narrowing.complete({**needed, name: value}, _near(wanted))
            if values is None and not isinstance(parameter, ChoiceParameter):
                values = narrowing.complete(needed, _near(wanted), order=[name])
            if values is not None and values not in sets:
                sets.append(values)
    return sets


def _near(wanted: Mapping[str, Any]) -> Choose:
    """Chooses what is wanted, or else the nearest number, or the first value that is left."""

    def choose(name: str, left: Sequence[Any] | Span) -> Any:
        value = wanted[name]
        if isinstance(left, Span):
            return min(left.high, max(left.low, value))
        if value in left and any(same_value(value, other) for other in left):
            return value
        if is_number(value) and all(map(is_number, left)):
            return min(left, key=lambda other: abs(other - value))
        return left[0]

    return choose


def _middle(parameter: Parameter) -> Any:
    match parameter:
        case FloatParameter(low=low, high=high, step=None):
            if not parameter.log:
                return low + (high - low) / 2
            return min(high, max(low, math.exp((math.log(low) + math.log(high)) / 2)))
        case IntParameter(low=low, high=high, log=True):
            return round(math.exp((math.log(low) + math.log(high)) / 2))
        case FloatParameter() | IntParameter():
            values = parameter.finite_values() or ()
            return values[len(values) // 2]
        case ChoiceParameter(values=values):
            return values[0]
        case FixedParameter(value=value):
            return value
        case _:
            assert_never(parameter)


def _limits(parameter: Parameter) -> Sequence[Any]:
    match parameter:
        case FloatParameter() | IntParameter():
            return (parameter.low, parameter.high)
        case ChoiceParameter() | FixedParameter():
            return parameter.finite_values()
        case _:
            assert_never(parameter)


def _parents_values(space: Space, name: str) -> Mapping[str, Any]:
    """Values of the parameters that a parameter's conditions hang on, and theirs in turn."""
    values: dict[str, Any] = {}
    for child in reversed(parents_first({n: space[n] for n in _family(space, name)})):
        for parent, wanted in space[child].when.items():
            values.setdefault(parent, condition_values(space, parent, wanted)[0])
    return values


def _family(space: Space, name: str) -> list[str]:
    """A parameter, its parents and their parents."""
    found = [name]
    for member in found:
        found.extend(parent for parent in space[member].when if parent not in found)
    return found
