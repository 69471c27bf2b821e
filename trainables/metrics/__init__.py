"""Scores of instance segmentations, all from one overlap table. No torch."""

from trainables.metrics.classes import ClassCounts, count_classes
from trainables.metrics.information import VariationOfInformation
from trainables.metrics.objects import Detection
from trainables.metrics.panoptic import PanopticDefinition, PanopticQuality
from trainables.metrics.parts import compute_parts, scores_of_parts
from trainables.metrics.rand import AdaptedRandError, RandDefinition
from trainables.metrics.scores import (
    adapted_rand_error,
    aji,
    aji_plus,
    count_error,
    detection,
    dice,
    panoptic_quality,
    variation_of_information,
)
from trainables.metrics.table import OverlapTable, pooled
from trainables.metrics.truth import Truth

__all__ = [
    "AdaptedRandError",
    "ClassCounts",
    "Detection",
    "OverlapTable",
    "PanopticDefinition",
    "PanopticQuality",
    "RandDefinition",
    "Truth",
    "VariationOfInformation",
    "adapted_rand_error",
    "aji",
    "aji_plus",
    "compute_parts",
    "count_classes",
    "count_error",
    "detection",
    "dice",
    "panoptic_quality",
    "pooled",
    "scores_of_parts",
    "variation_of_information",
]
