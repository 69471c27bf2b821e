"""Aggregated Jaccard index, as published and one-to-one, and Dice of the foreground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from trainables.metrics.pairs import ObjectPairs, PairCounts

__all__ = ["compute_aji", "compute_aji_plus", "compute_dice"]

IntArray = NDArray[np.int64]


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
    pairs = counts.object_pairs()
    by_row_then_iou = np.lexsort((pairs.cols, -pairs.iou, pairs.rows))
    rows = pairs.rows[by_row_then_iou]
    first = np.ones(rows.size, dtype=bool)
    first[1:] = rows[1:] != rows[:-1]
    return _aggregated(pairs, by_row_then_iou[first])


def compute_aji_plus(counts: PairCounts) -> float:
    """Aggregated Jaccard index with a one-to-one assignment of largest total IoU.

    Where two assignments have the same total, the solver's order (by ids) decides.

    Returns:
        In [0, 1]; 1 if both are empty, 0 if one is.

    Source: Graham et al. 2019, doi:10.1016/j.media.2019.101563.
    """
    pairs = counts.object_pairs()
    return _aggregated(pairs, _assignment(pairs))


def _aggregated(pairs: ObjectPairs, chosen: IntArray) -> float:
    """Sum of intersections / sum of unions, everything that was not chosen in the denominator."""
    missed = np.ones(pairs.true_sizes.size, dtype=bool)
    missed[pairs.rows[chosen]] = False
    unused = np.ones(pairs.pred_sizes.size, dtype=bool)
    unused[pairs.cols[chosen]] = False
    union = (
        int(pairs.union[chosen].sum())
        + int(pairs.true_sizes[missed].sum())
        + int(pairs.pred_sizes[unused].sum())
    )
    return int(pairs.shared[chosen].sum()) / union if union else 1.0


def _assignment(pairs: ObjectPairs) -> IntArray:
    """Indices of the pairs of a one-to-one assignment with the largest total IoU.

    Objects that share no chain of overlaps can't compete, so each connected component of the
    overlap graph is solved alone: most have one pair, and a dense matrix of a whole image is never
    built.
    """
    if pairs.rows.size == 0:
        return np.zeros(0, dtype=np.int64)
    component = _component_of_pairs(pairs)
    order = np.argsort(component, kind="stable")
    starts = np.flatnonzero(np.diff(component[order], prepend=-1))
    sizes = np.diff(starts, append=order.size)
    chosen = [order[starts[sizes == 1]]]
    iou = pairs.iou
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        members = order[start : start + size]
        chosen.append(_solve(pairs.rows[members], pairs.cols[members], iou[members], members))
    return np.concatenate(chosen)


def _component_of_pairs(pairs: ObjectPairs) -> IntArray:
    num_rows = pairs.true_sizes.size
    nodes = num_rows + pairs.pred_sizes.size
    edges = np.ones(pairs.rows.size, dtype=np.int8)
    graph = coo_array((edges, (pairs.rows, pairs.cols + num_rows)), shape=(nodes, nodes))
    _, component = connected_components(graph, directed=False)
    return np.asarray(component, dtype=np.int64)[pairs.rows]


def _solve(rows: IntArray, cols: IntArray, iou: NDArray[np.float64], members: IntArray) -> IntArray:
    row_ids, row = np.unique(rows, return_inverse=True)
    col_ids, col = np.unique(cols, return_inverse=True)
    if row_ids.size == 1 or col_ids.size == 1:
        return members[[np.argmax(iou)]]
    value = np.zeros((row_ids.size, col_ids.size))
    pair = np.full(value.shape, -1, dtype=np.int64)
    value[row, col] = iou
    pair[row, col] = members
    best = pair[linear_sum_assignment(value, maximize=True)]
    return best[best >= 0]
