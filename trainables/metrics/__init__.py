"""Scores of instance segmentations, all from one overlap table. No torch."""

from trainables.metrics.information import VariationOfInformation
from trainables.metrics.panoptic import PanopticQuality
from trainables.metrics.rand import AdaptedRandError, RandDefinition
from trainables.metrics.scores import (
    adapted_rand_error,
    aji,
    aji_plus,
    count_error,
    dice,
    panoptic_quality,
    variation_of_information,
)
from trainables.metrics.table import OverlapTable, pooled

__all__ = [
    "AdaptedRandError",
    "OverlapTable",
    "PanopticQuality",
    "RandDefinition",
    "VariationOfInformation",
    "adapted_rand_error",
    "aji",
    "aji_plus",
    "count_error",
    "dice",
    "panoptic_quality",
    "pooled",
    "variation_of_information",
]
