"""Crops: places, padding, copies."""

from __future__ import annotations

import numpy as np

from trainables.data import crop


def picture(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(1, height * width + 1, dtype=np.int32).reshape(height, width)
    return labels[..., None].astype(np.float32), labels


def test_every_place_of_a_larger_image_is_drawn() -> None:
    image, labels = picture(4, 5)
    rng = np.random.default_rng(0)
    corners = {int(crop(image, labels, 3, rng)[1][0, 0]) for _ in range(200)}
    assert corners == {1, 2, 3, 6, 7, 8}


def test_a_smaller_image_lies_whole_inside_zeros() -> None:
    image, labels = picture(2, 3)
    rng = np.random.default_rng(0)
    places = set()
    for _ in range(200):
        cut_image, cut_labels = crop(image, labels, 4, rng)
        assert cut_image.shape == (4, 4, 1)
        assert np.array_equal(cut_image[..., 0], cut_labels)
        assert sorted(cut_labels[cut_labels > 0]) == [1, 2, 3, 4, 5, 6]
        rows, cols = np.nonzero(cut_labels)
        places.add((int(rows.min()), int(cols.min())))
    assert places == {(y, x) for y in range(3) for x in range(2)}


def test_one_side_may_be_cut_and_the_other_padded() -> None:
    image, labels = picture(2, 9)
    cut_image, cut_labels = crop(image, labels, 4, np.random.default_rng(3))
    assert cut_image.shape == (4, 4, 1)
    assert (cut_labels > 0).sum() == 8


def test_an_image_of_the_crop_size_comes_back_as_a_writable_copy() -> None:
    image, labels = picture(4, 4)
    image.flags.writeable = labels.flags.writeable = False
    cut_image, cut_labels = crop(image, labels, 4, np.random.default_rng(0))
    assert np.array_equal(cut_image, image)
    assert np.array_equal(cut_labels, labels)
    cut_image[:], cut_labels[:] = 0, 0
    assert image.all()
    assert labels.all()


def test_equal_generators_cut_equal_crops() -> None:
    image, labels = picture(40, 50)
    one, other = (crop(image, labels, 8, np.random.default_rng(5))[1] for _ in range(2))
    assert np.array_equal(one, other)
