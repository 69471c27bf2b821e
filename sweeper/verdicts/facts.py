"""What is known of a trial: metrics by epoch, read at moments."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["MOMENTS", "Facts", "Measured", "Moment"]

#: When a metric is read: an epoch (from 1), or a word.
#:
#: ========= ==================================================================================
#: N         its first value at epoch N or later, as a gate reads it
#: first     its first value
#: last      its newest value
#: best      its newest value up to the epoch with the best objective, the newer of equals
#: highest   its largest value, the first of equals
#: lowest    its smallest value, the first of equals
#: ========= ==================================================================================
Moment = int | Literal["first", "last", "best", "highest", "lowest"]
MOMENTS = ("first", "last", "best", "highest", "lowest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value of a metric and the epoch in which it was measured."""

    epoch: int
    value: float


@dataclass(frozen=True, slots=True)
class _Curve:
    """One metric over the epochs in which it was measured, in order."""

    epochs: Sequence[int]
    values: Sequence[float]

    def at(self, index: int) -> Measured | None:
        if 0 <= index < len(self.epochs):
            return Measured(epoch=self.epochs[index], value=self.values[index])
        return None

    def until(self, epoch: int) -> Measured | None:
        return self.at(bisect_right(self.epochs, epoch) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a verdict on a trial is based on.

    Attributes:
        epochs: Finite metrics by epoch, from 1; an epoch may lack any of them.
        metric: The objective, the first of several; the best epoch is its.
        goal: `maximize` or `minimize`.
        ending: How the trial ended: `completed`, `pruned` or `failed`.
    """

    epochs: Mapping[int, Mapping[str, float]]
    metric: str
    goal: str
    ending: str
    _curves: dict[str, _Curve] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def best_epoch(self) -> int | None:
        """The epoch with the best objective, the newer of equals; None: never measured."""
        curve = self._curve(self.metric)
        sign = 1 if self.goal == "maximize" else -1
        points = zip(curve.epochs, curve.values, strict=True)
        ranked = [(sign * value, epoch) for epoch, value in points]
        return max(ranked)[1] if ranked else None

    def read(self, metric: str, moment: Moment) -> Measured | None:
        """A metric at a moment; None: it was not measured then."""
        curve = self._curve(metric)
        match moment:
            case "first":
                return curve.at(0)
            case "last":
                return curve.at(len(curve.epochs) - 1)
            case "best":
                best = self.best_epoch
                return None if best is None else curve.until(best)
            case "highest":
                return curve.at(curve.values.index(max(curve.values))) if curve.values else None
            case "lowest":
                return curve.at(curve.values.index(min(curve.values))) if curve.values else None
            case epoch:
                return curve.at(bisect_left(curve.epochs, epoch))

    def read_until(self, metric: str, epoch: int) -> Measured | None:
        """The newest value of a metric up to an epoch, included; None: there is none."""
        return self._curve(metric).until(epoch)

    def _curve(self, metric: str) -> _Curve:
        if metric not in self._curves:
            points = [
                (epoch, metrics[metric])
                for epoch, metrics in sorted(self.epochs.items())
                if metric in metrics
            ]
            self._curves[metric] = _Curve([e for e, _ in points], [v for _, v in points])
        return self._curves[metric]
