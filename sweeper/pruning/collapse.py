"""The collapse: a network whose answer knows nothing of the image that it is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import optuna
from optuna.trial import FrozenTrial

from sweeper.pruning.base import ReasonedPruner
from sweeper.pruning.evidence import Evidence, collect_evidence, is_stuck
from sweeper.pruning.measured import Curve, label, measurements, newest_epoch
from sweeper.pruning.spelling import counted, spell

__all__ = ["CollapsePruner"]


@dataclass(frozen=True)
class CollapsePruner(ReasonedPruner):
    """Stops a trial whose network answers the same everywhere, whatever it is shown.

    Two heads are judged. The nuclei map has collapsed when its loss is that of the best constant or
    more (`bce_ratio` >= `useless_ratio`) AND it is no higher on nuclei than elsewhere (`contrast` <
    `min_signal`); the HV maps when their error is that of predicting zero or more (`hv_ratio`) AND
    they do not point the true way (`hv_aligned`). Neither is enough alone: focal and Dice losses
    leave networks that find every nucleus above the loss of a constant, and over sparse nuclei a
    network that begins to find them has little contrast, but costs far less than a constant. The
    mean prediction says which way the nuclei map has collapsed, no more: over sparse nuclei it is
    small when all is well, and a constant can have the right one.

    The trial is stopped when the last `patience` evaluations found a head collapsed and none of
    them was better than the one before (a ratio lower by a twentieth, or a signal stronger by
    0.01): over sparse nuclei a training goes through such a phase before it finds them. It is also
    stopped when there is nothing to find: the target mean was 0, or 1, from the first epoch on.

    Where neither `bce_ratio` nor `contrast` was ever measured, the mean is judged alone: below
    `low_ratio * t` (all background) or above `1 - low_ratio * (1 - t)` (all foreground), t being
    the target mean.

    Example:
        >>> import optuna
        >>> from sweeper.study.curves import report_metrics
        >>> def evaluate(epoch):  # predicts 0.02 everywhere, which is the share of nuclei pixels
        ...     return {
        ...         "val/pred_mean": 0.02, "target_mean": 0.02,
        ...         "val/np_bce_ratio": 1.0, "val/np_contrast": 0.001,
        ...     }
        >>> rule = CollapsePruner(patience=2)
        >>> study = optuna.create_study(direction="maximize", pruner=rule)
        >>> trial = study.ask()
        >>> for epoch in (1, 2, 3):
        ...     _ = report_metrics(trial, epoch, evaluate(epoch))
        ...     reason = rule.decide(study, study.get_trials(deepcopy=False)[0])
        >>> reason
        'pruned at epoch 3: the nuclei map is the same all over: val/np_bce_ratio 1 (a \
constant has 1), val/np_contrast 0.001 below 0.050, val/pred_mean 0.02 for target_mean 0.02; for 2 \
evaluations without progress'

    Attributes:
        metric: The mean prediction, in [0, 1]; None: what `trial.report` got.
        target: The mean of the targets, in [0, 1]: a metric, whose newest value counts (it may be
            measured once only), or a number. As long as it is unknown, the nuclei map stops no
            trial.
        bce_ratio: Cross-entropy as a fraction of that of the best constant; None: not asked for.
        contrast: Mean prediction on nuclei less that elsewhere; None: not asked for.
        hv_ratio: Squared error of the HV maps as a fraction of that of zero; None: not asked for.
        hv_aligned: Mean part of the vectors that points the true way; None: not asked for. With
            neither, the maps are not judged.
        low_ratio: Fraction in (0, 1): how much of the way from the target mean to 0, and to 1, is
            left when a mean prediction counts as all background, or all foreground.
        useless_ratio: Above 0: the ratio from which an answer is no better than knowing nothing.
        min_signal: In (0, 1): contrast and alignment below are none.
        patience: Evaluations in a row, at least 1.
        warmup_epochs: That many first epochs are not looked at.

    Raises:
        ValueError: A number is out of range.
    """

    metric: str | None = "val/pred_mean"
    _: KW_ONLY
    target: str | float = "target_mean"
    bce_ratio: str | None = "val/np_bce_ratio"
    contrast: str | None = "val/np_contrast"
    hv_ratio: str | None = "val/hv_mse_ratio"
    hv_aligned: str | None = "val/hv_magnitude_aligned"
    low_ratio: float = 0.1
    useless_ratio: float = 0.95
    min_signal: float = 0.05
    patience: int = 3
    warmup_epochs: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.low_ratio < 1:
            raise ValueError(f"low_ratio must be between 0 and 1, not {self.low_ratio}")
        if not self.useless_ratio > 0:
            raise ValueError(f"useless_ratio must be above 0, not {self.useless_ratio}")
        if not 0 < self.min_signal < 1:
            raise ValueError(f"min_signal must be between 0 and 1, not {self.min_signal}")
        if self.patience < 1:
            raise ValueError(f"patience must be at least 1, not {self.patience}")

    def decide(self, study: optuna.Study, trial: FrozenTrial) -> str | None:
        """Judges the newest `patience` evaluations; see the base class."""
        del study
        reason = self._nothing_to_find(trial) or self._nuclei_map(trial) or self._hv_maps(trial)
        return reason and f"pruned at epoch {newest_epoch(trial, self.metric)}: {reason}"

    def _nothing_to_find(self, trial: FrozenTrial) -> str | None:
        if not isinstance(self.target, str):
            return None
        curve = measurements(trial, self.target)
        recent = [epoch for epoch, _ in curve if epoch > self.warmup_epochs]
        values = {value for _, value in curve}
        if len(recent) < self.patience or values not in ({0.0}, {1.0}):
            return None
        masks = "the masks are empty" if values == {0.0} else "the masks have no background"
        return f"{self.target} is {curve[-1][1]:g}, {masks}: there is nothing to tell apart"

    def _nuclei_map(self, trial: FrozenTrial) -> str | None:
        found = _evidence(trial, self.bce_ratio, self.contrast)
        if not found:
            return self._mean_alone(trial)
        mean = _newest(found[-1].epoch, measurements(trial, self.metric))
        target = self._target_at(found[-1].epoch, trial)
        if not self._is_stuck(found) or math.isnan(mean) or math.isnan(target):
            return None
        words = {
            "background": "all background",
            "foreground": "all nuclei",
            None: "the same all over",
        }
        name = self.target if isinstance(self.target, str) else "the target mean"
        numbers = self._numbers(found[-1], self.bce_ratio, "a constant", self.contrast)
        return (
            f"the nuclei map is {words[self._side(mean, target)]}: {numbers}, "
            f"{label(self.metric)} {mean:.2g} for {name} {target:.2g}; {self._times}"
        )

    def _hv_maps(self, trial: FrozenTrial) -> str | None:
        found = _evidence(trial, self.hv_ratio, self.hv_aligned)
        if not self._is_stuck(found):
            return None
        numbers = self._numbers(found[-1], self.hv_ratio, "zero", self.hv_aligned)
        return f"the HV maps know no direction: {numbers}; {self._times}"

    @property
    def _times(self) -> str:
        return f"for {counted(self.patience, 'evaluation')} without progress"

    def _is_stuck(self, found: Sequence[Evidence]) -> bool:
        judged = sum(one.epoch > self.warmup_epochs for one in found)
        return judged >= self.patience and is_stuck(
            found, self.patience, self.useless_ratio, self.min_signal
        )

    def _numbers(self, found: Evidence, ratio: str | None, idle: str, signal: str | None) -> str:
        parts = []
        if found.ratio is not None:
            parts.append(f"{ratio} {found.ratio:.3g} ({idle} has 1)")
        if found.signal is not None:
            shown, limit = spell(found.signal, self.min_signal, exact=self.min_signal)
            parts.append(f"{signal} {shown} below {limit}")
        return ", ".join(parts)

    def _mean_alone(self, trial: FrozenTrial) -> str | None:
        recent = [
            (value, self._target_at(epoch, trial))
            for epoch, value in measurements(trial, self.metric)
            if epoch > self.warmup_epochs
        ][-self.patience :]
        sides = [self._side(value, target) for value, target in recent]
        if len(sides) < self.patience or None in sides:
            return None
        times = counted(self.patience, "evaluation")
        return f"{label(self.metric)} {self._limit(*recent[-1])} for {times}, all {sides[-1]}"

    def _target_at(self, epoch: int, trial: FrozenTrial) -> float:
        if not isinstance(self.target, str):
            return self.target
        return _newest(epoch, measurements(trial, self.target))

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


def _newest(epoch: int, curve: Curve) -> float:
    known = [value for measured_at, value in curve if measured_at <= epoch]
    return known[-1] if known else math.nan


def _evidence(trial: FrozenTrial, ratio: str | None, signal: str | None) -> list[Evidence]:
    curves = [None if name is None else dict(measurements(trial, name)) for name in (ratio, signal)]
    return collect_evidence(*curves)
