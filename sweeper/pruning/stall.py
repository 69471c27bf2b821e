"""The stall: a metric that no longer gets better, and is not good enough yet."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import optuna
from optuna.trial import FrozenTrial

from sweeper.pruning.base import ReasonedPruner
from sweeper.pruning.measured import Curve, Goal, label, measurements, newest_epoch
from sweeper.pruning.spelling import counted, spell

__all__ = ["StallPruner"]

# 0.11 - 0.10 is 0.0099999...: a gain of just min_delta must count.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class StallPruner(ReasonedPruner):
    """Stops a trial whose metric has not improved for some epochs.

    The first value, then every value at least `min_delta` better than the last such value, is an
    improvement; small steps add up. The trial has stalled when its newest measurement comes
    `patience` epochs or more after the last improvement. Epochs without a measurement count as time
    between two measurements, never as a failure to improve: a metric measured every fifth epoch
    needs a patience above five to be given a second chance.

    Example:
        >>> import optuna
        >>> values = (0.10, 0.12, 0.12, 0.11, 0.12, 0.40)
        >>> def objective(trial):
        ...     for epoch, value in enumerate(values, start=1):
        ...         trial.report(value, step=epoch)
        ...         if trial.should_prune():
        ...             raise optuna.TrialPruned
        ...     return value
        >>> rule = StallPruner(patience=3, min_delta=0.01, below=0.25)
        >>> study = optuna.create_study(direction="maximize", pruner=rule)
        >>> study.optimize(objective, n_trials=1)
        >>> rule.decide(study, study.trials[0])
        'pruned at epoch 5: the reported value has not risen by 0.01 for 3 epochs and is at 0.12, \
below 0.25'

    Attributes:
        metric: Which metric; None: what `trial.report` got.
        patience: Epochs, at least 1.
        min_delta: What an improvement must gain, 0 or more; 0: anything counts.
        below: With goal maximize: only trials whose best value is below this level are stopped.
        above: The same with goal minimize: only trials whose best value is above it.
        goal: Whether higher or lower is better.
        warmup_epochs: That many first epochs are not looked at, neither for the best value nor for
            the count of epochs.

    Raises:
        ValueError: A number is out of range, or the level does not fit the goal.
    """

    metric: str | None = None
    _: KW_ONLY
    patience: int
    min_delta: float = 0.0
    below: float | None = None
    above: float | None = None
    goal: Goal = "maximize"
    warmup_epochs: int = 0

    def __post_init__(self) -> None:
        if self.patience < 1:
            raise ValueError(f"patience must be at least 1, not {self.patience}")
        if not self.min_delta >= 0:
            raise ValueError(f"min_delta must be 0 or more, not {self.min_delta}")
        if self.goal not in ("maximize", "minimize"):
            raise ValueError(f"goal must be maximize or minimize, not {self.goal!r}")
        if self.goal == "maximize" and self.above is not None:
            raise ValueError("goal maximize goes with `below`; `above` is for goal minimize")
        if self.goal == "minimize" and self.below is not None:
            raise ValueError("goal minimize goes with `above`; `below` is for goal maximize")

    def decide(self, study: optuna.Study, trial: FrozenTrial) -> str | None:
        """Judges the time since the last improvement; see the base class."""
        del study
        curve = [
            (epoch, value)
            for epoch, value in measurements(trial, self.metric)
            if epoch > self.warmup_epochs
        ]
        if not curve:
            return None
        stalled_epochs = curve[-1][0] - self._improved_at(curve)
        if stalled_epochs < self.patience or not self._is_poor(curve):
            return None
        verb = "risen" if self.goal == "maximize" else "fallen"
        step = f" by {self.min_delta:g}" if self.min_delta else ""
        return (
            f"pruned at epoch {newest_epoch(trial, self.metric)}: {label(self.metric)} has not "
            f"{verb}{step} for {counted(stalled_epochs, 'epoch')} and is at {self._standing(curve)}"
        )

    @property
    def _sign(self) -> int:
        return 1 if self.goal == "maximize" else -1

    @property
    def _level(self) -> float | None:
        return self.below if self.goal == "maximize" else self.above

    def _improved_at(self, curve: Curve) -> int:
        improved_at, best = curve[0]
        for epoch, value in curve[1:]:
            gain = self._sign * (value - best)
            if gain > 0 and gain >= self.min_delta * (1 - _ROUNDING):
                improved_at, best = epoch, value
        return improved_at

    def _best(self, curve: Curve) -> float:
        return max((value for _, value in curve), key=lambda value: self._sign * value)

    def _is_poor(self, curve: Curve) -> bool:
        return self._level is None or self._sign * (self._level - self._best(curve)) > 0

    def _standing(self, curve: Curve) -> str:
        newest, best = curve[-1][1], self._best(curve)
        if self._level is None:
            shown_newest, shown_best = spell(newest, best)
            level = ""
        else:
            shown_newest, shown_best, bound = spell(newest, best, self._level, exact=self._level)
            level = f", {'below' if self.goal == 'maximize' else 'above'} {bound}"
        return shown_newest + (f" (best {shown_best})" if newest != best else "") + level
