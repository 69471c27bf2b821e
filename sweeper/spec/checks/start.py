"""Values that are tried first lie inside of the space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sweeper.parameters.checks import possible_values
from sweeper.parameters.conditions import condition_values
from sweeper.parameters.fields import Mistake
from sweeper.parameters.kinds import FixedParameter, Space
from sweeper.parameters.values import same_value
from sweeper.parameters.wording import did_you_mean, listed, shown
from sweeper.spec.checks.parts import Parts

__all__ = ["check_start"]


def check_start(parts: Parts) -> Iterator[Mistake]:
    """Every name is a parameter, every value is possible, every condition is met."""
    for index, values in parts.start.items():
        for name, value in values.items():
            path = ("start", index, name)
            if name not in parts.space_names:
                yield path, f"no parameter of the space{did_you_mean(name, parts.space_names)}"
            elif name not in parts.space:
                continue
            elif not parts.space[name].contains(value):
                possible = possible_values(parts.space, name)
                yield path, f"can't be {shown(value)}; it is {possible}"
            else:
                yield from ((path, why) for why in _unmet(parts.space, name, values))


def _unmet(space: Space, name: str, values: Mapping[str, Any]) -> Iterator[str]:
    """The conditions of a parameter that the other values contradict."""
    for parent, wanted in space[name].when.items():
        if parent not in space:
            continue
        match space[parent]:
            case FixedParameter(value=value):
                known = value
            case _ if parent in values:
                known = values[parent]
            case _:
                continue
        possible = condition_values(space, parent, wanted)
        if not any(same_value(known, value) for value in possible):
            yield f"is used only when {parent} is {listed(possible)}, and that is {shown(known)}"
