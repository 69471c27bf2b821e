"""Components and slopes that can be computed on paper."""

import numpy as np
import pytest

from trainables.decoding.components import label_components, select_labels
from trainables.decoding.rise import border_evidence, sobel_kernels


def test_components_touch_along_sides_and_lose_the_small():
    mask = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0], [1, 0, 0, 1]], dtype=bool)
    labels, count = label_components(mask, 1)
    assert count == 4
    assert labels.tolist() == [[1, 1, 0, 0], [0, 0, 2, 2], [0, 0, 0, 0], [3, 0, 0, 4]]
    labels, count = label_components(mask, 2)
    assert count == 2
    assert labels.max() == 2
    assert not labels[3].any()


def test_components_of_an_empty_mask():
    labels, count = label_components(np.zeros((2, 3), dtype=bool), 0)
    assert (count, labels.dtype, labels.any()) == (0, np.int32, False)


def test_selected_labels_are_renumbered_in_order():
    labels, count = select_labels(np.array([[0, 1, 2, 3]]), np.array([False, True, False, True]))
    assert (labels.tolist(), count) == ([[0, 1, 0, 2]], 2)


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
    whole = np.ones((21, 21), dtype=np.int32)
    centre = (10, 10)
    rises = border_evidence(np.stack([cols, rows]), whole, 1, 3)
    level = border_evidence(np.stack([cols, 0 * rows]), whole, 1, 3)
    falls = border_evidence(np.stack([cols, -rows]), whole, 1, 3)
    # The image's border is steeper than the ramps, which lowers their share a little.
    assert 0 <= rises[centre] < 0.4
    assert level[centre] == 0.5
    assert falls[centre] == 1 - rises[centre]


def test_each_component_has_its_own_scale():
    rows, cols = np.mgrid[:9, :9] - 4.0
    tile = np.pad(np.stack([cols, rows]), ((0, 0), (4, 4), (4, 4)))
    inside = np.pad(np.ones((9, 9), dtype=np.int32), 4)
    alone = border_evidence(tile, inside, 1, 5)
    both = border_evidence(
        np.concatenate([tile, 1e-3 * tile], axis=2), np.hstack([inside, 2 * inside]), 2, 5
    )
    assert np.array_equal(both, np.hstack([alone, alone]))


def test_flat_maps_are_level_everywhere():
    evidence = border_evidence(np.zeros((2, 4, 5)), np.ones((4, 5), dtype=np.int32), 1, 3)
    assert (evidence == 0.5).all()
