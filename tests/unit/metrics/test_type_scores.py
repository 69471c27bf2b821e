"""The scores of classes over a data set, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from trainables.metrics import ClassCounts, OverlapTable, count_classes
from trainables.metrics.type_scores import compute_type_scores, count_types, type_score_names

NAMES = ("round", "long")


def image(true: list[int], pred: list[int], of_true: list[int], of_pred: list[int]) -> ClassCounts:
    return count_classes(OverlapTable.from_labels(true, pred), of_true, of_pred, len(NAMES))


MIXED = image(
    [1, 1, 1, 1, 0, 2, 2, 0, 3, 3, 0, 4, 4],
    [1, 1, 1, 0, 0, 2, 2, 0, 3, 3, 4, 0, 0],
    [1, 1, 2, 2],
    [1, 2, 2, 1],
)  # PQ 0.375 and 0.5
ONE_CLASS = image([1, 1, 0, 0], [1, 1, 0, 2], [1], [1, 2])  # PQ 1, and one of class 2 too many
EMPTY = image([0, 0, 0], [0, 1, 1], [], [2])


def test_means_are_over_images_whose_truth_has_the_class() -> None:
    scores = compute_type_scores([MIXED, ONE_CLASS, EMPTY], NAMES)
    assert set(scores) == set(type_score_names(NAMES))
    assert scores["pq/round"] == pytest.approx((0.375 + 1) / 2)
    assert scores["pq/long"] == pytest.approx(0.5)
    # What is found where there is none costs nothing here ...
    assert scores["mpq"] == pytest.approx(((0.375 + 0.5) / 2 + 1) / 2)
    # ... and does here: round 2 (0.75 + 1) / (3 + 3), long 2 x 1 / (2 + 4).
    assert scores["mpq_pooled"] == pytest.approx((3.5 / 6 + 2 / 6) / 2)
    # 1 and 3 of the first image, 1 of the second, of four that match.
    assert scores["type_accuracy"] == pytest.approx(3 / 4)


def test_what_has_no_mean_is_left_out() -> None:
    assert set(compute_type_scores([ONE_CLASS], NAMES)) == {
        "pq/round",
        "mpq",
        "mpq_pooled",
        "type_accuracy",
    }
    nothing = image([0, 0], [0, 0], [], [])
    assert compute_type_scores([nothing], NAMES) == {}
    assert compute_type_scores([EMPTY], NAMES) == {}
    assert type_score_names(()) == []


def test_a_decoded_image() -> None:
    true = np.array([[7, 7, 0, 9]], np.int32)
    found = np.array([[1, 1, 0, 2]], np.int32)
    says_long = np.stack([np.zeros((1, 4)), np.ones((1, 4))])
    counts = count_types(true, np.array([[7, 2], [9, 1]], np.int32), found, says_long)
    assert counts.panoptic_qualities.tolist() == [0.0, pytest.approx(2 / 3)]
