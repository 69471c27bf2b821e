"""What a rule sees of a trial: one metric, in the epochs in which it was measured."""

from __future__ import annotations

import math
from typing import Literal

from optuna.trial import FrozenTrial

from sweeper.study.curves import last_epoch, metric_curve

__all__ = ["Curve", "Goal", "label", "measurements", "newest_epoch"]

Curve = list[tuple[int, float]]
Goal = Literal["maximize", "minimize"]


def measurements(trial: FrozenTrial, metric: str | None) -> Curve:
    """One metric of a trial.

    Args:
        trial: Any trial.
        metric: A name given to `sweeper.study.curves.report_metrics`; None: what `trial.report`
            got.

    Returns:
        `(epoch, value)` in the order of epochs. NaN counts as not measured, infinity as measured.
    """
    curve = metric_curve(trial, metric)
    return [(epoch, float(value)) for epoch, value in curve if not math.isnan(value)]


def newest_epoch(trial: FrozenTrial, metric: str | None) -> int:
    """The newest epoch of a trial, whether the metric was measured in it or not.

    Args:
        trial: Any trial.
        metric: As in `measurements`; None takes the steps of `trial.report` for epochs.

    Returns:
        The epoch; 0 if nothing was reported.
    """
    return trial.last_step or 0 if metric is None else last_epoch(trial)


def label(metric: str | None) -> str:
    """The metric's name in a sentence."""
    return "the reported value" if metric is None else metric
