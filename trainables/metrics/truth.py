"""A true label map that many predictions are compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainables.metrics.counting import OverlapCounter, VoxelCounter
from trainables.metrics.table import OverlapTable

__all__ = ["Truth", "TruthAt"]


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

    def at(self, voxels: NDArray[np.intp]) -> TruthAt:
        """The same truth for predictions that have objects at some voxels alone.

        Args:
            voxels: Flat indices, each once, shape (n,).
        """
        return TruthAt(self._counter.at(voxels))


class TruthAt:
    """A truth that is asked about the same voxels many times: tables still count all voxels."""

    __slots__ = ("_counter",)

    def __init__(self, counter: VoxelCounter) -> None:
        self._counter = counter

    def table(self, pred: ArrayLike) -> OverlapTable:
        """The overlaps with a prediction.

        Args:
            pred: Integers at the voxels, 0 is background, shape (n,).

        Raises:
            ValueError: The shapes differ, the dtype is not an integer one, or an id is negative.
        """
        return OverlapTable.from_cells(self._counter.count(pred))
