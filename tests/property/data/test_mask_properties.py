"""Masks survive run lengths and outlines; who gets a contested pixel does not depend on luck."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco_mask
from skimage.measure import find_contours

from trainables.data.image_file import UnusableFileError
from trainables.data.readers.outlines import fill_rings
from trainables.data.readers.painting import paint, split_by_id
from trainables.data.readers.run_lengths import expand_text, pixels_of_runs

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=14))


def drawn(pixels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    flat = np.zeros(shape, bool)
    flat.reshape(-1)[pixels] = True
    return flat


@given(masks)
def test_compressed_run_lengths_are_coco_s(mask: np.ndarray) -> None:
    text = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"]
    pixels = pixels_of_runs(expand_text(text.decode()), *mask.shape)
    assert np.array_equal(drawn(pixels, mask.shape), mask)
    assert (np.diff(pixels) > 0).all()


@given(st.text(max_size=30), st.integers(1, 9), st.integers(1, 9))
def test_any_text_is_a_mask_or_refused(text: str, height: int, width: int) -> None:
    try:
        pixels = pixels_of_runs(expand_text(text), height, width)
    except UnusableFileError:
        return
    assert ((pixels >= 0) & (pixels < height * width)).all()


@given(masks)
def test_outlines_around_pixels_hold_these_pixels(mask: np.ndarray) -> None:
    contours = find_contours(np.pad(mask, 1).astype(float), 0.5)
    rings = [contour[:, ::-1] - 0.5 for contour in contours]
    pixels = fill_rings(rings, *mask.shape) if rings else np.zeros(0, int)
    assert np.array_equal(drawn(pixels, mask.shape), mask)


@given(
    st.lists(
        st.lists(st.tuples(*[st.floats(-30, 30)] * 2), min_size=1, max_size=7),
        min_size=1,
        max_size=3,
    )
)
def test_any_rings_are_filled_by_the_even_odd_rule(rings: list[list[tuple[float, float]]]) -> None:
    arrays_of = [np.array(ring, float) for ring in rings]
    found = drawn(fill_rings(arrays_of, 9, 8), (9, 8))
    for row in range(9):
        for column in range(8):
            crossings = [
                x0 + (row + 0.5 - y0) * (x1 - x0) / (y1 - y0)
                for ring in rings
                for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True)
                if (y0 <= row + 0.5) != (y1 <= row + 0.5)
            ]
            if any(abs(x - column - 0.5) < 1e-9 for x in crossings):
                continue
            inside = sum(x < column + 0.5 for x in crossings) % 2 == 1
            assert found[row, column] == inside


@given(st.lists(st.sets(st.integers(0, 23), max_size=9), max_size=6))
def test_the_smaller_of_two_wins_and_the_earlier_of_equals(sets: list[set[int]]) -> None:
    instances = [np.array(sorted(one), np.int64) for one in sets]
    painted = paint((4, 6), instances, [1 + i % 3 for i in range(len(sets))])
    for pixel, label in enumerate(painted.labels.reshape(-1)):
        claims = [(len(one), place) for place, one in enumerate(sets) if pixel in one]
        assert label == (min(claims)[1] + 1 if claims else 0)
    lost = sum(map(len, sets)) - int((painted.labels > 0).sum())
    assert sum(n for words, n in painted.remarks.items() if "claimed" in words) == lost
    assert set(painted.types) == set(np.unique(painted.labels)) - {0}


@given(arrays(np.int32, (5, 6), elements=st.integers(0, 70_000)))
def test_label_maps_come_apart_and_together(labels: np.ndarray) -> None:
    ids, instances = split_by_id(labels)
    painted = paint((5, 6), instances)
    assert painted.remarks == {}
    assert np.array_equal(np.append(0, ids)[painted.labels], labels)


@pytest.mark.parametrize("runs", [[1, 2], [1.0, 3], [True, "3"], [-1, 5]])
def test_runs_that_are_none(runs: list) -> None:
    with pytest.raises(UnusableFileError):
        pixels_of_runs(runs, 2, 2)
