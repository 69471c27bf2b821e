"""Components cut out and put back."""

import numpy as np
import pytest
from scipy import ndimage

from trainables.decoding.islands import Islands


def stripes(size):
    """Diagonal lines: each is a component whose box is large."""
    rows, cols = np.mgrid[:size, :size]
    return (rows + cols) % 5 < 2


MASKS = {
    "empty": np.zeros((5, 7), dtype=bool),
    "full": np.ones((5, 7), dtype=bool),
    "no pixels": np.zeros((0, 4), dtype=bool),
    "corners": np.eye(9, dtype=bool),
    "noise": np.random.default_rng(0).random((40, 60)) < 0.5,
    "tangled": stripes(200),
}


@pytest.mark.parametrize("gap_px", [4, 16])
@pytest.mark.parametrize("name", MASKS)
def test_every_pixel_has_its_place_and_components_keep_their_distance(name, gap_px):
    mask = MASKS[name]
    islands = Islands.from_mask(mask, gap_px)
    components, num = ndimage.label(mask)
    assert islands.num == num
    assert np.array_equal(islands.pixels, np.flatnonzero(mask))
    assert np.array_equal(islands.homes, components[mask])
    assert np.array_equal(islands.sizes[1:], np.bincount(components.ravel())[1:])
    assert np.array_equal(islands.ids.ravel()[islands.spots], islands.homes)
    assert np.count_nonzero(islands.ids) == mask.sum()
    if name != "tangled" and name != "no pixels":
        reach = np.ones((2 * gap_px + 1, 2 * gap_px + 1), dtype=bool)
        highest = ndimage.grey_dilation(islands.ids, footprint=reach)
        lowest = -ndimage.grey_dilation(
            np.where(islands.ids > 0, -islands.ids, -(num + 1)), footprint=reach
        )
        inside = islands.ids > 0
        assert (highest == lowest)[inside].all() or gap_px == 0


def test_a_component_keeps_its_shape():
    mask = np.zeros((20, 30), dtype=bool)
    mask[3:9, 4:8] = mask[5, 4:20] = mask[15:19, 25:30] = True
    islands = Islands.from_mask(mask, 4)
    components, _ = ndimage.label(mask)
    for label in (1, 2):
        rows, cols = np.nonzero(components == label)
        sheet_rows, sheet_cols = np.nonzero(islands.ids == label)
        assert np.unique(rows - sheet_rows).size == np.unique(cols - sheet_cols).size == 1


def test_sheets_of_scattered_nuclei_are_smaller_than_the_image_and_never_much_larger():
    scattered = np.zeros((512, 512), dtype=bool)
    scattered[::64, ::64] = True
    scattered = ndimage.binary_dilation(scattered, iterations=8)
    assert Islands.from_mask(scattered, 4).ids.size < scattered.size / 4
    for size in (100, 200, 400):
        assert Islands.from_mask(stripes(size), 4).ids.size < 5 * (size + 8) ** 2


def test_labels_are_put_back_without_gaps():
    mask = np.array([[1, 1, 0], [0, 0, 0], [1, 0, 1]], dtype=bool)
    image = Islands.from_mask(mask, 4).put_back(np.array([7, 7, 0, 3], dtype=np.int32))
    assert image.dtype == np.int32
    assert image.tolist() == [[2, 2, 0], [0, 0, 0], [0, 0, 1]]
