"""Metrics and goals that pruning rules leave out because the objectives say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["with_goals"]

# Tuples: what comes from a file may be a list, which no set can look up.
_GOALS = ("maximize", "minimize")
_CURVE_RULES = ("median", "percentile", "hyperband", "successive_halving")


def with_goals(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A space file's content with the rules completed; nothing else changes.

    A rule whose metric is an objective gets the objective's goal. A rule of Optuna's without a
    metric looks at the first objective; its name is filled in if there are several, because the
    study's own curve has room for only one. What is not shaped as expected stays as it is for the
    validation that follows.
    """
    rules = raw.get("pruning")
    if not isinstance(rules, Sequence) or isinstance(rules, str):
        return dict(raw)
    goals = _objective_goals(raw.get("objective", raw.get("objectives")))
    return {**raw, "pruning": [_completed(rule, goals) for rule in rules]}


def _objective_goals(objectives: Any) -> dict[str, str]:
    """Goal by metric, the first objective first."""
    goals: dict[str, str] = {}
    for objective in objectives if isinstance(objectives, list | tuple) else [objectives]:
        if isinstance(objective, Mapping):
            metric, goal = objective.get("metric"), objective.get("goal")
        else:
            metric, goal = getattr(objective, "metric", None), getattr(objective, "goal", None)
        if isinstance(metric, str) and goal in _GOALS:
            goals.setdefault(metric, goal)
    return goals


def _completed(rule: Any, goals: Mapping[str, str]) -> Any:
    if not isinstance(rule, Mapping) or not goals:
        return rule
    kind, metric = rule.get("rule"), rule.get("metric")
    if kind == "patient" and "wrapped" in rule:
        return {**rule, "wrapped": _completed(rule["wrapped"], goals)}
    if kind in _CURVE_RULES and metric is None:
        first = next(iter(goals))
        return {"goal": goals[first], **rule} | ({"metric": first} if len(goals) > 1 else {})
    if (kind == "stall" or kind in _CURVE_RULES) and isinstance(metric, str) and metric in goals:
        return {"goal": goals[metric], **rule}
    return rule
