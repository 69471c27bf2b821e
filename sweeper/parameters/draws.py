"""Values of parameters, between a file and an Optuna study.

A parameter has two forms. In a study lists and mappings of a choice stand as JSON, because Optuna
keeps scalars only, and parameters with a fixed value do not stand at all. Everywhere else
parameters have the values that the file gives them. Functions here take either form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, assert_never

from sweeper.parameters.conditions import is_active, parents_first
from sweeper.parameters.kinds import (
    ChoiceParameter,
    FixedParameter,
    FloatParameter,
    IntParameter,
    Parameter,
    Space,
)
from sweeper.parameters.values import choice_label, same_value, step_value

if TYPE_CHECKING:
    import optuna

__all__ = ["active_params", "file_value", "study_value", "suggest"]


def suggest(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    """Draws the parameters that a trial has; parents before children.

    Args:
        trial: A running trial. Parameters that it has already keep their values.
        space: All parameters.

    Returns:
        Values by dotted path in the order of the file, as the file gives them, those with a fixed
        value included; parameters whose conditions do not hold are left out.
    """
    values: dict[str, Any] = {}
    # Optuna warns when a parameter that a trial has is asked for with other bounds.
    known = trial.params
    for name in parents_first(space):
        if is_active(space, name, values):
            drawn = known[name] if name in known else _drawn(trial, name, space[name])
            values[name] = file_value(space[name], drawn)
    return {name: values[name] for name in space if name in values}


def active_params(space: Space, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a trial has, given their values.

    Args:
        space: All parameters.
        params: Values by dotted path, as in the file or as in the study. Those whose conditions do
            not hold are ignored, and fixed values need not be there.

    Returns:
        Like `suggest`.

    Raises:
        ValueError: A name is no parameter, or a parameter that the trial has is not there.
    """
    if unknown := [name for name in params if name not in space]:
        raise ValueError(f"no parameters of the space: {', '.join(unknown)}")
    values: dict[str, Any] = {}
    for name in parents_first(space):
        if not is_active(space, name, values):
            continue
        if name not in params and not isinstance(space[name], FixedParameter):
            raise ValueError(f"no value for the parameter {name}")
        values[name] = file_value(space[name], params.get(name))
    return {name: values[name] for name in space if name in values}


def study_value(parameter: Parameter, value: Any) -> Any:
    """What stands in the study for a value of the file."""
    match parameter:
        case FloatParameter():
            return float(value)
        case ChoiceParameter():
            return choice_label(value)
        case _:
            return value


def _drawn(trial: optuna.Trial, name: str, parameter: Parameter) -> Any:
    match parameter:
        case FloatParameter(low=low, high=high, log=log, step=step):
            return trial.suggest_float(name, low, high, log=log, step=step)
        case IntParameter():
            step_count = parameter.step or 1
            return trial.suggest_int(
                name, parameter.low, parameter.high, log=parameter.log, step=step_count
            )
        case ChoiceParameter(values=values):
            return trial.suggest_categorical(name, [choice_label(value) for value in values])
        case FixedParameter(value=value):
            return value
        case _:
            assert_never(parameter)


def file_value(parameter: Parameter, value: Any) -> Any:
    """The value of the file for one of the study; a value of the file is returned as it is."""
    match parameter:
        case FloatParameter(low=low, step=step):
            # Optuna adds steps in binary: 0.1 + 2 x 0.1 gives 0.30000000000000004.
            return value if step is None else step_value(low, step, round((value - low) / step))
        case IntParameter():
            return int(value)
        case ChoiceParameter(values=values):
            label = choice_label(value)
            return next(choice for choice in values if same_value(choice_label(choice), label))
        case FixedParameter():
            return parameter.value
        case _:
            assert_never(parameter)
