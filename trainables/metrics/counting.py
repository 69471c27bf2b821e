"""Counts the voxels that each true and each predicted id share, stretch by stretch.

Along a row of voxels both label maps are constant for long stretches. Finding where one of them
changes takes two comparisons of neighbours; all that costs more is then done per stretch, and block
by block, so that what lies between stays in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainables.metrics.ids import check_integers, check_labels, check_not_negative

__all__ = ["Cells", "OverlapCounter", "VoxelCounter"]

IdArray = NDArray[np.integer[Any]]
IntArray = NDArray[np.int64]

_BLOCK = 1 << 18  # voxels
_WORD_BITS = 63


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """How often each pair of ids occurs; only pairs that do, sorted by true, then predicted id.

    Attributes:
        true_ids: As in the label map, 0 is background, shape (cells,), any integer type.
        pred_ids: The same of the prediction, shape (cells,).
        counts: Voxels, at least 1, shape (cells,) int64.
    """

    true_ids: IdArray
    pred_ids: IdArray
    counts: IntArray


class OverlapCounter:
    """A true label map, ready to be counted against any number of predictions.

    Holds a view of the labels where it can: they must not change meanwhile. Counting changes
    nothing, so threads may share a counter.
    """

    __slots__ = ("_changes", "_flat", "shape")

    def __init__(self, true: ArrayLike) -> None:
        labels = check_labels(true, "true")
        self.shape = labels.shape
        self._flat = labels.ravel()
        self._changes = np.zeros(self._flat.size, dtype=bool)
        np.not_equal(self._flat[1:], self._flat[:-1], out=self._changes[1:])

    def count(self, pred: ArrayLike) -> Cells:
        """Counts the pairs of ids.

        Args:
            pred: Integers of any width, of the shape of the truth; 0 is background.

        Raises:
            ValueError: The shapes differ, the dtype is not an integer one, or an id is negative.
        """
        labels = check_integers(pred, "predicted")
        if labels.shape != self.shape:
            raise ValueError(
                "true and predicted labels must have one shape, "
                f"got {self.shape} and {labels.shape}"
            )
        flat = labels.ravel()
        parts = [
            self._count_block(flat, slice(start, start + _BLOCK))
            for start in range(0, max(flat.size, 1), _BLOCK)
        ]
        if len(parts) == 1:
            return parts[0]
        return _summed_by_pair(
            np.concatenate([part.true_ids for part in parts]),
            np.concatenate([part.pred_ids for part in parts]),
            np.concatenate([part.counts for part in parts]),
        )

    def at(self, voxels: NDArray[np.intp]) -> VoxelCounter:
        """Gets ready for predictions that are background but for some voxels.

        Args:
            voxels: Flat indices, each once; shape (n,).
        """
        true = self._flat[voxels]
        changes = np.zeros(true.size, dtype=bool)
        np.not_equal(true[1:], true[:-1], out=changes[1:])
        everywhere = _counted(self._flat, self._changes)
        inside = _counted(true, changes)
        rest = everywhere.counts.copy()
        rest[np.searchsorted(everywhere.true_ids, inside.true_ids)] -= inside.counts
        outside = rest > 0
        return VoxelCounter(
            true=true,
            changes=changes,
            outside=Cells(
                true_ids=everywhere.true_ids[outside],
                pred_ids=everywhere.pred_ids[outside],
                counts=rest[outside],
            ),
        )

    def _count_block(self, flat: IdArray, block: slice) -> Cells:
        pred = flat[block]
        starts = _starts(pred, self._changes[block])
        pred_ids = pred[starts]
        check_not_negative(pred_ids, "predicted")
        return _summed_by_pair(
            self._flat[block][starts], pred_ids, np.diff(starts, append=pred.size)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoxelCounter:
    """A true label map at the only voxels where predictions have objects.

    Attributes:
        true: Ids at these voxels, shape (n,).
        changes: Where an id differs from the one before it, shape (n,).
        outside: All other voxels, predicted to be background.
    """

    true: IdArray
    changes: NDArray[np.bool_]
    outside: Cells

    def count(self, pred: ArrayLike) -> Cells:
        """Counts the pairs of ids of all voxels.

        Args:
            pred: Integers of any width at these voxels, shape (n,); 0 is background.

        Raises:
            ValueError: The shapes differ, the dtype is not an integer one, or an id is negative.
        """
        labels = check_integers(pred, "predicted")
        if labels.shape != self.true.shape:
            raise ValueError(
                f"{self.true.size} voxels need as many predicted labels, got {labels.shape}"
            )
        starts = _starts(labels, self.changes)
        pred_ids = labels[starts]
        check_not_negative(pred_ids, "predicted")
        elsewhere = np.zeros(self.outside.counts.size, dtype=pred_ids.dtype)
        return _summed_by_pair(
            np.concatenate((self.true[starts], self.outside.true_ids)),
            np.concatenate((pred_ids, elsewhere)),
            np.concatenate((np.diff(starts, append=labels.size), self.outside.counts)),
        )


def _counted(ids: IdArray, changes: NDArray[np.bool_]) -> Cells:
    """How often each id occurs; nothing is predicted."""
    starts = _starts(ids, changes)
    nothing = np.zeros(starts.size, dtype=ids.dtype)
    return _summed_by_pair(ids[starts], nothing, np.diff(starts, append=ids.size))


def _starts(ids: IdArray, changes: NDArray[np.bool_]) -> IntArray:
    """Where stretches begin: where an id differs from the one before it, or another map changes."""
    is_start = np.zeros(-(-ids.size // 8) * 8, dtype=bool)
    is_start[:1] = ids.size > 0
    inner = is_start[1 : ids.size]
    np.not_equal(ids[1:], ids[:-1], out=inner)
    inner |= changes[1:]
    return _positions(is_start)


def _positions(marks: NDArray[np.bool_]) -> IntArray:
    """`np.flatnonzero` for few marks: eight at once are skipped without a branch for each mark.

    Args:
        marks: Shape (8 n,).
    """
    words = marks.view(np.uint64)
    marked = np.flatnonzero(words != 0)
    inside = np.flatnonzero(words[marked].view(bool))
    return 8 * marked[inside >> 3] + (inside & 7)


def _summed_by_pair(true_ids: IdArray, pred_ids: IdArray, counts: IntArray) -> Cells:
    """Sorts pairs of ids by true, then by predicted id, and adds up the counts of equal pairs.

    Two ids and a count fit into one word unless the ids are huge, and words are sorted several
    times faster than keys.
    """
    if not counts.size:
        return Cells(true_ids=true_ids, pred_ids=pred_ids, counts=counts)
    pred_bits, count_bits = (int(part.max()).bit_length() for part in (pred_ids, counts))
    if int(true_ids.max()).bit_length() + pred_bits + count_bits > _WORD_BITS:
        order = np.lexsort((pred_ids, true_ids))
        true_ids, pred_ids, counts = true_ids[order], pred_ids[order], counts[order]
        first = _first((true_ids[1:] != true_ids[:-1]) | (pred_ids[1:] != pred_ids[:-1]))
        true_ids, pred_ids = true_ids[first], pred_ids[first]
    else:
        words = true_ids.astype(np.int64)
        words <<= pred_bits
        words |= pred_ids.astype(np.int64)
        words <<= count_bits
        words |= counts
        words.sort()
        counts = words & ((1 << count_bits) - 1)
        words >>= count_bits
        first = _first(words[1:] != words[:-1])
        words = words[first]
        true_ids = (words >> pred_bits).astype(true_ids.dtype)
        pred_ids = (words & ((1 << pred_bits) - 1)).astype(pred_ids.dtype)
    return Cells(true_ids=true_ids, pred_ids=pred_ids, counts=np.add.reduceat(counts, first))


def _first(differs: NDArray[np.bool_]) -> IntArray:
    return np.concatenate(([0], np.flatnonzero(differs) + 1))
