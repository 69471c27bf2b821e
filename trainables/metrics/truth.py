"""A true label map that many predictions are compared with."""

from __future__ import annotations

from numpy.typing import ArrayLike

from trainables.metrics.counting import OverlapCounter
from trainables.metrics.table import OverlapTable

__all__ = ["Truth"]


class Truth:
    """One true label map, prepared once: the same tables as `OverlapTable.from_labels`, sooner.

    Holds a view of the labels where it can: they must not change meanwhile. A truth is never
    changed, so threads may share it.

    Args:
        labels: Any shape, integers of any width, 0 is background, any ids.

    Raises:
        ValueError: The dtype is not an integer one, or an id is negative.
    """

    __slots__ = ("_counter",)

    def __init__(self, labels: ArrayLike) -> None:
        self._counter = OverlapCounter(labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the label map, and of every prediction."""
        return self._counter.shape

    def table(self, pred: ArrayLike) -> OverlapTable:
        """The overlaps with a prediction, see `PairCounts.from_labels`."""
        return OverlapTable.from_cells(self._counter.count(pred))
