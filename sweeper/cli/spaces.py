"""A space as a table."""

from __future__ import annotations

from typing import assert_never

from rich.table import Table

from sweeper.cli.wording import number
from sweeper.parameters.kinds import (
    ChoiceParameter,
    FixedParameter,
    FloatParameter,
    IntParameter,
    Parameter,
)
from sweeper.spec import SweepSpec
from sweeper.spec.rules import Rule
from sweeper.spec.verdicts import VerdictRule

__all__ = ["search_lines", "space_table"]


def space_table(spec: SweepSpec) -> Table:
    """One row a parameter."""
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("parameter", "type", "values"):
        table.add_column(column)
    for path, parameter in spec.space.items():
        when = " and ".join(f"{key} = {value}" for key, value in (parameter.when or {}).items())
        table.add_row(
            path, parameter.type, _values(parameter) + (f"  (when {when})" if when else "")
        )
    return table


def search_lines(spec: SweepSpec) -> list[str]:
    """The goal, the constraints, the sampler, the rules and the budget, one line each."""
    goals = ", ".join(f"{objective.goal} {objective.metric}" for objective in spec.objectives)
    hours = f", {number(spec.budget.hours)} h" if spec.budget.hours else ""
    return [
        f"objective: {goals}",
        *(f"constraint: {constraint}" for constraint in spec.parsed_constraints()),
        f"sampler: {spec.sampler.name}",
        *(f"pruning: {_rule(rule)}" for rule in spec.pruning),
        *(f"verdict: {rule.verdict} ({rule.name}): {_verdict(rule)}" for rule in spec.verdicts),
        f"budget: {spec.budget.trials} trials of {spec.budget.epochs} epochs{hours}",
    ]


def _rule(rule: Rule) -> str:
    settings = rule.model_dump(exclude_none=True, exclude_defaults=True, exclude={"rule"})
    return " ".join((rule.rule, *(f"{key}={number(value)}" for key, value in settings.items())))


def _verdict(rule: VerdictRule) -> str:
    ended, when = " or ".join(rule.ended), " and ".join(rule.when)
    at = f" at {rule.at}" if rule.at != "last" and rule.when else ""
    return ", ".join(part for part in (ended, f"{when}{at}") if part) or "always"


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
