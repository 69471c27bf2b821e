"""From single images to sets of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from trainables.scoring import ImageRecord, estimate_split, map_level
from trainables.scoring.maps import scores_of_map_sums


def pooled(sums: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    with np.errstate(invalid="ignore"):
        return {"share": sums["part"] / sums["whole"]}


def record(name: str, part: float, whole: float) -> ImageRecord:
    scores = {"share": part / whole} if whole else {}
    facts = {"nuclei": whole}
    return ImageRecord(name=name, scores=scores, parts={"part": part, "whole": whole}, facts=facts)


def split(*records: ImageRecord):
    return estimate_split(
        "val",
        records,
        pooled,
        levels=lambda scores: dict.fromkeys(scores, "pass"),
        pictures={1: "worst.png"},
    )


def test_means_count_images_alike_and_pooled_ones_by_size() -> None:
    found = split(record("a", 1, 2), record("b", 90, 100), record("c", 2, 2))
    assert found.mean["share"].value == pytest.approx((0.5 + 0.9 + 1) / 3)
    assert found.pooled["share"].value == pytest.approx(93 / 104)
    assert found.pooled["share"].low == pytest.approx(0.5)
    assert found.levels == {"share": "pass"}
    assert [image.name for image in found.images] == ["a", "b", "c"]
    assert [image.picture for image in found.images] == [None, "worst.png", None]
    assert found.images[1].scores == {"share": 0.9, "nuclei": 100}


def test_images_without_the_score_are_left_out_of_its_mean() -> None:
    found = split(record("a", 1, 2), record("empty", 0, 0), record("b", 2, 2))
    assert found.mean["share"].value == pytest.approx(0.75)
    assert found.images[1].scores == {"nuclei": 0}
    ends = found.mean["share"]
    assert ends.low == pytest.approx(0.5)
    assert ends.high == pytest.approx(1.0)


def test_a_score_that_no_image_has_is_no_score() -> None:
    found = split(record("a", 0, 0), record("b", 0, 0))
    assert (found.mean, found.pooled) == ({}, {})


def test_one_image_says_nothing_of_chance() -> None:
    found = split(record("a", 1, 2))
    assert (found.mean["share"].low, found.mean["share"].high) == (None, None)
    assert found.pooled["share"].low is None


def test_maps() -> None:
    names = ["num_px", "magnitude_sum", "aligned_sum", "squared_error_sum", "squared_target_sum"]
    sums = {name: np.array([4.0, 0.0]) for name in names} | {"aligned_sum": np.array([-1.0, 0.0])}
    scores = scores_of_map_sums(sums)
    assert scores["hv_magnitude_aligned"][0] == -0.25
    assert all(np.isnan(score[1]) for score in scores.values())


@pytest.mark.parametrize(
    ("magnitude", "level"),
    [(-0.1, "fail"), (0.049, "fail"), (0.05, "weak"), (0.15, "weak"), (0.151, "pass")],
)
def test_levels(magnitude: float, level: str) -> None:
    assert map_level(magnitude) == level
