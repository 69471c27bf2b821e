"""Panoptic quality per class, by hand and against label maps that show one class alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from trainables.metrics import (
    ClassCounts,
    OverlapTable,
    count_classes,
    panoptic_quality,
)

#: Objects 1 to 4, of the classes 1, 1, 2, 2.
TRUE = np.array([[1, 1, 1, 1, 0, 2, 2, 0, 3, 3, 0, 4, 4]])
#: Object 1 is short of a pixel, 2 is of the other class, 4 is somewhere else: classes 1, 2, 2, 1.
PRED = np.array([[1, 1, 1, 0, 0, 2, 2, 0, 3, 3, 4, 0, 0]])


def counted(true_classes: list[int], pred_classes: list[int]) -> ClassCounts:
    return count_classes(OverlapTable.from_labels(TRUE, PRED), true_classes, pred_classes, 2)


def test_by_hand() -> None:
    counts = counted([1, 1, 2, 2], [1, 2, 2, 1])
    assert counts.num_true.tolist() == [2, 2]
    assert counts.num_pred.tolist() == [2, 2]
    assert counts.num_matched.tolist() == [1, 1]
    # DQ = 1 / (1 + 1/2 + 1/2) for both; SQ = 3/4 and 1.
    assert counts.panoptic_qualities.tolist() == [0.375, 0.5]
    assert counts.accuracy == pytest.approx(2 / 3)


def test_an_unknown_class_can_be_neither_right_nor_wrong() -> None:
    counts = counted([1, 0, 2, 2], [1, 2, 2, 1])
    # The second object is no false positive of class 2: DQ = 1 / (1 + 1/2).
    assert counts.panoptic_qualities.tolist() == [pytest.approx(0.75 * 2 / 3), pytest.approx(2 / 3)]
    assert counts.accuracy == 1.0


def test_what_is_nowhere_is_perfect_and_what_is_in_one_map_is_worst() -> None:
    table = OverlapTable.from_labels(np.array([[1, 1, 0]]), np.array([[0, 0, 5]]))
    counts = count_classes(table, [2], [1], 3)
    assert counts.panoptic_qualities.tolist() == [0.0, 0.0, 1.0]
    assert counts.accuracy is None
    empty = OverlapTable.from_labels(np.zeros((2, 2), int), np.zeros((2, 2), int))
    assert count_classes(empty, [], [], 1).panoptic_qualities.tolist() == [1.0]


def test_counts_add_up() -> None:
    one = counted([1, 1, 2, 2], [1, 2, 2, 1])
    both = one + counted([2, 2, 2, 2], [2, 2, 2, 2])
    assert both.num_true.tolist() == [2, 6]
    # Class 2: 1 + 2.75 of IoU, 6 true and 6 predicted objects.
    assert both.panoptic_qualities.tolist() == [0.375, pytest.approx(2 * 3.75 / 12)]
    assert both.accuracy == pytest.approx(5 / 6)


def test_every_object_has_a_class() -> None:
    with pytest.raises(ValueError, match="4 true and 4 predicted objects need as many classes"):
        counted([1, 2], [1, 1, 1, 1])


maps = npst.arrays(np.int32, (5, 7), elements=st.integers(0, 4))
classes = st.lists(st.integers(1, 3), min_size=5, max_size=5)


@given(true=maps, pred=maps, of_true=classes, of_pred=classes)
@settings(deadline=None, max_examples=150)
def test_it_is_the_quality_of_the_maps_of_one_class(
    true: np.ndarray, pred: np.ndarray, of_true: list[int], of_pred: list[int]
) -> None:
    table = OverlapTable.from_labels(true, pred)
    counts = count_classes(
        table,
        [of_true[label] for label in np.unique(true[true > 0])],
        [of_pred[label] for label in np.unique(pred[pred > 0])],
        3,
    )
    for one in (1, 2, 3):
        alone = [
            np.where((of_id == one)[labels] & (labels > 0), labels, 0)
            for labels, of_id in ((true, np.array(of_true)), (pred, np.array(of_pred)))
        ]
        expected = panoptic_quality(*alone).pq
        assert counts.panoptic_qualities[one - 1] == pytest.approx(expected)
