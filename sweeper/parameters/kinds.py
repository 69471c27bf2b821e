"""What may vary: the kinds of parameters."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sweeper.parameters.fields import (
    Flag,
    Mistake,
    MistakesError,
    Number,
    ParameterPath,
    Section,
    Whole,
)
from sweeper.parameters.values import (
    choice_label,
    is_number,
    last_step,
    on_step,
    same_value,
    step_value,
)

__all__ = [
    "PARAMETERS",
    "ChoiceParameter",
    "FixedParameter",
    "FloatParameter",
    "IntParameter",
    "Parameter",
    "Space",
]

_MAX_STEPS = 100_000


class _Conditional(Section):
    when: dict[ParameterPath, Any] = Field(
        default_factory=dict,
        description="Only in trials where each of these parameters has this value, or one of a "
        "list of values.",
    )


class FloatParameter(_Conditional):
    """A real number in [low, high]."""

    type: Literal["float"]
    low: Number = Field(description="Smallest value, included.")
    high: Number = Field(description="Largest value, included.")
    log: Flag = Field(False, description="Search on a logarithmic scale; low must be above 0.")
    step: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="Only low, low + step, low + 2 step, ... high."
    )

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        _check_range(self)
        return self

    def contains(self, value: Any) -> bool:
        """Whether a trial can have this value."""
        if not is_number(value) or not self.low <= value <= self.high:
            return False
        return self.step is None or on_step(float(value), self.low, self.step)

    def finite_values(self) -> Sequence[Any] | None:
        """All values in ascending order; None if they can't be counted."""
        if self.step is None:
            return None
        num_values = round((self.high - self.low) / self.step) + 1
        return [step_value(self.low, self.step, index) for index in range(num_values)]


class IntParameter(_Conditional):
    """A whole number in [low, high]."""

    type: Literal["int"]
    low: Whole = Field(description="Smallest value, included.")
    high: Whole = Field(description="Largest value, included.")
    log: Flag = Field(False, description="Search on a logarithmic scale; low must be above 0.")
    step: Annotated[Whole, Field(ge=1)] | None = Field(
        None, description="Only low, low + step, low + 2 step, ... high."
    )

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        _check_range(self)
        return self

    def contains(self, value: Any) -> bool:
        """Whether a trial can have this value."""
        return isinstance(value, int) and is_number(value) and value in self.finite_values()

    def finite_values(self) -> Sequence[Any]:
        """All values in ascending order."""
        return range(self.low, self.high + 1, self.step or 1)


class ChoiceParameter(_Conditional):
    """One of a list of values: texts, numbers, true, false, null, lists or mappings."""

    type: Literal["choice"]
    values: Annotated[tuple[Any, ...], Field(min_length=1)] = Field(
        description="The values; their order has no meaning."
    )

    @model_validator(mode="after")
    def _check_twins(self) -> Self:
        # Optuna tells choices apart by ==, to which true is 1.
        labels = [choice_label(value) for value in self.values]
        found = [
            (("values", index), _twin_reason(self.values[labels.index(label)], self.values[index]))
            for index, label in enumerate(labels)
            if label in labels[:index]
        ]
        if found:
            raise MistakesError(found)
        return self

    def contains(self, value: Any) -> bool:
        """Whether a trial can have this value."""
        return any(same_value(value, other) for other in self.values)

    def finite_values(self) -> Sequence[Any]:
        """All values in the order of the file."""
        return self.values


class FixedParameter(_Conditional):
    """A value that does not vary; with `when` it is set in some trials only."""

    type: Literal["fixed"]
    value: Any = Field(description="The value.")

    def contains(self, value: Any) -> bool:
        """Whether a trial can have this value."""
        return same_value(value, self.value)

    def finite_values(self) -> Sequence[Any]:
        """The one value."""
        return (self.value,)


Parameter = Annotated[
    FloatParameter | IntParameter | ChoiceParameter | FixedParameter, Field(discriminator="type")
]
Space = Mapping[str, FloatParameter | IntParameter | ChoiceParameter | FixedParameter]

#: The kinds by the name that stands in `type:`.
PARAMETERS: dict[str, type[Section]] = {
    "float": FloatParameter,
    "int": IntParameter,
    "choice": ChoiceParameter,
    "fixed": FixedParameter,
}


def _twin_reason(one: Any, other: Any) -> str:
    first, second = json.dumps(one), json.dumps(other)
    if first == second:
        return f"{second} stands twice"
    return f"{first} and {second} can't be told apart"


def _check_range(parameter: FloatParameter | IntParameter) -> None:
    found: list[Mistake] = []
    low, high, step = parameter.low, parameter.high, parameter.step
    if low >= high:
        found.append((("low",), f"low {low:g} is not below high {high:g}"))
    elif not math.isfinite(high - low):
        found.append((("high",), "the range is wider than a number can tell"))
    elif step is not None and (reason := _step_reason(low, high, step)):
        found.append((("step",), reason))
    if parameter.log and low <= 0:
        found.append((("low",), f"a log scale needs low above 0, not {low:g}"))
    if parameter.log and step is not None:
        found.append((("step",), "a log scale can't have steps; leave out log or step"))
    if found:
        raise MistakesError(found)


def _step_reason(low: float, high: float, step: float) -> str:
    if (high - low) / step > _MAX_STEPS:
        return f"step {step:g} is too fine for the range from {low:g} to {high:g}; leave it out"
    last = last_step(low, high, step)
    if last == low:
        return f"step {step:g} is larger than the range from {low:g} to {high:g}"
    if last != high:
        return f"steps of {step:g} from {low:g} do not end at {high:g}; the last is {last:g}"
    return ""
