"""Aggregated Jaccard index, as published and one-to-one, and Dice of the foreground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainables.metrics.matching import match_by_total_iou
from trainables.metrics.pairs import ObjectPairs, PairCounts

__all__ = [
    "Aggregate",
    "aggregate_best",
    "aggregate_one_to_one",
    "compute_aji",
    "compute_aji_plus",
    "compute_dice",
]

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """The two sums of an aggregated Jaccard index; those of several images add up.

    Attributes:
        shared: Voxels in both objects of the chosen pairs.
        union: Voxels in either object of the chosen pairs, and in objects without a pair.
    """

    shared: int
    union: int

    @property
    def index(self) -> float:
        """In [0, 1]; 1 if there is no object at all."""
        return self.shared / self.union if self.union else 1.0


def compute_dice(counts: PairCounts) -> float:
    """Dice of all foreground against all foreground: 2 |T and P| / (|T| + |P|).

    Returns:
        In [0, 1]; 1 if both are empty.
    """
    total = counts.num_true_voxels + counts.num_pred_voxels
    return 2 * int(counts.object_pairs().shared.sum()) / total if total else 1.0


def compute_aji(counts: PairCounts) -> float:
    """Aggregated Jaccard index.

    Each true object takes the predicted object with the largest IoU (ties: the smallest id); a
    predicted object may be taken more than once. AJI = sum of the intersections / (sum of the
    unions + voxels of true objects without any overlap + voxels of predicted objects never taken).

    Returns:
        In [0, 1]; 1 if both are empty, 0 if one is.

    Source: Kumar et al. 2017, doi:10.1109/TMI.2017.2677499.
    """
    return aggregate_best(counts).index


def aggregate_best(counts: PairCounts) -> Aggregate:
    """The sums of the AJI, see `compute_aji`."""
    pairs = counts.object_pairs()
    iou = pairs.iou
    best = np.zeros(pairs.true_sizes.size)
    np.maximum.at(best, pairs.rows, iou)
    is_best = np.flatnonzero(iou == best[pairs.rows])
    rows = pairs.rows[is_best]
    return _aggregated(pairs, is_best[np.diff(rows, prepend=-1) > 0])


def compute_aji_plus(counts: PairCounts) -> float:
    """Aggregated Jaccard index with a one-to-one assignment of largest total IoU.

    Where two assignments have the same total, the order of the ids decides.

    Returns:
        In [0, 1]; 1 if both are empty, 0 if one is.

    Source: Graham et al. 2019, doi:10.1016/j.media.2019.101563.
    """
    return aggregate_one_to_one(counts).index


def aggregate_one_to_one(counts: PairCounts) -> Aggregate:
    """The sums of the AJI+, see `compute_aji_plus`."""
    pairs = counts.object_pairs()
    return _aggregated(pairs, match_by_total_iou(pairs))


def _aggregated(pairs: ObjectPairs, chosen: IntArray) -> Aggregate:
    """Sum of intersections and of unions, everything that was not chosen in the latter."""
    missed = np.ones(pairs.true_sizes.size, dtype=bool)
    missed[pairs.rows[chosen]] = False
    unused = np.ones(pairs.pred_sizes.size, dtype=bool)
    unused[pairs.cols[chosen]] = False
    union = (
        int(pairs.union[chosen].sum())
        + int(pairs.true_sizes[missed].sum())
        + int(pairs.pred_sizes[unused].sum())
    )
    return Aggregate(shared=int(pairs.shared[chosen].sum()), union=union)
