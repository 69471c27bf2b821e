"""How many voxels each true and each predicted object share: one pass over two label maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainables.metrics.ids import check_labels, consecutive_ids

__all__ = ["ObjectPairs", "PairCounts"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

# Up to this many cells, a dense table is filled faster than the codes are sorted.
_CELLS_PER_VOXEL = 4
_SMALL_CELLS = 1 << 20


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
        true_labels, pred_labels = check_labels(true, "true"), check_labels(pred, "predicted")
        if true_labels.shape != pred_labels.shape:
            raise ValueError(
                "true and predicted labels must have one shape, "
                f"got {true_labels.shape} and {pred_labels.shape}"
            )
        flat_true, flat_pred = true_labels.ravel(), pred_labels.ravel()
        foreground = np.flatnonzero((flat_true != 0) | (flat_pred != 0))
        true_ids, num_true = consecutive_ids(flat_true[foreground])
        pred_ids, num_pred = consecutive_ids(flat_pred[foreground])
        rows, cols, counts = _count_pairs(true_ids, pred_ids, num_true + 1, num_pred + 1)
        both_empty = flat_true.size - foreground.size
        if both_empty:
            rows, cols = (np.concatenate(([0], part)) for part in (rows, cols))
            counts = np.concatenate(([both_empty], counts))
        return cls(
            rows=rows,
            cols=cols,
            counts=counts,
            true_sizes=_summed(counts, rows, num_true + 1),
            pred_sizes=_summed(counts, cols, num_pred + 1),
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


def _count_pairs(
    true_ids: IntArray, pred_ids: IntArray, num_rows: int, num_cols: int
) -> tuple[IntArray, IntArray, IntArray]:
    codes = true_ids * num_cols + pred_ids
    cells = num_rows * num_cols
    if cells <= max(_CELLS_PER_VOXEL * codes.size, _SMALL_CELLS):
        table = np.bincount(codes, minlength=cells)
        found = np.flatnonzero(table)
        counts = table[found]
    else:
        found, counts = np.unique(codes, return_counts=True)
    rows, cols = np.divmod(found, num_cols)
    return rows, cols, counts.astype(np.int64, copy=False)


def _summed(counts: IntArray, index: IntArray, length: int) -> IntArray:
    total = np.zeros(length, dtype=np.int64)
    np.add.at(total, index, counts)
    return total
