"""Presets, hand-computed transforms, and what a variation must leave alone."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from trainables.augment import (
    Affine,
    AffineRange,
    AugmentConfig,
    FlipLeftRight,
    FlipUpDown,
    IntensityRange,
    QuarterTurns,
    Transpose,
    build_augmentation,
)

LABELS = np.array([[1, 2], [3, 4]], np.int32)
# A pixel that points right and up.
MAPS = np.zeros((2, 2, 2), np.float32)
MAPS[:, 0, 0] = (0.5, -0.25)


@pytest.mark.parametrize(
    ("transform", "labels", "place", "vector"),
    [
        (FlipLeftRight(), [[2, 1], [4, 3]], (0, 1), (-0.5, -0.25)),
        (FlipUpDown(), [[3, 4], [1, 2]], (1, 0), (0.5, 0.25)),
        (Transpose(), [[1, 3], [2, 4]], (0, 0), (-0.25, 0.5)),
        (QuarterTurns(1), [[2, 4], [1, 3]], (1, 0), (-0.25, -0.5)),
        (QuarterTurns(2), [[4, 3], [2, 1]], (1, 1), (-0.5, 0.25)),
        (QuarterTurns(-1), [[3, 1], [4, 2]], (0, 1), (0.25, 0.5)),
    ],
)
def test_exact_transforms_by_hand(transform, labels, place, vector) -> None:
    assert transform.labels(LABELS).tolist() == labels
    assert transform.image(LABELS[..., None])[..., 0].tolist() == labels
    maps = transform.hv(MAPS)
    assert maps[(slice(None), *place)].tolist() == list(vector)
    assert np.count_nonzero(maps) == 2


def disc(size_px: int, radius_px: float, y_px: float, x_px: float) -> np.ndarray:
    y, x = np.mgrid[:size_px, :size_px]
    return (np.hypot(y - y_px, x - x_px) < radius_px).astype(np.int32)


def test_a_warp_turns_counter_clockwise_and_magnifies() -> None:
    labels = disc(65, 6.0, 32.0, 44.0)
    warp = Affine(angle_rad=np.deg2rad(30.0), scale_y=1.5, scale_x=1.5)
    warped = warp.labels(labels)
    y, x = np.argwhere(warped).mean(axis=0)
    # 12 px right of the centre become 18 px, 30 degrees up.
    assert (y, x) == pytest.approx((32 - 18 * 0.5, 32 + 18 * 3**0.5 / 2), abs=0.3)
    assert warped.sum() == pytest.approx(labels.sum() * 1.5**2, rel=0.05)


def test_the_axes_are_scaled_apart() -> None:
    warped = Affine(angle_rad=0.0, scale_y=2.0, scale_x=1.0).labels(disc(65, 6.0, 32.0, 32.0))
    height, width = np.ptp(np.argwhere(warped), axis=0)
    assert (height, width) == (pytest.approx(22, abs=1), 10)


def test_image_and_labels_stay_together_under_a_warp() -> None:
    labels = disc(65, 9.0, 25.0, 40.0)
    warp = Affine(angle_rad=0.2, scale_y=1.1, scale_x=0.95)
    image = warp.image(labels[..., None].astype(np.float32))
    # Linear interpolation passes 0.5 where the nearest pixel changes.
    assert ((image[..., 0] > 0.5) != warp.labels(labels)).mean() < 0.01


def test_no_warp_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    image, labels = rng.random((16, 16, 3), np.float32), rng.integers(0, 9, (16, 16), np.int32)
    still = AffineRange(angle_deg=0.0, smallest=1.0, largest=1.0, stretch=1.0).draw(rng)
    assert np.array_equal(still.labels(labels), labels)
    assert still.image(image) == pytest.approx(image, abs=1e-6)


STILL = {
    "gain": 1.0,
    "offset": 0.0,
    "gamma": 1.0,
    "noise": 0.0,
    "blur_px": 0.0,
    "colour": 0.0,
    "rare_frac": 1.0,
}


def test_ranges_of_no_width_change_no_intensity() -> None:
    image = np.random.default_rng(0).normal(0.4, 0.5, (16, 16, 3)).astype(np.float32)
    changed = IntensityRange(**STILL).apply(image, np.random.default_rng(1))
    assert changed.dtype == np.float32
    assert changed == pytest.approx(image, abs=1e-6)


@pytest.mark.parametrize("setting", [{"gain": 1.3}, {"offset": 0.1}, {"gamma": 1.4}])
def test_brightness_changes_keep_the_order_of_pixels(setting: dict[str, float]) -> None:
    image = np.linspace(-0.5, 2.0, 64, dtype=np.float32).reshape(8, 8, 1)
    changed = IntensityRange(**STILL | setting).apply(image, np.random.default_rng(1))
    assert not np.array_equal(changed, image)
    assert (np.diff(changed.ravel()) > 0).all()


@pytest.mark.parametrize(("setting", "sign"), [({"noise": 0.3}, 1), ({"blur_px": 2.0}, -1)])
def test_noise_roughens_and_blur_smoothes(setting: dict[str, float], sign: int) -> None:
    image = np.random.default_rng(0).random((64, 64, 1), np.float32)
    changed = IntensityRange(**STILL | setting).apply(image, np.random.default_rng(1))
    assert sign * (changed.std() - image.std()) > 0.001


def test_a_gray_image_in_three_channels_stays_gray_and_colour_changes_its_hue() -> None:
    change = build_augmentation("all").intensity
    assert change is not None
    rng = np.random.default_rng(0)
    gray = np.repeat(rng.random((16, 16, 1), np.float32), 3, axis=2)
    colour = rng.random((16, 16, 3), np.float32)
    for seed in range(10):
        changed = change.apply(gray, np.random.default_rng(seed))
        assert (changed == changed[..., :1]).all()
        ratios = change.apply(colour, np.random.default_rng(seed)).mean(axis=(0, 1))
        assert len(set(ratios.round(4).tolist())) == 3


def test_none_hands_the_crop_back() -> None:
    image, labels = np.ones((4, 4, 1), np.float32), np.ones((4, 4), np.int32)
    varied = build_augmentation("none")(image, labels, np.random.default_rng(0))
    assert np.array_equal(varied[0], image)
    assert np.array_equal(varied[1], labels)


def test_some_draws_all_eight_orientations() -> None:
    augmentation = build_augmentation(AugmentConfig(preset="some"))
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(200):
        image, labels = augmentation(LABELS[..., None].astype(np.float32), LABELS, rng)
        assert np.array_equal(image[..., 0], labels)
        seen.add(tuple(labels.ravel().tolist()))
    assert len(seen) == 8


def test_only_square_crops_are_taken() -> None:
    augmentation = build_augmentation("some")
    rng = np.random.default_rng(0)
    for image_shape, labels_shape in (((4, 5, 1), (4, 5)), ((4, 4, 1), (5, 5))):
        with pytest.raises(ValueError, match="needs square crops"):
            augmentation(np.zeros(image_shape, np.float32), np.zeros(labels_shape, np.int32), rng)


def test_a_preset_is_one_of_three() -> None:
    assert AugmentConfig().preset == "some"
    with pytest.raises(ValidationError):
        AugmentConfig(preset="much")  # type: ignore[arg-type]
