"""Drawn volumes are what they are said to be."""

import numpy as np
import pytest
from scipy import ndimage

from trainables.data.volumes import draw_micrograph, draw_vesicles

SHAPE = (20, 160, 160)


@pytest.fixture(scope="module")
def layout():
    return draw_vesicles(np.random.default_rng(3), 24, SHAPE)


def test_vesicles_have_the_sizes_of_real_ones_and_lie_inside(layout):
    sizes = np.bincount(layout.labels.ravel())[1:]
    assert sizes.size == 24
    assert 224 <= sizes.min() < 350
    assert 800 < sizes.max() <= 1396
    for axis in range(3):
        ends = np.take(layout.labels, [0, -1], axis=axis)
        assert np.count_nonzero(ends) < 0.01 * np.count_nonzero(layout.labels)


def test_the_mean_size_is_that_of_real_ones():
    layout = draw_vesicles(np.random.default_rng(0), 51, (51, 516, 516))
    sizes = np.bincount(layout.labels.ravel())[1:]
    assert sizes.mean() == pytest.approx(596, abs=60)
    assert (layout.labels > 0).mean() == pytest.approx(0.0022, abs=0.0003)


def test_many_touch_and_each_is_one_piece(layout):
    num = ndimage.label(layout.labels > 0, np.ones((3, 3, 3)))[1]
    assert num < 20
    for number, box in enumerate(ndimage.find_objects(layout.labels), start=1):
        inside = layout.labels[box] == number
        main = np.bincount(ndimage.label(inside)[0].ravel())[1:].max()
        assert main >= 0.97 * np.count_nonzero(inside)


def test_vesicles_are_round_in_nm(layout):
    """Sections are 30 nm apart, pixels 8 nm: boxes are flat in voxels."""
    boxes = ndimage.find_objects(layout.labels)
    sides_nm = np.array([[30 * (z.stop - z.start), 8 * (x.stop - x.start)] for z, _, x in boxes])
    assert np.median(sides_nm[:, 0] / sides_nm[:, 1]) == pytest.approx(1, abs=0.25)


def test_equal_seeds_draw_equal_volumes(layout):
    rng = np.random.default_rng(3)
    again = draw_vesicles(rng, 24, SHAPE)
    assert np.array_equal(again.labels, layout.labels)
    first = draw_micrograph(np.random.default_rng(1), again)
    assert np.array_equal(first, draw_micrograph(np.random.default_rng(1), layout))
    assert not np.array_equal(first, draw_micrograph(np.random.default_rng(2), layout))


def test_rims_are_dark(layout):
    gray = draw_micrograph(np.random.default_rng(1), layout).astype(float)
    assert gray.shape == SHAPE
    radius = layout.relative_radius
    rim = gray[(radius > 0.9) & (radius < 1.0)].mean()
    ring = gray[(radius > 0.7) & (radius < 0.78)].mean()
    assert rim < 110 < ring
    # Vesicles can't be found by their gray alone: membranes of cells are as dark.
    assert (gray[radius == 1.5] < 110).mean() > 0.01


def test_no_room():
    with pytest.raises(ValueError, match="90 vesicles have no room in"):
        draw_vesicles(np.random.default_rng(0), 90, (12, 60, 60))
