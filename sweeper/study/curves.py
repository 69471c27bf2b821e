"""Curves of a trial: every metric of every epoch, kept in the study as one user attribute an epoch.

Optuna's own intermediate values hold a single number a step. They carry the first objective here, so
that samplers read pruned trials truthfully; rules on any other metric read the curves of this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import optuna
from optuna.trial import FrozenTrial

__all__ = ["epoch_metrics", "last_epoch", "metric_curve", "report_metrics"]

_PREFIX = "epoch/"


class _TakesAttributes(Protocol):
    def set_user_attr(self, key: str, value: object) -> None: ...


def report_metrics(
    trial: optuna.Trial | _TakesAttributes, epoch: int, metrics: Mapping[str, float]
) -> None:
    """Stores the metrics of one epoch with a trial; works with any Optuna storage.

    Args:
        trial: A running trial.
        epoch: From 1.
        metrics: Finite values by name.
    """
    trial.set_user_attr(f"{_PREFIX}{epoch}", dict(metrics))


def epoch_metrics(trial: FrozenTrial) -> dict[int, dict[str, float]]:
    """All stored metrics of a trial by epoch, in the order of epochs."""
    found = {
        int(key.removeprefix(_PREFIX)): value
        for key, value in trial.user_attrs.items()
        if key.startswith(_PREFIX)
    }
    return {epoch: found[epoch] for epoch in sorted(found)}


def last_epoch(trial: FrozenTrial) -> int:
    """The newest stored epoch; 0 if there is none."""
    return max(epoch_metrics(trial), default=0)


def metric_curve(trial: FrozenTrial, metric: str | None) -> list[tuple[int, float]]:
    """One metric over the epochs in which it was measured.

    Args:
        trial: Any trial.
        metric: A name stored by `report_metrics`; None reads Optuna's intermediate values.

    Returns:
        `(epoch, value)` in the order of epochs.
    """
    if metric is None:
        return sorted(trial.intermediate_values.items())
    return [
        (epoch, metrics[metric])
        for epoch, metrics in epoch_metrics(trial).items()
        if metric in metrics
    ]
