"""From the rules of a space file to pruners."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import assert_never

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner

from sweeper.errors import UserError
from sweeper.pruning.any_of import AnyOf
from sweeper.pruning.base import ReasonedPruner
from sweeper.pruning.collapse import CollapsePruner
from sweeper.pruning.gate import GatePruner
from sweeper.pruning.on_metric import OnMetric
from sweeper.pruning.stall import StallPruner
from sweeper.spec.rules import (
    CollapseRule,
    GateRule,
    HyperbandRule,
    MedianRule,
    PatientRule,
    PercentileRule,
    Rule,
    StallRule,
    SuccessiveHalvingRule,
    WrappedRule,
)

__all__ = ["build_pruner"]

_MEDIAN = 50.0


def build_pruner(rules: Iterable[Rule], max_epochs: int) -> AnyOf:
    """Makes the pruner that carries out the rules of a space file.

    Args:
        rules: In the order of the file; none: nothing is ever pruned.
        max_epochs: Epochs of a whole trial, the largest resource of Hyperband.

    Returns:
        A pruner for plain Optuna or for `decide`.

    Raises:
        UserError: Hyperband's `min_epochs` is above `max_epochs`.
    """
    return AnyOf(_build(rule, max_epochs) for rule in rules)


def _build(rule: Rule, max_epochs: int) -> ReasonedPruner:
    match rule:
        case GateRule():
            return GatePruner(rule.metric, epoch=rule.epoch, min=rule.min, max=rule.max)
        case StallRule():
            return StallPruner(**rule.model_dump(exclude={"rule"}))
        case CollapseRule():
            limits = rule.model_dump(exclude={"rule", "split", *rule.evidence})
            return CollapsePruner(**rule.evidence, **limits)
        case PatientRule(wrapped=wrapped):
            with warnings.catch_warnings():
                # Two lines of arithmetic that Optuna has called experimental since 2.8.
                warnings.simplefilter("ignore", ExperimentalWarning)
                patient = optuna.pruners.PatientPruner(
                    _build_wrapped(wrapped, max_epochs),
                    patience=rule.patience,
                    min_delta=rule.min_delta,
                )
            return OnMetric(patient, wrapped.metric, goal=wrapped.goal)
        case MedianRule() | PercentileRule() | HyperbandRule() | SuccessiveHalvingRule():
            return OnMetric(_build_wrapped(rule, max_epochs), rule.metric, goal=rule.goal)
        case _:
            assert_never(rule)


def _build_wrapped(rule: WrappedRule, max_epochs: int) -> BasePruner:
    match rule:
        case MedianRule():
            return _build_percentile(rule, _MEDIAN)
        case PercentileRule():
            return _build_percentile(rule, rule.percentile)
        case HyperbandRule():
            if rule.min_epochs > max_epochs:
                raise UserError(
                    f"hyperband: min_epochs {rule.min_epochs} is above the {max_epochs} epochs "
                    "of a trial",
                    hint="lower min_epochs or raise budget.epochs",
                )
            return optuna.pruners.HyperbandPruner(
                min_resource=rule.min_epochs,
                max_resource=max_epochs,
                reduction_factor=rule.reduction_factor,
            )
        case SuccessiveHalvingRule():
            return optuna.pruners.SuccessiveHalvingPruner(
                min_resource=rule.min_epochs,
                reduction_factor=rule.reduction_factor,
                min_early_stopping_rate=rule.min_early_stopping_rate,
            )
        case _:
            assert_never(rule)


def _build_percentile(rule: MedianRule | PercentileRule, percentile: float) -> BasePruner:
    return optuna.pruners.PercentilePruner(
        percentile,
        n_startup_trials=rule.startup_trials,
        # Optuna exempts steps below n_warmup_steps and counts from 0; epochs count from 1.
        n_warmup_steps=rule.warmup_epochs + 1,
        interval_steps=rule.interval_epochs,
        n_min_trials=rule.min_trials,
    )
