import numpy as np
import pytest

from trainables.metrics import OverlapTable
from trainables.metrics.instance_scores import SCORE_NAMES, compute_mean_scores, compute_scores


def table(true: list[list[int]], pred: list[list[int]]) -> OverlapTable:
    return OverlapTable.from_labels(np.array(true), np.array(pred))


def test_a_perfect_image() -> None:
    scores = compute_scores(table([[1, 1, 0, 2]], [[5, 5, 0, 3]]))
    assert tuple(scores) == SCORE_NAMES
    zero = {"are", "voi_split", "voi_merge", "count_error"}
    assert {name for name, value in scores.items() if value == 0} == zero
    assert {value for name, value in scores.items() if name not in zero} == {1.0}


def test_the_mean_is_over_images_and_the_pool_over_pixels() -> None:
    # Image 1: 2 of 4 pixels, AJI 1/2. Image 2: 8 of 8, AJI 1. Pooled: (2 + 8) / (4 + 8).
    half = table([[1, 1, 1, 1]], [[1, 1, 0, 0]])
    full = table([[1] * 8], [[1] * 8])
    scores = compute_mean_scores([half, full])
    assert scores["aji"] == pytest.approx(0.75)
    assert scores["aji_pooled"] == pytest.approx(10 / 12)
    # Dice 2*2/6 and 1.
    assert scores["dice"] == pytest.approx((2 / 3 + 1) / 2)
