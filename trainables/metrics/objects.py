"""Scores that count objects: precision, recall and F1 at an IoU threshold, and their number."""

from __future__ import annotations

from dataclasses import dataclass

from trainables.metrics.matching import count_matches
from trainables.metrics.pairs import PairCounts

__all__ = ["Detection", "compute_count_error", "compute_detection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How many objects were found.

    Attributes:
        precision: Matched / predicted objects, in [0, 1].
        recall: Matched / true objects, in [0, 1].
        f1: 2 matched / (true + predicted objects), in [0, 1].
        num_matched: Pairs of a true and a predicted object that belong together.
        num_true: True objects.
        num_pred: Predicted objects.
    """

    precision: float
    recall: float
    f1: float
    num_matched: int
    num_true: int
    num_pred: int


def compute_detection(counts: PairCounts, *, iou_threshold: float = 0.5) -> Detection:
    """Matches objects one-to-one by IoU and counts.

    A pair may match if its IoU is above (not at) the threshold. From one half on such pairs exclude
    each other; below they may compete for an object, and the largest possible number of matches
    counts. At 0.5 the F1 is the DQ of the panoptic quality.

    Differs: `stardist.matching.matching` takes an IoU at the threshold too, and finds no match
        where one map is empty; otherwise it is the same.

    Args:
        counts: The overlaps.
        iou_threshold: In [0, 1).

    Returns:
        All 1 if both are empty, all 0 if one is.

    Raises:
        ValueError: The threshold is outside of [0, 1).
    """
    if not 0 <= iou_threshold < 1:
        raise ValueError(f"iou_threshold must be in [0, 1), got {iou_threshold}")
    num_true, num_pred = counts.num_true, counts.num_pred
    num_matched = count_matches(counts.object_pairs(), iou_threshold)
    if_empty = float(not num_true and not num_pred)
    return Detection(
        precision=num_matched / num_pred if num_pred else if_empty,
        recall=num_matched / num_true if num_true else if_empty,
        f1=2 * num_matched / (num_true + num_pred) if num_true or num_pred else 1.0,
        num_matched=num_matched,
        num_true=num_true,
        num_pred=num_pred,
    )


def compute_count_error(counts: PairCounts) -> float:
    """How far the number of objects is off: |predicted - true| / max(true, 1).

    In a pooled table too many in one image and too few in another cancel.

    Returns:
        At least 0, without an upper bound; 0 if the numbers agree.
    """
    return abs(counts.num_pred - counts.num_true) / max(counts.num_true, 1)
