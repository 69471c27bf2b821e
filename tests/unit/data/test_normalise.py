"""Percentile normalisation."""

from __future__ import annotations

import numpy as np
import pytest

from trainables.data.normalise import normalise


def test_the_percentiles_go_to_0_and_1() -> None:
    image = np.arange(1001, dtype=np.uint16).reshape(7, 143, 1)
    scaled = normalise(image)
    assert scaled.dtype == np.float32
    assert scaled.ravel()[10] == pytest.approx(0.0)
    assert scaled.ravel()[998] == pytest.approx(1.0)
    assert scaled.ravel()[504] == pytest.approx(0.5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_gain_and_offset_of_the_camera_do_not_matter(dtype: type) -> None:
    image = np.random.default_rng(0).integers(0, 100, (20, 20, 3))
    expected = normalise(image.astype(np.uint8))
    assert normalise((2 * image + 7).astype(dtype)) == pytest.approx(expected, abs=1e-6)


def test_channels_share_one_scale_so_that_hues_stay() -> None:
    image = np.zeros((10, 10, 3), np.uint8)
    image[:5] = (200, 100, 0)
    assert normalise(image)[0, 0] == pytest.approx([1.0, 0.5, 0.0])


def test_a_constant_image_is_0() -> None:
    assert not normalise(np.full((5, 5, 1), 77, np.uint8)).any()


def test_one_bright_nucleus_on_a_flat_background_is_kept() -> None:
    image = np.full((100, 100, 1), 5, np.uint8)
    image[3, 3:7] = 255
    assert normalise(image)[3, 3] == 1.0
    assert normalise(image)[0, 0] == 0.0


def test_a_hot_pixel_is_cut() -> None:
    image = np.tile(np.arange(100, dtype=np.uint16), (100, 1))[..., None]
    image[0, 0], image[1, 1] = 65535, 0
    scaled = normalise(image)
    assert scaled.max() == 4.0
    assert scaled.min() >= -1.0
