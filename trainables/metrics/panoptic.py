"""Panoptic quality in its two definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np

from trainables.metrics.pairs import PairCounts

__all__ = ["PanopticDefinition", "PanopticQuality", "compute_panoptic_quality"]

PanopticDefinition = Literal["kirillov", "hovernet"]

_HOVERNET_EPSILON = 1e-6


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


def compute_panoptic_quality(
    counts: PairCounts, *, definition: PanopticDefinition = "kirillov"
) -> PanopticQuality:
    """Panoptic quality of the pairs with an IoU above (not at) one half, which are one-to-one.

    * `kirillov` (the paper): SQ is the mean IoU of the pairs; a perfect prediction has exactly 1.
    * `hovernet` (the HoVer-Net repository): SQ is the sum of their IoU / (pairs + 1e-6), a little
      less; for comparisons with numbers that were computed so.

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
    match definition:
        case "kirillov":
            sq = float(pairs.iou[matched].mean())
        case "hovernet":
            sq = float(pairs.iou[matched].sum()) / (num_matched + _HOVERNET_EPSILON)
        case _:
            assert_never(definition)
    return PanopticQuality(pq=dq * sq, dq=dq, sq=sq)
