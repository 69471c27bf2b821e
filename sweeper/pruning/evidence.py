"""What two numbers of an evaluation say about a head: has it learnt anything?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Evidence", "collect_evidence", "is_stuck"]

_CHEAPER = 0.95
_CLEARER = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One evaluation of a head.

    Attributes:
        epoch: When.
        ratio: Its loss as a fraction of that of an answer that knows nothing; None: not asked for.
        signal: How much more it answers where it should; None: not asked for.
    """

    epoch: int
    ratio: float | None
    signal: float | None

    def is_blind(self, useless_ratio: float, min_signal: float) -> bool:
        """Whether it is no better than knowing nothing, by all that was asked for."""
        costs = self.ratio is None or self.ratio >= useless_ratio
        return costs and (self.signal is None or self.signal < min_signal)

    def improves_on(self, before: Evidence) -> bool:
        """Whether it costs a twentieth less, or its signal is 0.01 stronger."""
        cheaper = _both(self.ratio, before.ratio)
        clearer = _both(self.signal, before.signal)
        return (cheaper is not None and cheaper[0] <= _CHEAPER * cheaper[1]) or (
            clearer is not None and clearer[0] >= clearer[1] + _CLEARER
        )


def collect_evidence(
    ratios: Mapping[int, float] | None, signals: Mapping[int, float] | None
) -> list[Evidence]:
    """The evaluations in which all that was asked for was measured, in order.

    Args:
        ratios: By epoch; None: not asked for.
        signals: The same.

    Returns:
        Nothing if nothing was asked for.
    """
    asked = [set(curve) for curve in (ratios, signals) if curve is not None]
    epochs = sorted(set.intersection(*asked)) if asked else []
    return [
        Evidence(
            epoch=epoch,
            ratio=None if ratios is None else ratios[epoch],
            signal=None if signals is None else signals[epoch],
        )
        for epoch in epochs
    ]


def is_stuck(found: Sequence[Evidence], patience: int, useless: float, min_signal: float) -> bool:
    """Whether the newest `patience` evaluations were all blind and none improved on the one before.

    Args:
        found: In order.
        patience: At least 1.
        useless: Ratio from which an answer is no better than knowing nothing.
        min_signal: Signal below which it is as good as none.
    """
    if len(found) < patience:
        return False
    first = len(found) - patience
    return all(
        found[index].is_blind(useless, min_signal)
        and not (index and found[index].improves_on(found[index - 1]))
        for index in range(first, len(found))
    )


def _both(one: float | None, other: float | None) -> tuple[float, float] | None:
    return None if one is None or other is None else (one, other)
