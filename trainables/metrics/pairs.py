"""How many voxels each true and each predicted object share: one pass over two label maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainables.metrics.counting import Cells, OverlapCounter
from trainables.metrics.ids import consecutive_ids

__all__ = ["ObjectPairs", "PairCounts"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ObjectPairs:
    """The pairs of a true and a predicted object that overlap; background takes no part.

    Sorted by true, then by predicted object, so by the ids of the label maps.

    Attributes:
        rows: True object of each pair, from 0, shape (pairs,) int64.
        cols: Predicted object of each pair, from 0, shape (pairs,) int64.
        shared: Voxels in both, at least 1, shape (pairs,) int64.
        union: Voxels in either, shape (pairs,) int64.
        true_sizes: Voxels of every true object, shape (true objects,) int64.
        pred_sizes: Voxels of every predicted object, shape (predicted objects,) int64.
    """

    rows: IntArray
    cols: IntArray
    shared: IntArray
    union: IntArray
    true_sizes: IntArray
    pred_sizes: IntArray

    @property
    def iou(self) -> FloatArray:
        """Intersection over union of each pair, in (0, 1]; equal ratios give equal floats."""
        return self.shared / self.union


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairCounts:
    """A sparse contingency table of a true and a predicted label map.

    Row i belongs to a true region, column j to a predicted one. The first `num_images` rows and
    columns are the backgrounds of the images (one each: a pooled table keeps them apart), the
    others are objects in the order of their ids, image after image. Every voxel is counted once.

    Attributes:
        rows: Row of each non-zero cell, shape (cells,) int64, sorted by row, then column.
        cols: Column of each non-zero cell, shape (cells,) int64.
        counts: Voxels in each cell, at least 1, shape (cells,) int64.
        true_sizes: Voxels of each row, shape (num_images + true objects,) int64; objects at least
            1.
        pred_sizes: Voxels of each column, shape (num_images + predicted objects,) int64.
        num_images: Images in the table, at least 1.
    """

    rows: IntArray
    cols: IntArray
    counts: IntArray
    true_sizes: IntArray
    pred_sizes: IntArray
    num_images: int = 1

    @classmethod
    def from_labels(cls, true: ArrayLike, pred: ArrayLike) -> Self:
        """Counts the overlaps of two label maps.

        Args:
            true: Ground truth of any shape (2-D, 3-D, ...), integers of any width, 0 is background;
                ids need not be consecutive.
            pred: Prediction of the same shape; its dtype may differ.

        Raises:
            ValueError: The shapes differ, a dtype is not an integer one, or an id is negative.
        """
        return cls.from_cells(OverlapCounter(true).count(pred))

    @classmethod
    def from_cells(cls, cells: Cells) -> Self:
        """Makes a table of one image out of its counted pairs of ids."""
        rows, num_true = consecutive_ids(cells.true_ids)
        cols, num_pred = consecutive_ids(cells.pred_ids)
        return cls(
            rows=rows,
            cols=cols,
            counts=cells.counts,
            true_sizes=_summed(cells.counts, rows, num_true + 1),
            pred_sizes=_summed(cells.counts, cols, num_pred + 1),
        )

    @property
    def num_true(self) -> int:
        """True objects."""
        return self.true_sizes.size - self.num_images

    @property
    def num_pred(self) -> int:
        """Predicted objects."""
        return self.pred_sizes.size - self.num_images

    @property
    def num_voxels(self) -> int:
        """All voxels, background included."""
        return int(self.true_sizes.sum())

    @property
    def num_true_voxels(self) -> int:
        """Voxels of true objects."""
        return int(self.true_sizes[self.num_images :].sum())

    @property
    def num_pred_voxels(self) -> int:
        """Voxels of predicted objects."""
        return int(self.pred_sizes[self.num_images :].sum())

    def object_pairs(self) -> ObjectPairs:
        """The cells without the backgrounds."""
        first = self.num_images
        inside = (self.rows >= first) & (self.cols >= first)
        rows, cols, shared = self.rows[inside], self.cols[inside], self.counts[inside]
        return ObjectPairs(
            rows=rows - first,
            cols=cols - first,
            shared=shared,
            union=self.true_sizes[rows] + self.pred_sizes[cols] - shared,
            true_sizes=self.true_sizes[first:],
            pred_sizes=self.pred_sizes[first:],
        )


def _summed(counts: IntArray, index: IntArray, length: int) -> IntArray:
    total = np.zeros(length, dtype=np.int64)
    np.add.at(total, index, counts)
    return total
