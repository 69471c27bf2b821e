"""Scores of one pair of label maps, for when a single one is wanted.

Several scores of the same pair cost one pass with `OverlapTable.from_labels` instead of one pass
each. All of them take `true` and `pred`: integer arrays of one shape, 0 is background, any ids; and
raise ValueError where the shapes differ, a dtype is not an integer one or an id is negative.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from trainables.metrics.information import VariationOfInformation
from trainables.metrics.objects import Detection
from trainables.metrics.panoptic import PanopticDefinition, PanopticQuality
from trainables.metrics.rand import AdaptedRandError, RandDefinition
from trainables.metrics.table import OverlapTable

__all__ = [
    "adapted_rand_error",
    "aji",
    "aji_plus",
    "count_error",
    "detection",
    "dice",
    "panoptic_quality",
    "variation_of_information",
]


def aji(true: ArrayLike, pred: ArrayLike) -> float:
    """Aggregated Jaccard index in [0, 1]; see `jaccard.compute_aji`."""
    return OverlapTable.from_labels(true, pred).aji()


def aji_plus(true: ArrayLike, pred: ArrayLike) -> float:
    """Aggregated Jaccard index, one-to-one, in [0, 1]; see `jaccard.compute_aji_plus`."""
    return OverlapTable.from_labels(true, pred).aji_plus()


def panoptic_quality(
    true: ArrayLike, pred: ArrayLike, definition: PanopticDefinition = "kirillov"
) -> PanopticQuality:
    """Panoptic quality with `.pq .dq .sq` in [0, 1]; see `panoptic.compute_panoptic_quality`."""
    return OverlapTable.from_labels(true, pred).panoptic_quality(definition)


def detection(true: ArrayLike, pred: ArrayLike, iou_threshold: float = 0.5) -> Detection:
    """`.precision .recall .f1` of the objects in [0, 1]; see `objects.compute_detection`."""
    return OverlapTable.from_labels(true, pred).detection(iou_threshold)


def dice(true: ArrayLike, pred: ArrayLike) -> float:
    """Dice of the foreground in [0, 1]; see `jaccard.compute_dice`."""
    return OverlapTable.from_labels(true, pred).dice()


def adapted_rand_error(
    true: ArrayLike, pred: ArrayLike, definition: RandDefinition = "snemi3d"
) -> AdaptedRandError:
    """Rand error with `.error .precision .recall`; see `rand.compute_adapted_rand_error`."""
    return OverlapTable.from_labels(true, pred).adapted_rand_error(definition)


def variation_of_information(true: ArrayLike, pred: ArrayLike) -> VariationOfInformation:
    """`.split` and `.merge` in bits; see `information.compute_variation_of_information`."""
    return OverlapTable.from_labels(true, pred).variation_of_information()


def count_error(true: ArrayLike, pred: ArrayLike) -> float:
    """Relative error of the number of objects; see `objects.compute_count_error`."""
    return OverlapTable.from_labels(true, pred).count_error()
