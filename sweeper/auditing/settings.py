"""Whether a trial has the settings that the space asks for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from optuna.trial import FrozenTrial

from sweeper.parameters import Constraint, active_params
from sweeper.parameters.kinds import (
    ChoiceParameter,
    FixedParameter,
    FloatParameter,
    IntParameter,
    Parameter,
    Space,
)
from sweeper.parameters.values import choice_label, is_number, same_value, step_value
from sweeper.study.curves import last_epoch

__all__ = ["settings_faults"]


def settings_faults(
    space: Space, constraints: Sequence[Constraint], trial: FrozenTrial
) -> Iterator[str]:
    """What is wrong with the settings of a trial, a sentence each.

    A trial whose driver died before its first epoch may lack some: the next driver draws the rest.
    """
    misfits = [
        f"{name}: {_shown(value)} is not a value of the space"
        for name, value in trial.params.items()
        if name in space and not _fits(space[name], value)
    ]
    unknown = [f"{name} is no setting of the space" for name in trial.params if name not in space]
    yield from (*unknown, *misfits)
    if unknown or misfits:
        return
    try:
        active = active_params(space, trial.params)
    except ValueError as error:
        if trial.state.is_finished() or last_epoch(trial):
            yield str(error)
        return
    for name in trial.params:
        if name not in active:
            yield f"{name} is set though its condition does not hold"
    for constraint in constraints:
        if not constraint.holds(active):
            known = " and ".join(f"{name} is {_shown(active[name])}" for name in constraint.names)
            yield f"breaks {constraint}: {known}"


def _fits(parameter: Parameter, value: Any) -> bool:
    """Whether a value that stands in the study is one of the parameter's."""
    match parameter:
        case FloatParameter(low=low, high=high, step=step):
            if not is_number(value) or not low <= value <= high:
                return False
            if step is None:
                return True
            # Optuna adds steps in binary.
            nearest = step_value(low, step, round((value - low) / step))
            return math.isclose(value, nearest, rel_tol=1e-9, abs_tol=1e-12)
        case IntParameter():
            return parameter.contains(value)
        case ChoiceParameter(values=values):
            return any(same_value(choice_label(choice), value) for choice in values)
        case FixedParameter():
            return parameter.contains(value)
        case _:
            assert_never(parameter)


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)
