"""The overlap table: one pass over two label maps, then every score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from trainables.metrics.information import VariationOfInformation, compute_variation_of_information
from trainables.metrics.jaccard import compute_aji, compute_aji_plus, compute_dice
from trainables.metrics.objects import Detection, compute_count_error, compute_detection
from trainables.metrics.pairs import IntArray, PairCounts
from trainables.metrics.panoptic import (
    PanopticDefinition,
    PanopticQuality,
    compute_panoptic_quality,
)
from trainables.metrics.rand import AdaptedRandError, RandDefinition, compute_adapted_rand_error

__all__ = ["OverlapTable", "pooled"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OverlapTable(PairCounts):
    """Overlaps of true and predicted objects, and all scores that follow from them.

    ``table = OverlapTable.from_labels(true, pred)`` reads the label maps once; no score reads them
    again. No score is ever NaN. Both maps empty is perfect, one empty is the worst.
    """

    def aji(self) -> float:
        """Aggregated Jaccard index, see `compute_aji`."""
        return compute_aji(self)

    def aji_plus(self) -> float:
        """Aggregated Jaccard index with a one-to-one assignment, see `compute_aji_plus`."""
        return compute_aji_plus(self)

    def panoptic_quality(self, definition: PanopticDefinition = "kirillov") -> PanopticQuality:
        """Panoptic, detection and segmentation quality, see `compute_panoptic_quality`."""
        return compute_panoptic_quality(self, definition=definition)

    def detection(self, iou_threshold: float = 0.5) -> Detection:
        """Precision, recall and F1 of the objects at an IoU, see `compute_detection`."""
        return compute_detection(self, iou_threshold=iou_threshold)

    def dice(self) -> float:
        """Dice of the foreground, see `compute_dice`."""
        return compute_dice(self)

    def adapted_rand_error(self, definition: RandDefinition = "snemi3d") -> AdaptedRandError:
        """Adapted Rand error with precision and recall, see `compute_adapted_rand_error`."""
        return compute_adapted_rand_error(self, definition=definition)

    def variation_of_information(self) -> VariationOfInformation:
        """Splits and merges in bits, see `compute_variation_of_information`."""
        return compute_variation_of_information(self)

    def count_error(self) -> float:
        """Relative error of the number of objects, see `compute_count_error`."""
        return compute_count_error(self)


def pooled(tables: Iterable[OverlapTable]) -> OverlapTable:
    """Puts the tables of several images side by side, as if they were one large image.

    Objects of different images never overlap and never share an id, and each image keeps a
    background of its own. A score of the result is a pooled score: large and crowded images weigh
    more than in the mean over images. Say which of the two a number is.

    Args:
        tables: At least one table; pooled tables may be pooled again.

    Raises:
        ValueError: There is no table.
    """
    parts = list(tables)
    if not parts:
        raise ValueError("no tables to pool")
    true_maps = _new_indices([(part.num_images, part.num_true) for part in parts])
    pred_maps = _new_indices([(part.num_images, part.num_pred) for part in parts])
    rows = np.concatenate([new[part.rows] for new, part in zip(true_maps, parts, strict=True)])
    cols = np.concatenate([new[part.cols] for new, part in zip(pred_maps, parts, strict=True)])
    order = np.lexsort((cols, rows))
    return OverlapTable(
        rows=rows[order],
        cols=cols[order],
        counts=np.concatenate([part.counts for part in parts])[order],
        true_sizes=_side_by_side([part.true_sizes for part in parts], true_maps),
        pred_sizes=_side_by_side([part.pred_sizes for part in parts], pred_maps),
        num_images=sum(part.num_images for part in parts),
    )


def _new_indices(shapes: list[tuple[int, int]]) -> list[IntArray]:
    """For each part with (images, objects), where its rows go: all backgrounds first."""
    next_image, next_object = 0, sum(images for images, _ in shapes)
    maps = []
    for images, objects in shapes:
        backgrounds = np.arange(next_image, next_image + images)
        maps.append(np.concatenate((backgrounds, np.arange(next_object, next_object + objects))))
        next_image, next_object = next_image + images, next_object + objects
    return maps


def _side_by_side(sizes: list[IntArray], maps: list[IntArray]) -> IntArray:
    merged = np.zeros(sum(part.size for part in sizes), dtype=np.int64)
    for new, part in zip(maps, sizes, strict=True):
        merged[new] = part
    return merged
