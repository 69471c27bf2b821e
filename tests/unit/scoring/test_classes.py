"""PQ of classes from sums over images."""

from __future__ import annotations

import numpy as np
import pytest

from trainables.metrics import ClassCounts
from trainables.metrics.type_scores import compute_type_scores
from trainables.scoring.classes import class_parts, class_scores, scores_of_class_sums

NAMES = ("round", "long", "rare")


def counts(iou: list[float], matched: list[int], true: list[int], pred: list[int]) -> ClassCounts:
    return ClassCounts(
        iou_sums=np.array(iou),
        num_matched=np.array(matched),
        num_true=np.array(true),
        num_pred=np.array(pred),
        num_correct=sum(matched),
        num_compared=sum(matched),
    )


IMAGES = [
    counts([1.5, 0.0, 0.0], [2, 0, 0], [3, 0, 0], [2, 1, 0]),
    counts([0.8, 0.7, 0.0], [1, 1, 0], [1, 2, 0], [2, 1, 0]),
]


def test_means_over_images_are_panoptic_means_of_the_whole() -> None:
    whole = compute_type_scores(IMAGES, NAMES)
    each = [class_scores(image, NAMES) for image in IMAGES]
    assert each[0].keys() == {"mpq", "pq/round"}  # its truth has nothing long
    for name in ("mpq", "pq/round", "pq/long"):
        values = [scores[name] for scores in each if name in scores]
        assert np.mean(values) == pytest.approx(whole[name])


def test_sums_give_the_pooled_scores() -> None:
    parts = [class_parts(image, NAMES) for image in IMAGES]
    sums = {name: np.array([sum(part[name] for part in parts)]) for name in parts[0]}
    scores = scores_of_class_sums(sums)
    assert scores["pq/round"] == pytest.approx(2 * 2.3 / 8)
    assert np.isnan(scores["pq/rare"])
    assert scores["mpq"] == pytest.approx(compute_type_scores(IMAGES, NAMES)["mpq_pooled"])


def test_without_classes_there_is_nothing() -> None:
    assert scores_of_class_sums({"num_px": np.ones(3)}) == {}
