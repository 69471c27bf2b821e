"""The collapse: a network that answers "background everywhere" or "foreground everywhere"."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import optuna
from optuna.trial import FrozenTrial

from sweeper.pruning.base import ReasonedPruner
from sweeper.pruning.measured import Curve, label, measurements, newest_epoch
from sweeper.pruning.spelling import counted, spell

__all__ = ["CollapsePruner"]


@dataclass(frozen=True)
class CollapsePruner(ReasonedPruner):
    """Stops a trial whose mean prediction has left the range that the targets allow.

    A prediction has collapsed when its mean is below `low_ratio * t` (all background) or above
    `1 - low_ratio * (1 - t)` (all foreground), t being the mean of the targets. The trial is
    stopped when its last `patience` measurements have all collapsed, to either side.

    Example:
        >>> import optuna
        >>> means = (0.05, 0.01, 0.01, 0.20)
        >>> def objective(trial):
        ...     for epoch, mean in enumerate(means, start=1):
        ...         trial.report(mean, step=epoch)
        ...         if trial.should_prune():
        ...             raise optuna.TrialPruned
        ...     return mean
        >>> rule = CollapsePruner(metric=None, target=0.2)
        >>> study = optuna.create_study(direction="maximize", pruner=rule)
        >>> study.optimize(objective, n_trials=1)
        >>> rule.decide(study, study.trials[0])
        'pruned at epoch 3: the reported value 0.010 has been below 0.020 (0.1 x the target mean \
0.2) for 2 evaluations, all background'

    Attributes:
        metric: The mean prediction, in [0, 1]; None: what `trial.report` got.
        target: The mean of the targets, in [0, 1]: a metric, whose newest value counts (it may be
            measured once only), or a number. As long as it is unknown, no trial is stopped.
        low_ratio: Fraction in (0, 1): how much of the way from the target mean to 0, and to 1, is
            left when a prediction counts as collapsed.
        patience: Measurements in a row, at least 1.
        warmup_epochs: That many first epochs are not looked at.

    Raises:
        ValueError: A number is out of range.
    """

    metric: str | None = "val/pred_mean"
    _: KW_ONLY
    target: str | float = "target_mean"
    low_ratio: float = 0.1
    patience: int = 2
    warmup_epochs: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.low_ratio < 1:
            raise ValueError(f"low_ratio must be between 0 and 1, not {self.low_ratio}")
        if self.patience < 1:
            raise ValueError(f"patience must be at least 1, not {self.patience}")

    def decide(self, study: optuna.Study, trial: FrozenTrial) -> str | None:
        """Judges the newest `patience` measurements; see the base class."""
        del study
        targets = measurements(trial, self.target) if isinstance(self.target, str) else []
        recent = [
            (value, self._target_at(epoch, targets))
            for epoch, value in measurements(trial, self.metric)
            if epoch > self.warmup_epochs
        ][-self.patience :]
        sides = [self._side(value, target) for value, target in recent]
        if len(sides) < self.patience or None in sides:
            return None
        times = counted(self.patience, "evaluation")
        return (
            f"pruned at epoch {newest_epoch(trial, self.metric)}: {label(self.metric)} "
            f"{self._limit(*recent[-1])} for {times}, all {sides[-1]}"
        )

    def _target_at(self, epoch: int, targets: Curve) -> float:
        if not isinstance(self.target, str):
            return self.target
        known = [value for measured_at, value in targets if measured_at <= epoch]
        return known[-1] if known else math.nan

    def _side(self, value: float, target: float) -> Literal["background", "foreground"] | None:
        if value < self.low_ratio * target:
            return "background"
        if value > 1 - self.low_ratio * (1 - target):
            return "foreground"
        return None

    def _limit(self, value: float, target: float) -> str:
        name = self.target if isinstance(self.target, str) else "the target mean"
        if self._side(value, target) == "background":
            shown, limit = spell(value, self.low_ratio * target)
            return f"{shown} has been below {limit} ({self.low_ratio:g} x {name} {target:.3g})"
        shown, limit = spell(value, 1 - self.low_ratio * (1 - target))
        return (
            f"{shown} has been above {limit} (1 - {self.low_ratio:g} x (1 - {name} {target:.3g}))"
        )
