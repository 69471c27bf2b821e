"""Types of single fields in a space file: strict, finite, and named in a way that editors can show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints

__all__ = [
    "Flag",
    "Goal",
    "MetricName",
    "Mistake",
    "Mistakes",
    "Number",
    "ParameterPath",
    "Path",
    "Section",
    "SweepName",
    "TrainableName",
    "Whole",
]

#: Where something stands in a space file: keys and list positions from the top.
Path = tuple[str | int, ...]
Mistake = tuple[Path, str]

# Strict: YAML knows numbers from texts, so "12" or `true` where a number belongs is a mistake.
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Goal = Literal["maximize", "minimize"]
MetricName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]*$")]
ParameterPath = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$")
]
SweepName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
]
TrainableName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*$")
]


class Section(BaseModel):
    """Base of every part of a space file: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True
    )


class Mistakes(ValueError):
    """Raised by a validator: several mistakes at once.

    Attributes:
        found: Each mistake with its path below the part that was checked.
    """

    def __init__(self, found: Sequence[Mistake]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(f"{'.'.join(map(str, path))}: {why}" for path, why in found))
