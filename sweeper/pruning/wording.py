"""Why a pruner of Optuna stopped a trial, in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
)
from optuna.trial import FrozenTrial, TrialState

from sweeper.pruning.measured import Goal
from sweeper.pruning.spelling import counted, spell

__all__ = ["Judged", "explain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A trial that a pruner has just stopped.

    Attributes:
        study: What the pruner saw: one objective, the metric's curves as intermediate values.
        trial: The trial in that study; has at least one intermediate value.
        name: The metric's.
        goal: Whether higher or lower is better.
    """

    study: optuna.Study
    trial: FrozenTrial
    name: str
    goal: Goal

    @property
    def newest(self) -> tuple[int, float]:
        """The newest epoch and its value."""
        return max(self.trial.intermediate_values.items())

    @property
    def worse(self) -> str:
        """On which side of a limit a bad value lies."""
        return "below" if self.goal == "maximize" else "above"

    def best(self, values: Mapping[int, float]) -> tuple[int, float]:
        """The best value and the first epoch that had it."""
        sign = 1 if self.goal == "maximize" else -1
        return max(sorted(values.items()), key=lambda item: sign * item[1])


def explain(pruner: BasePruner, judged: Judged, rungs: Mapping[str, float]) -> str:
    """Says why a pruner of Optuna stopped a trial.

    Args:
        pruner: The pruner that did.
        judged: The trial.
        rungs: What the pruner has just written about it: value by rung of successive halving.

    Returns:
        A clause: "val/aji 0.21 is below the median 0.44 of 5 earlier trials". Pruners that are not
        known are named with the newest value.
    """
    match pruner:
        case PercentilePruner(_percentile=percentile):
            return _percentile_clause(judged, percentile)
        case (
            HyperbandPruner(_reduction_factor=factor)
            | SuccessiveHalvingPruner(_reduction_factor=factor)
        ) if rungs:
            return _rung_clause(pruner, judged, rungs, factor)
        case PatientPruner(_wrapped_pruner=wrapped, _patience=patience, _min_delta=min_delta):
            clause = _patience_clause(judged, patience, min_delta)
            return clause if wrapped is None else f"{clause}; {explain(wrapped, judged, rungs)}"
        case ThresholdPruner(_lower=lower, _upper=upper):
            return _threshold_clause(judged, lower, upper)
        case _:
            return _bare_clause(pruner, judged)


def _bare_clause(pruner: BasePruner, judged: Judged) -> str:
    (value,) = spell(judged.newest[1])
    return f"{type(pruner).__name__} stopped it at {judged.name} {value}"


def _percentile_clause(judged: Judged, percentile: float) -> str:
    epoch = judged.newest[0]
    earlier = [
        trial.intermediate_values[epoch]
        for trial in judged.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if epoch in trial.intermediate_values
    ]
    rank = 100 - percentile if judged.goal == "maximize" else percentile
    best_epoch, best = judged.best(judged.trial.intermediate_values)
    shown, limit = spell(best, float(np.percentile(earlier, rank)))
    if best_epoch != epoch:
        shown = f"{shown} (its best, at epoch {best_epoch})"
    trials = counted(len(earlier), "earlier trial")
    if percentile == 50:
        return f"{judged.name} {shown} is {judged.worse} the median {limit} of {trials}"
    return (
        f"{judged.name} {shown} is {judged.worse} {limit}, the limit of the best "
        f"{percentile:g} % of {trials}"
    )


def _rung_clause(
    pruner: BasePruner, judged: Judged, rungs: Mapping[str, float], factor: int
) -> str:
    rung, value = list(rungs.items())[-1]
    rivals = [
        trial.system_attrs[rung]
        for trial in _bracket(pruner, judged)
        if rung in trial.system_attrs and trial.number != judged.trial.number
    ]
    ranked = sorted([*rivals, value], reverse=judged.goal == "maximize")
    kept = max(len(ranked) // factor, 1)
    if ranked[:kept].count(value):
        return _bare_clause(pruner, judged)
    shown, limit = spell(value, ranked[kept - 1])
    return (
        f"{judged.name} {shown} is {judged.worse} {limit}, reached by the best "
        f"{counted(kept, 'trial')} of {len(ranked)} at this rung"
    )


def _bracket(pruner: BasePruner, judged: Judged) -> list[FrozenTrial]:
    trials = judged.study.get_trials(deepcopy=False)
    if not isinstance(pruner, HyperbandPruner):
        return trials
    bracket = pruner._get_bracket_id(judged.study, judged.trial)
    return [trial for trial in trials if pruner._get_bracket_id(judged.study, trial) == bracket]


def _patience_clause(judged: Judged, patience: int, min_delta: float) -> str:
    curve = sorted(judged.trial.intermediate_values.items())
    (best,) = spell(judged.best(dict(curve[: -patience - 1]))[1])
    margin = f"more than {min_delta:g} " if min_delta else ""
    measurements = counted(patience + 1, "measurement")
    return f"{judged.name} has been {margin}{judged.worse} its best {best} for {measurements}"


def _threshold_clause(judged: Judged, lower: float, upper: float) -> str:
    value = judged.newest[1]
    limit = lower if value < lower else upper
    shown, bound = spell(value, limit, exact=limit)
    return f"{judged.name} {shown} {'below' if value < lower else 'above'} {bound}"
