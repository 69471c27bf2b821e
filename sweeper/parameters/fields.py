"""Types of single fields of a space file: strict and finite, so that nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints

__all__ = [
    "PATTERN_WORDS",
    "FieldPath",
    "Flag",
    "Goal",
    "MetricName",
    "Mistake",
    "MistakesError",
    "Number",
    "ParameterPath",
    "Section",
    "SweepName",
    "Title",
    "TrainableName",
    "Whole",
]

#: Where something stands in a space file: keys and list positions from the top.
FieldPath = tuple[str | int, ...]
Mistake = tuple[FieldPath, str]

# Strict: YAML knows numbers from texts, so "12" or `true` where a number belongs is a mistake.
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Goal = Literal["maximize", "minimize"]
_METRIC = r"^[A-Za-z0-9][A-Za-z0-9_./-]*$"
_PARAMETER = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"
_SWEEP = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_TITLE = r"^\S(.{0,38}\S)?$"
_TRAINABLE = r"^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*$"

MetricName = Annotated[str, StringConstraints(pattern=_METRIC)]
ParameterPath = Annotated[str, StringConstraints(pattern=_PARAMETER)]
SweepName = Annotated[str, StringConstraints(pattern=_SWEEP, max_length=100)]
Title = Annotated[str, StringConstraints(pattern=_TITLE)]
TrainableName = Annotated[str, StringConstraints(pattern=_TRAINABLE)]

#: What each pattern asks for, in words.
PATTERN_WORDS = {
    _METRIC: "is not the name of a metric; allowed are letters, digits and / _ - .",
    _PARAMETER: "is not a dotted path of settings such as optim.lr",
    _SWEEP: "must begin with a letter or a digit, and hold only letters, digits and . _ -",
    _TITLE: "must be one line of at most 40 characters, without blanks around it",
    _TRAINABLE: "must name a class as package.module:Class",
}


class Section(BaseModel):
    """Base of every part of a space file: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True
    )


class MistakesError(ValueError):
    """Raised by a validator: several mistakes at once.

    Attributes:
        found: Each mistake with its path below the part that was checked.
    """

    def __init__(self, found: Sequence[Mistake]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(f"{'.'.join(map(str, path))}: {why}" for path, why in found))
