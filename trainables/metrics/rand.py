"""Adapted Rand error in its two definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np

from trainables.metrics.pairs import PairCounts

__all__ = ["AdaptedRandError", "RandDefinition", "compute_adapted_rand_error"]

RandDefinition = Literal["snemi3d", "skimage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptedRandError:
    """One minus the F-score of pairs of voxels.

    Attributes:
        error: 1 - 2 precision recall / (precision + recall), in [0, 1], 0 is best.
        precision: Falls with merges; in [0, 1].
        recall: Falls with splits, and in the `snemi3d` definition with missing voxels too; in [0,
            1].
    """

    error: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    agreed: float
    true: float
    pred: float


def compute_adapted_rand_error(
    counts: PairCounts, *, definition: RandDefinition = "snemi3d"
) -> AdaptedRandError:
    """Adapted Rand error over the voxels of true objects.

    With n_ij the overlaps, a_i the sizes of true objects and c the true voxels predicted as
    background:

    * `snemi3d` (SNEMI3D, CREMI): agreed = sum of n_ij^2 over predicted objects + c/N, true = sum of
      a_i^2, pred = sum over predicted objects of their true voxels squared + c/N, with N all
      voxels.
    * `skimage` (scikit-image): predicted background is a cluster like any other, and a voxel is no
      pair with itself (each sum of squares less the sum).

    Precision is agreed / pred, recall agreed / true. The two definitions can't be compared.

    Differs: `skimage.metrics.adapted_rand_error` returns precision and recall swapped (its issue
        6485); here precision falls with merges in both definitions.

    Returns:
        Error 0, precision and recall 1 if both are empty; error 1, precision and recall 0 if one
        is.

    Source: Arganda-Carreras et al. 2015, doi:10.3389/fnana.2015.00142.
    """
    if not counts.num_true and not counts.num_pred:
        return AdaptedRandError(error=0.0, precision=1.0, recall=1.0)
    if not counts.num_true or not counts.num_pred:
        return AdaptedRandError(error=1.0, precision=0.0, recall=0.0)
    sums = _sums(counts, definition)
    precision = sums.agreed / sums.pred if sums.pred else 1.0
    recall = sums.agreed / sums.true if sums.true else 1.0
    total = sums.true + sums.pred
    error = 1.0 - 2 * sums.agreed / total if total else 0.0
    return AdaptedRandError(error=error, precision=precision, recall=recall)


def _sums(counts: PairCounts, definition: RandDefinition) -> _Sums:
    match definition:
        case "snemi3d":
            return _snemi3d_sums(counts)
        case "skimage":
            return _skimage_sums(counts)
        case _:
            assert_never(definition)


def _snemi3d_sums(counts: PairCounts) -> _Sums:
    pairs = counts.object_pairs()
    per_pred = np.bincount(pairs.cols, weights=pairs.shared, minlength=1)
    missing = (counts.num_true_voxels - float(pairs.shared.sum())) / counts.num_voxels
    return _Sums(
        agreed=_squared(pairs.shared) + missing,
        true=_squared(pairs.true_sizes),
        pred=_squared(per_pred) + missing,
    )


def _skimage_sums(counts: PairCounts) -> _Sums:
    inside = counts.rows >= counts.num_images
    shared = counts.counts[inside]
    per_pred = np.bincount(counts.cols[inside], weights=shared)
    total = float(shared.sum())
    return _Sums(
        agreed=_squared(shared) - total,
        true=_squared(counts.true_sizes[counts.num_images :]) - total,
        pred=_squared(per_pred) - total,
    )


def _squared(values: np.ndarray) -> float:
    # Squares of large volumes leave int64; as floats they only lose their last digits.
    as_float = values.astype(np.float64)
    return float(as_float @ as_float)
