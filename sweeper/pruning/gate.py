"""The gate: a metric must be good enough at one epoch."""

from __future__ import annotations

import logging
from dataclasses import KW_ONLY, dataclass

import optuna
from optuna.trial import FrozenTrial

from sweeper.pruning.base import ReasonedPruner
from sweeper.pruning.measured import label, measurements, newest_epoch
from sweeper.pruning.spelling import spell

__all__ = ["GatePruner"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GatePruner(ReasonedPruner):
    """Stops a trial whose metric is out of bounds at an epoch.

    The gate looks once: at the first measurement at `epoch` or later, so it also works for metrics
    that are measured every few epochs only. What comes before or after that measurement is free.

    A metric that has not appeared at all by its epoch stops nothing: a name that nobody reports
    would else kill every trial of a sweep, and a metric may well be measured for the first time
    later on. The gate says so in the log (a warning a trial) and waits for the first measurement.

    Example:
        >>> import optuna
        >>> curves = [(0.05, 0.20, 0.60), (0.01, 0.02, 0.30)]
        >>> def objective(trial):
        ...     for epoch, value in enumerate(curves[trial.number], start=1):
        ...         trial.report(value, step=epoch)
        ...         if trial.should_prune():
        ...             raise optuna.TrialPruned
        ...     return value
        >>> study = optuna.create_study(direction="maximize", pruner=GatePruner(epoch=2, min=0.1))
        >>> study.optimize(objective, n_trials=2)
        >>> [(trial.state.name, trial.last_step) for trial in study.trials]
        [('COMPLETE', 3), ('PRUNED', 2)]
        >>> study.pruner.decide(study, study.trials[1])
        'pruned at epoch 2: the reported value 0.02 below 0.10'

    Attributes:
        metric: Which metric; None: what `trial.report` got.
        epoch: From 1.
        min: Lower bound, itself allowed; None: no such bound.
        max: Upper bound, itself allowed; None: no such bound.

    Raises:
        ValueError: There is no bound, or the bounds leave nothing between them.
    """

    metric: str | None = None
    _: KW_ONLY
    epoch: int
    min: float | None = None
    max: float | None = None

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise ValueError("a gate needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")

    def decide(self, study: optuna.Study, trial: FrozenTrial) -> str | None:
        """Judges the first measurement at the gate's epoch or later; see the base class."""
        del study
        now = newest_epoch(trial, self.metric)
        curve = measurements(trial, self.metric)
        if not curve and now == self.epoch:
            logger.warning(
                "trial %d: %s was not reported by epoch %d, where a gate waits for it",
                trial.number,
                label(self.metric),
                now,
            )
        measured = next(((epoch, value) for epoch, value in curve if epoch >= self.epoch), None)
        if measured is None:
            return None
        epoch, value = measured
        when = "" if epoch == now else f" at epoch {epoch}"
        if self.min is not None and value < self.min:
            shown, bound = spell(value, self.min, exact=self.min)
            return f"pruned at epoch {now}: {label(self.metric)} {shown}{when} below {bound}"
        if self.max is not None and value > self.max:
            shown, bound = spell(value, self.max, exact=self.max)
            return f"pruned at epoch {now}: {label(self.metric)} {shown}{when} above {bound}"
        return None
