"""Scores of several images together from sums that add up image by image.

Pooling tables again for each of thousands of resamples of the images would take minutes; adding up
a few numbers of each image gives the same scores at once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trainables.metrics.jaccard import aggregate_best, aggregate_one_to_one
from trainables.metrics.pairs import PairCounts

__all__ = ["compute_parts", "scores_of_parts"]

FloatArray = NDArray[np.float64]


def compute_parts(counts: PairCounts) -> dict[str, float]:
    """What an image adds to the sums, by name; non-negative."""
    pairs = counts.object_pairs()
    best, one_to_one = aggregate_best(counts), aggregate_one_to_one(counts)
    matched = 2 * pairs.shared > pairs.union
    per_pred = np.bincount(pairs.cols, weights=pairs.shared, minlength=1)
    shared = float(pairs.shared.sum())
    return {
        "aji_shared": best.shared,
        "aji_union": best.union,
        "aji_plus_shared": one_to_one.shared,
        "aji_plus_union": one_to_one.union,
        "true_objects": counts.num_true,
        "pred_objects": counts.num_pred,
        "matched": float(np.count_nonzero(matched)),
        "matched_iou": float(pairs.iou[matched].sum()),
        "voxels": counts.num_voxels,
        "true_voxels": counts.num_true_voxels,
        "pred_voxels": counts.num_pred_voxels,
        "shared_voxels": shared,
        "shared_squared": _squared(pairs.shared),
        "true_squared": _squared(pairs.true_sizes),
        "pred_squared": _squared(per_pred),
    }


def scores_of_parts(sums: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """The scores of all images of each sum, as if they were one large image.

    Args:
        sums: Of what `compute_parts` gave, arrays of one shape by name.

    Returns:
        `aji`, `aji_plus`, `dice`, `pq`, `dq`, `sq`, `are`, `are_precision`, `are_recall`: what the
        pooled table of those images has, conventions for empty ones included.
    """
    objects = sums["true_objects"] + sums["pred_objects"]
    is_empty = objects == 0
    dq = _ratio(2 * sums["matched"], objects, is_empty)
    sq = _ratio(sums["matched_iou"], sums["matched"], is_empty)
    voxels = sums["true_voxels"] + sums["pred_voxels"]
    return {
        "aji": _ratio(sums["aji_shared"], sums["aji_union"], is_empty),
        "aji_plus": _ratio(sums["aji_plus_shared"], sums["aji_plus_union"], is_empty),
        "dice": _ratio(2 * sums["shared_voxels"], voxels, is_empty),
        "pq": dq * sq,
        "dq": dq,
        "sq": sq,
        **_rand(sums, is_empty),
    }


def _rand(sums: Mapping[str, FloatArray], is_empty: NDArray[np.bool_]) -> dict[str, FloatArray]:
    """See `compute_adapted_rand_error`, definition `snemi3d`."""
    is_one_sided = ~is_empty & ((sums["true_objects"] == 0) | (sums["pred_objects"] == 0))
    missed = sums["true_voxels"] - sums["shared_voxels"]
    missing = np.divide(missed, sums["voxels"], where=sums["voxels"] > 0, out=missed * 0.0)
    agreed = np.where(is_one_sided, 0.0, sums["shared_squared"] + missing)
    true, pred = sums["true_squared"], sums["pred_squared"] + missing
    return {
        "are": 1.0 - _ratio(2 * agreed, true + pred, is_empty),
        "are_precision": _ratio(agreed, pred, is_empty),
        "are_recall": _ratio(agreed, true, is_empty),
    }


def _ratio(part: FloatArray, whole: FloatArray, is_perfect: NDArray[np.bool_]) -> FloatArray:
    """The quotient; 0 where there is nothing to divide by, 1 where there is no object at all."""
    quotient = np.divide(part, whole, where=whole > 0, out=np.zeros(np.shape(whole)))
    return np.where(is_perfect, 1.0, quotient)


def _squared(values: np.ndarray) -> float:
    as_float = values.astype(np.float64)
    return float(as_float @ as_float)
