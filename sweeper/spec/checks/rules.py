"""Pruning rules fit the budget and the objectives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sweeper.parameters.fields import FieldPath, Mistake
from sweeper.spec.checks.parts import Parts
from sweeper.spec.rules import (
    CollapseRule,
    GateRule,
    HyperbandRule,
    PatientRule,
    Rule,
    StallRule,
    SuccessiveHalvingRule,
    WrappedRule,
)
from sweeper.spec.sections import Budget

__all__ = ["check_rules"]

_Plain = GateRule | StallRule | CollapseRule | WrappedRule


def check_rules(parts: Parts) -> Iterator[Mistake]:
    """Rules act before the last epoch and agree with the objectives on what is better."""
    goals: dict[str | None, str] = {o.metric: o.goal for o in parts.objectives.values()}
    if 0 in parts.objectives:
        goals[None] = parts.objectives[0].goal
    for path, rule in _unwrapped(parts.pruning):
        if parts.budget is not None:
            yield from _check_epochs(path, rule, parts.budget)
        goal = getattr(rule, "goal", None)
        known = goals.get(rule.metric)
        if goal and known and goal != known:
            metric = rule.metric or "the first objective"
            yield (*path, "goal"), f"{goal}, but as an objective {metric} is to {known}"


def _unwrapped(rules: Mapping[int, Rule]) -> Iterator[tuple[FieldPath, _Plain]]:
    for index, rule in rules.items():
        if isinstance(rule, PatientRule):
            yield ("pruning", index, "wrapped"), rule.wrapped
        else:
            yield ("pruning", index), rule


def _check_epochs(path: FieldPath, rule: _Plain, budget: Budget) -> Iterator[Mistake]:
    match rule:
        case HyperbandRule(min_epochs=epochs) | SuccessiveHalvingRule(min_epochs=epochs) if (
            epochs >= budget.epochs
        ):
            yield (
                (*path, "min_epochs"),
                f"{epochs} must be below budget.epochs, which is {budget.epochs}",
            )
        case _:
            pass
