"""Curves of a trial: all metrics of an epoch are one user attribute in the study.

Optuna's own intermediate values hold a single number a step. They carry the objective here, so that
samplers read pruned trials truthfully; rules on other metrics read the curves of this module.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import optuna
from optuna.trial import FrozenTrial

__all__ = ["Epoch", "epoch_metrics", "epochs", "last_epoch", "metric_curve", "report_metrics"]

_PREFIX = "epoch/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What one trial reported for one epoch.

    Attributes:
        epoch: From 1.
        metrics: Finite values by name.
        at_ms: When it was recorded, milliseconds since 1970 (UTC). It goes with the metrics to
            MLflow, so that sending them again changes nothing there.
        chosen: What the trial had chosen itself by then, JSON values by dotted path.
    """

    epoch: int
    metrics: Mapping[str, float]
    at_ms: int
    chosen: Mapping[str, Any] = field(default_factory=dict)


class _TakesAttributes(Protocol):
    def set_user_attr(self, key: str, value: object) -> None: ...


def report_metrics(
    trial: optuna.Trial | _TakesAttributes,
    epoch: int,
    metrics: Mapping[str, float],
    chosen: Mapping[str, Any] | None = None,
) -> Epoch:
    """Stores the metrics of one epoch with a trial; works with any Optuna storage.

    Args:
        trial: A running trial.
        epoch: From 1.
        metrics: Finite values by name.
        chosen: What the trial has chosen itself, JSON values by dotted path; None: nothing.

    Returns:
        The epoch as it was stored.
    """
    record = Epoch(
        epoch=epoch,
        metrics=dict(metrics),
        at_ms=round(time.time() * 1000),
        chosen=dict(chosen or {}),
    )
    held: dict[str, Any] = {"metrics": record.metrics, "at_ms": record.at_ms}
    trial.set_user_attr(
        f"{_PREFIX}{epoch}", {**held, "chosen": record.chosen} if record.chosen else held
    )
    return record


def epochs(trial: FrozenTrial) -> list[Epoch]:
    """All stored epochs of a trial, in order."""
    found = [
        Epoch(
            epoch=int(key.removeprefix(_PREFIX)),
            metrics=value["metrics"],
            at_ms=value["at_ms"],
            chosen=value.get("chosen", {}),
        )
        for key, value in trial.user_attrs.items()
        if key.startswith(_PREFIX)
    ]
    return sorted(found, key=lambda record: record.epoch)


def epoch_metrics(trial: FrozenTrial) -> dict[int, Mapping[str, float]]:
    """All stored metrics of a trial by epoch, in the order of epochs."""
    return {record.epoch: record.metrics for record in epochs(trial)}


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
