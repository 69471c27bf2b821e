"""Constraints may go; new ones may come as long as all trials so far keep to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sweeper.parameters.conditions import is_active, parents_first
from sweeper.parameters.constraints import Constraint
from sweeper.parameters.kinds import FixedParameter, Space
from sweeper.parameters.narrowing import Narrowing
from sweeper.spec.changes.change import Change, History
from sweeper.spec.sweep_spec import SweepSpec

__all__ = ["changes_of_constraints"]


def changes_of_constraints(
    before: SweepSpec, after: SweepSpec, history: History
) -> Iterator[Change]:
    """Constraints that went and came, whatever their order and however they are written."""
    old, new = before.parsed_constraints(), after.parsed_constraints()
    for constraint in old:
        if _meaning(constraint) not in map(_meaning, new):
            yield Change(path=("constraints",), words=f"removed: {constraint}")
    come = [
        (index, constraint)
        for index, constraint in enumerate(new)
        if _meaning(constraint) not in map(_meaning, old)
    ]
    space = {name: after.space[name] for name in before.space if name in after.space}
    trials = _trials(space, history)
    broken = {index: _broken(constraint, trials) for index, constraint in come}
    hopeless = "" if any(broken.values()) or not come else _hopeless(space, after, trials)
    for index, constraint in come:
        yield Change(
            path=("constraints", index),
            words=f"added: {constraint}",
            refusal=broken[index] or hopeless,
        )


def _meaning(constraint: Constraint) -> tuple[object, ...]:
    return constraint.lower, constraint.is_strict, constraint.upper


def _trials(space: Space, history: History) -> Mapping[int, Mapping[str, Any]]:
    """What is known of each trial that was begun; what it was queued with may not stand there."""
    found = {number: dict(values) for number, values in history.started.items()}
    for name, by_trial in history.values.items():
        for number, value in by_trial.items():
            found.setdefault(number, {})[name] = value
    return {number: _active(space, values) for number, values in sorted(found.items())}


def _active(space: Space, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Like `active_params`, but the driver of a trial may have died while it was drawn."""
    found: dict[str, Any] = {}
    for name in parents_first(space):
        if not is_active(space, name, found):
            continue
        if isinstance(parameter := space[name], FixedParameter):
            found[name] = parameter.value
        elif name in values:
            found[name] = values[name]
    return found


def _broken(constraint: Constraint, trials: Mapping[int, Mapping[str, Any]]) -> str:
    broken = [number for number, values in trials.items() if not constraint.holds(values)]
    if not broken:
        return ""
    values = trials[broken[0]]
    example = " and ".join(f"{name} {values[name]:.4g}" for name in constraint.names)
    if len(broken) == 1:
        return f"trial #{broken[0]} breaks it, with {example}"
    return f"{len(broken)} trials break it, such as #{broken[0]} with {example}"


def _hopeless(space: Space, after: SweepSpec, trials: Mapping[int, Mapping[str, Any]]) -> str:
    """Whether some trial could not get the values that it still lacks."""
    narrowing = Narrowing(space, after.parsed_constraints())
    for number, values in trials.items():
        if not narrowing.is_possible(values):
            return f"trial #{number} could not be completed"
    return ""
