"""One-to-one matchings of true and predicted objects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, maximum_bipartite_matching

from trainables.metrics.pairs import ObjectPairs

__all__ = ["count_matches", "match_by_total_iou"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_ROUNDS = 16


def count_matches(pairs: ObjectPairs, iou_threshold: float) -> int:
    """The largest number of one-to-one pairs with an IoU above (not at) the threshold."""
    rows, cols = (part[pairs.iou > iou_threshold] for part in (pairs.rows, pairs.cols))
    if iou_threshold >= 0.5 or rows.size == 0:
        return int(rows.size)
    shape = (pairs.true_sizes.size, pairs.pred_sizes.size)
    row_starts = np.searchsorted(rows, np.arange(shape[0] + 1))
    graph = csr_array((np.ones(rows.size, dtype=bool), cols, row_starts), shape=shape)
    return int(np.count_nonzero(maximum_bipartite_matching(graph) >= 0))


def match_by_total_iou(pairs: ObjectPairs) -> IntArray:
    """Indices of the pairs of a one-to-one assignment with the largest total IoU.

    Most pairs decide themselves, see `_settled`. Of the others, objects that share no chain of
    overlaps can't compete, so each connected component of the overlap graph is solved alone, and a
    dense matrix of a whole image is never built.

    Where two assignments have the same total, the order of the ids decides.
    """
    rows, cols, iou = pairs.rows, pairs.cols, pairs.iou
    taken_rows = np.zeros(pairs.true_sizes.size, dtype=bool)
    taken_cols = np.zeros(pairs.pred_sizes.size, dtype=bool)
    left = np.arange(rows.size)
    chosen = []
    for _ in range(_ROUNDS):
        settled = left[_settled(rows[left], cols[left], iou[left])]
        if settled.size == 0:
            break
        chosen.append(settled)
        taken_rows[rows[settled]] = True
        taken_cols[cols[settled]] = True
        left = left[~(taken_rows[rows[left]] | taken_cols[cols[left]])]
    for members in _components(rows[left], cols[left]):
        part = left[members]
        chosen.append(_solve(rows[part], cols[part], iou[part], part))
    return np.concatenate(chosen) if chosen else left


def _settled(rows: IntArray, cols: IntArray, iou: FloatArray) -> NDArray[np.bool_]:
    """Pairs that belong to every best assignment.

    An assignment without a pair can take at most two in its place: another one of its true object
    and another one of its predicted object. If even the best two together are worth less than the
    pair, it is in every best assignment.
    """
    return iou > _best_other(rows, iou) + _best_other(cols, iou)


def _best_other(objects: IntArray, iou: FloatArray) -> FloatArray:
    """For each pair, the largest IoU of the other pairs of its object; 0 if there is none."""
    if objects.size == 0:
        return iou
    best = np.zeros(int(objects.max()) + 1)
    np.maximum.at(best, objects, iou)
    is_best = iou == best[objects]
    is_tied = np.bincount(objects[is_best], minlength=best.size) > 1
    second = np.where(is_tied, best, 0.0)
    np.maximum.at(second, objects[~is_best], iou[~is_best])
    return np.where(is_best, second[objects], best[objects])


def _components(rows: IntArray, cols: IntArray) -> list[IntArray]:
    """Indices of the pairs of each connected component of the graph of objects."""
    if rows.size == 0:
        return []
    _, row = np.unique(rows, return_inverse=True)
    _, col = np.unique(cols, return_inverse=True)
    num_rows, num_nodes = row.max() + 1, row.max() + col.max() + 2
    edges = np.ones(row.size, dtype=np.int8)
    graph = coo_array((edges, (row, col + num_rows)), shape=(num_nodes, num_nodes))
    _, component = connected_components(graph, directed=False)
    order = np.argsort(component[row], kind="stable")
    return np.split(order, np.flatnonzero(np.diff(component[row][order])) + 1)


def _solve(rows: IntArray, cols: IntArray, iou: FloatArray, members: IntArray) -> IntArray:
    row_ids, row = np.unique(rows, return_inverse=True)
    col_ids, col = np.unique(cols, return_inverse=True)
    value = np.zeros((row_ids.size, col_ids.size))
    pair = np.full(value.shape, -1, dtype=np.int64)
    value[row, col] = iou
    pair[row, col] = members
    best = pair[linear_sum_assignment(value, maximize=True)]
    return best[best >= 0]
