"""Constraints: they name parameters that are numbers, and sets to try first keep to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sweeper.parameters import checks
from sweeper.parameters.constraints import Constraint, parse_constraint
from sweeper.parameters.fields import Mistake
from sweeper.parameters.kinds import FixedParameter
from sweeper.parameters.narrowing import Narrowing
from sweeper.parameters.wording import did_you_mean, shown
from sweeper.spec.checks.parts import Parts

__all__ = ["check_constraints", "check_start_constraints", "sound_constraints"]


def check_constraints(parts: Parts) -> Iterator[Mistake]:
    """See `sweeper.parameters.check_constraints`; of a space with mistakes only names are asked."""
    places = list(parts.constraints)
    if _is_space_sound(parts):
        found = checks.check_constraints(parts.space, list(parts.constraints.values()))
        for path, reason in found:
            yield ("constraints", *(places[int(index)] for index in path)), reason
        return
    for place, text in parts.constraints.items():
        try:
            names = parse_constraint(text).names
        except ValueError as error:
            yield ("constraints", place), str(error)
            continue
        for name in names:
            if name not in parts.space_names:
                guess = did_you_mean(name, parts.space_names)
                yield ("constraints", place), f"{name} is no parameter of the space{guess}"


def check_start_constraints(parts: Parts) -> Iterator[Mistake]:
    """Sets of values to try first can be completed so that all constraints hold."""
    constraints = sound_constraints(parts)
    if not constraints:
        return
    fixed = {
        name: parameter.value
        for name, parameter in parts.space.items()
        if isinstance(parameter, FixedParameter) and not parameter.when
    }
    for index, values in parts.start.items():
        if all(name in parts.space and parts.space[name].contains(values[name]) for name in values):
            known = {**fixed, **values}
            broken = [constraint for constraint in constraints if not constraint.holds(known)]
            for constraint in broken:
                where = next((name for name in constraint.names if name in values), None)
                if where is not None:
                    yield ("start", index, where), f"breaks {_explained(constraint, known)}"
            if not broken and not Narrowing(parts.space, constraints).is_possible(values):
                yield ("start", index), _no_rest(parts, constraints, values)


def sound_constraints(parts: Parts) -> Sequence[Constraint]:
    """The constraints as objects; none if there is a mistake in them or in the space."""
    if not _is_space_sound(parts) or any(check_constraints(parts)):
        return ()
    return [parse_constraint(text) for text in parts.constraints.values()]


def _is_space_sound(parts: Parts) -> bool:
    return len(parts.space) == len(parts.space_names) and not any(
        checks.check_when(parts.space, parts.space_names)
    )


def _explained(constraint: Constraint, values: Mapping[str, Any]) -> str:
    known = " and ".join(f"{name} is {shown(values[name])}" for name in constraint.names)
    return f"{constraint}: {known}"


def _no_rest(parts: Parts, constraints: Sequence[Constraint], values: Mapping[str, Any]) -> str:
    """Why nothing completes a set that breaks no constraint itself."""
    alone = [c for c in constraints if not Narrowing(parts.space, [c]).is_possible(values)]
    if alone:
        return f"leaves no values for the other parameters that satisfy {alone[0]}"
    return "leaves no values for the other parameters that satisfy all constraints"
