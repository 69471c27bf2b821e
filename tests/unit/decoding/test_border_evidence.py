"""Components and slopes that can be computed on paper."""

import numpy as np
import pytest

from trainables.decoding.components import are_largest
from trainables.decoding.islands import Islands
from trainables.decoding.rise import border_evidence, sobel_kernels


def evidence_of(maps, mask, sobel_px):
    """As an image, with 1 in the background."""
    islands = Islands.from_mask(mask, sobel_px)
    vectors = maps.reshape(2, -1)[:, islands.pixels]
    image = np.ones(mask.shape)
    sheet = border_evidence(islands, vectors, sobel_px)
    image.ravel()[islands.pixels] = sheet.ravel()[islands.spots]
    return image


@pytest.mark.parametrize("size_px", [3, 5, 7, 11, 21])
def test_sobel_kernels_are_calibrated(size_px):
    smooth, derivative = sobel_kernels(size_px)
    assert smooth.shape == derivative.shape == (size_px,)
    assert smooth.sum() == pytest.approx(1)
    assert derivative.sum() == pytest.approx(0)
    assert derivative @ np.arange(size_px) == pytest.approx(1)


def test_the_smallest_kernels_are_those_of_sobel():
    smooth, derivative = sobel_kernels(3)
    assert (4 * smooth).tolist() == [1, 2, 1]
    assert (2 * derivative).tolist() == [-1, 0, 1]


def test_evidence_of_ramps_that_rise_and_fall():
    rows, cols = np.mgrid[:21, :21] - 10.0
    whole = np.ones((21, 21), dtype=bool)
    centre = (10, 10)
    rises = evidence_of(np.stack([cols, rows]), whole, 3)
    level = evidence_of(np.stack([cols, 0 * rows]), whole, 3)
    falls = evidence_of(np.stack([cols, -rows]), whole, 3)
    # The image's border is steeper than the ramps, which lowers their share a little.
    assert 0 <= rises[centre] < 0.4
    assert level[centre] == 0.5
    assert falls[centre] == 1 - rises[centre]


def test_each_component_has_its_own_scale_and_sees_itself_alone():
    rows, cols = np.mgrid[:9, :9] - 4.0
    tile = np.pad(np.stack([cols, rows]), ((0, 0), (1, 0), (1, 0)))
    inside = np.pad(np.ones((9, 9), dtype=bool), ((1, 0), (1, 0)))
    alone = evidence_of(tile, inside, 5)
    both = evidence_of(np.concatenate([tile, 1e-3 * tile], axis=2), np.hstack([inside, inside]), 5)
    assert np.array_equal(both, np.hstack([alone, alone]))


def test_flat_maps_are_level_everywhere():
    evidence = evidence_of(np.zeros((2, 4, 5)), np.ones((4, 5), dtype=bool), 3)
    assert (evidence == 0.5).all()


def test_the_largest_are_chosen_and_the_earlier_of_equal_ones():
    assert np.flatnonzero(are_largest(np.array([99, 3, 5, 3, 4]), 3)).tolist() == [1, 2, 4]
    assert np.flatnonzero(are_largest(np.array([99, 3, 5]), 2)).tolist() == [1, 2]
