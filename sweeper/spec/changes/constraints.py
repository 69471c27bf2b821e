"""Constraints may go; new ones may come as long as all trials so far keep to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sweeper.parameters.constraints import Constraint
from sweeper.parameters.draws import active_params
from sweeper.parameters.kinds import Space
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
    for index, constraint in come:
        broken = [number for number, values in trials.items() if not constraint.holds(values)]
        yield Change(
            path=("constraints", index),
            words=f"added: {constraint}",
            refusal=_broken(broken, trials, constraint) or _hopeless(space, after, trials),
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
    try:
        return active_params(space, values)
    except ValueError:
        # Its driver died while it was drawn.
        return values


def _broken(
    broken: list[int], trials: Mapping[int, Mapping[str, Any]], constraint: Constraint
) -> str:
    if not broken:
        return ""
    first = broken[0]
    example = " and ".join(f"{name} {trials[first][name]:.4g}" for name in constraint.names)
    if len(broken) == 1:
        return f"trial #{first} breaks it, with {example}"
    return f"{len(broken)} trials break it, such as #{first} with {example}"


def _hopeless(space: Space, after: SweepSpec, trials: Mapping[int, Mapping[str, Any]]) -> str:
    """Whether some trial could not get the values that it still lacks."""
    narrowing = Narrowing(space, after.parsed_constraints())
    for number, values in trials.items():
        if not narrowing.is_possible(values):
            return f"trial #{number} could not be completed"
    return ""
