"""Panoptic quality and the count of objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainables.metrics.pairs import PairCounts

__all__ = ["PanopticQuality", "compute_count_error", "compute_panoptic_quality"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanopticQuality:
    """Detection, segmentation, and their product, each in [0, 1].

    Attributes:
        pq: `dq * sq`.
        dq: F1 of the objects: matched / (matched + half of the unmatched on either side).
        sq: Mean IoU of the matched pairs; 0 without any.
    """

    pq: float
    dq: float
    sq: float


def compute_panoptic_quality(counts: PairCounts) -> PanopticQuality:
    """Panoptic quality of the pairs with an IoU above (not at) one half, which are one-to-one.

    Returns:
        All 1 if both are empty, all 0 if one is or if nothing matches.

    Source: Kirillov et al. 2019, doi:10.1109/CVPR.2019.00963.
    """
    objects = counts.num_true + counts.num_pred
    if not objects:
        return PanopticQuality(pq=1.0, dq=1.0, sq=1.0)
    pairs = counts.object_pairs()
    matched = 2 * pairs.shared > pairs.union
    num_matched = int(np.count_nonzero(matched))
    if not num_matched:
        return PanopticQuality(pq=0.0, dq=0.0, sq=0.0)
    dq = 2 * num_matched / objects
    sq = float(pairs.iou[matched].mean())
    return PanopticQuality(pq=dq * sq, dq=dq, sq=sq)


def compute_count_error(counts: PairCounts) -> float:
    """How far the number of objects is off: |predicted - true| / max(true, 1).

    In a pooled table too many in one image and too few in another cancel.

    Returns:
        At least 0, without an upper bound; 0 if the numbers agree.
    """
    return abs(counts.num_pred - counts.num_true) / max(counts.num_true, 1)
