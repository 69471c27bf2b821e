"""A space as a table."""

from __future__ import annotations

from typing import assert_never

from rich.table import Table

from sweeper.cli.wording import number
from sweeper.spec import SweepSpec
from sweeper.spec.parameters import (
    ChoiceParameter,
    FixedParameter,
    FloatParameter,
    IntParameter,
    Parameter,
)

__all__ = ["space_table"]


def space_table(spec: SweepSpec) -> Table:
    """One row a parameter."""
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("parameter", "type", "values", "when"):
        table.add_column(column)
    for path, parameter in spec.space.items():
        when = ", ".join(f"{key} = {value}" for key, value in (parameter.when or {}).items())
        table.add_row(path, parameter.type, _values(parameter), when)
    return table


def _values(parameter: Parameter) -> str:
    match parameter:
        case FloatParameter() | IntParameter():
            shape = " log" if parameter.log else ""
            step = f" in steps of {number(parameter.step)}" if parameter.step is not None else ""
            return f"{number(parameter.low)} to {number(parameter.high)}{shape}{step}"
        case ChoiceParameter():
            return ", ".join(number(value) for value in parameter.values)
        case FixedParameter():
            return number(parameter.value)
        case _:
            assert_never(parameter)
