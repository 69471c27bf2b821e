"""What scores say, in sentences."""

from __future__ import annotations

import pytest

from sweeper.protocol import Estimate, ImageScores, SplitScores
from trainables.scoring import judge

SOUND = {
    "aji": 0.8,
    "pq": 0.75,
    "aji_true_np": 0.85,
    "aji_true_hv": 0.82,
    "aji_true_both": 0.99,
    "hv_magnitude": 0.62,
    "hv_magnitude_aligned": 0.58,
    "hv_mse_ratio": 0.2,
}


def split(name: str, half_width: float | None = 0.01, **changes: float) -> SplitScores:
    scores = {**SOUND, **changes}
    estimates = {
        score: Estimate(value=value)
        if half_width is None
        else Estimate(value=value, low=value - half_width, high=value + half_width)
        for score, value in scores.items()
        if value == value  # NaN: not measured
    }
    images = [ImageScores(name="a", scores=scores)]
    return SplitScores(name=name, images=images, mean=estimates, pooled=estimates, levels={})


def test_a_sound_network() -> None:
    (only,) = judge([split("train"), split("val")])
    assert only == "nothing stands out: aligned magnitude 0.58, AJI 0.80, PQ 0.75 on val"


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"hv_magnitude": 0.03, "hv_magnitude_aligned": 0.02}, "the HoVer maps are flat"),
        ({"hv_magnitude": 0.7, "hv_magnitude_aligned": 0.1}, "magnitude without direction"),
        ({"hv_magnitude": 0.7, "hv_magnitude_aligned": -0.6}, "magnitude without direction"),
        (
            {"hv_magnitude": 0.1, "hv_magnitude_aligned": 0.06, "hv_mse_ratio": 0.97},
            "the HoVer maps are no better than zero (HV MSE ratio 0.97 on train)",
        ),
        ({"hv_magnitude": 0.3, "hv_magnitude_aligned": 0.25}, "the HoVer maps are weak"),
        ({"hv_magnitude": float("nan")}, "no train image has a nucleus"),
        ({"aji_true_both": 0.5}, "this decoding can't do it"),
        ({"aji": 0.5, "aji_true_np": 0.9}, "most is lost in the foreground (NP): AJI 0.50 on val"),
        ({"aji": 0.5, "aji_true_hv": 0.9}, "most is lost in the HoVer maps"),
        (
            {"aji": 0.56, "aji_true_np": 0.75, "aji_true_hv": 0.74},
            "foreground and maps cost about the same: AJI 0.56 on val",
        ),
    ],
)
def test_what_stands_out(changes: dict[str, float], begins: str) -> None:
    assert any(
        sentence.startswith(begins)
        for sentence in judge([split("train", **changes), split("val", **changes)])
    )


def test_over_fitting_needs_more_than_chance() -> None:
    train = split("train", aji=0.9)
    assert judge([train, split("val", aji=0.7)])[0].startswith("it over-fits (AJI 0.90 on train")
    noisy = split("val", aji=0.7, half_width=0.3)
    assert "over-fits" not in " ".join(judge([train, noisy]))
    assert "over-fits" not in " ".join(judge([train, split("val", aji=0.7, half_width=None)]))


def test_failing_on_its_own_images_is_not_over_fitting() -> None:
    poor = {"aji": 0.2, "aji_true_np": 0.25, "aji_true_hv": 0.25}
    first, second = judge([split("train", **poor), split("val", **poor)])
    assert first.startswith("it fails on the images that it was trained on")
    assert second.startswith("foreground and maps are both to blame")


def test_other_images_alone() -> None:
    assert judge([split("val", aji=0.2, aji_true_np=0.9)])[0].startswith("most is lost in the fore")


def test_training_images_without_nuclei_are_no_failure() -> None:
    sentences = judge([split("train", aji=0.0, hv_magnitude=float("nan")), split("val")])
    assert not [sentence for sentence in sentences if "trained on" in sentence]


def test_images_without_nuclei_are_no_reason_to_fail() -> None:
    maps = dict.fromkeys(("hv_magnitude", "hv_magnitude_aligned", "hv_mse_ratio"), float("nan"))
    (only,) = judge([split("train"), split("val", aji=0.2, **maps)])
    assert only.startswith("no val image has a nucleus")
    flat, empty = judge([split("train", hv_magnitude=0.02), split("val", aji=1.0, **maps)])
    assert flat.startswith("the HoVer maps are flat")
    assert empty == only
