"""Goals of pruning rules that are left out because the metric is an objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["with_goals"]

# Tuples: what comes from a file may be a list, which no set can look up.
_GOALS = ("maximize", "minimize")
_NEED_GOALS = ("stall", "median", "percentile", "hyperband", "successive_halving")


def with_goals(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A space file's content with the goals filled in; nothing else changes.

    A rule without a metric looks at the first objective. A metric that is no objective keeps its
    rule as it is. What is not shaped as expected stays for the validation that follows.
    """
    rules = raw.get("pruning")
    if not isinstance(rules, Sequence) or isinstance(rules, str):
        return dict(raw)
    goals = _objective_goals(raw.get("objective", raw.get("objectives")))
    return {**raw, "pruning": [_with_goal(rule, goals) for rule in rules]}


def _objective_goals(objectives: Any) -> dict[Any, Any]:
    """Goal by metric; None stands for the first objective."""
    goals: dict[Any, Any] = {}
    for objective in objectives if isinstance(objectives, list | tuple) else [objectives]:
        if isinstance(objective, Mapping):
            metric, goal = objective.get("metric"), objective.get("goal")
        else:
            metric, goal = getattr(objective, "metric", None), getattr(objective, "goal", None)
        if isinstance(metric, str) and goal in _GOALS:
            goals.setdefault(None, goal)
            goals.setdefault(metric, goal)
    return goals


def _with_goal(rule: Any, goals: Mapping[Any, Any]) -> Any:
    if not isinstance(rule, Mapping):
        return rule
    if rule.get("rule") == "patient":
        return (
            {**rule, "wrapped": _with_goal(rule["wrapped"], goals)} if "wrapped" in rule else rule
        )
    metric = rule.get("metric")
    if rule.get("rule") not in _NEED_GOALS or "goal" in rule:
        return rule
    if metric is not None and not isinstance(metric, str):
        return rule
    return {**rule, "goal": goals[metric]} if metric in goals else rule
