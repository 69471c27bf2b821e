"""Cuts training crops out of images of any size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["crop", "cut", "draw_place"]


def crop(
    image: NDArray[np.float32], labels: NDArray[np.int32], size_px: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Cuts a square at a random place; an image smaller than the square lies somewhere inside it.

    What lies beyond the image is 0 in the image and background in the labels: just what a
    convolution sees beyond the border of a whole image, and no nucleus is shown there that the
    labels deny. (Mirrored nuclei would either be joined to their originals, with a false centroid,
    or need ids of their own and teach borders that do not exist.)

    Args:
        image: (H, W, C) float32.
        labels: (H, W) int32.
        size_px: Height and width of the crop, at least 1.
        rng: Source of randomness; two draws are taken.

    Returns:
        Image (size, size, C) and labels (size, size), both writable copies. Ids are kept; a
        nucleus that the crop cuts keeps what is inside.
    """
    place = draw_place(labels.shape, size_px, rng)
    return cut(image, place, size_px), cut(labels, place, size_px)


def draw_place(
    shape: tuple[int, ...], size_px: int, rng: np.random.Generator, *, step_px: int = 1
) -> tuple[int, int]:
    """Draws where a square's upper left corner lies in an image.

    Args:
        shape: Height and width of the image.
        size_px: Height and width of the square, a multiple of `step_px`.
        rng: Source of randomness; two draws are taken.
        step_px: Corners lie on multiples of it; the square may then go beyond the image by less
            than a step, so that the last pixels are seen as well.

    Returns:
        Row and column; negative where the image is smaller than the square.
    """
    starts = []
    for side_px in shape[:2]:
        cells = -(-(side_px - size_px) // step_px)
        starts.append(step_px * int(rng.integers(min(0, cells), max(0, cells) + 1)))
    return starts[0], starts[1]


def cut(array: NDArray[Any], place: tuple[int, int], size: int) -> NDArray[Any]:
    """Cuts a square out of an array (H, W, ...); 0 where it goes beyond.

    Returns:
        A writable copy (size, size, ...).
    """
    square = np.zeros((size, size, *array.shape[2:]), array.dtype)
    sources, targets = [], []
    for start, side in zip(place, array.shape, strict=False):
        first, last = max(0, start), max(0, min(side, start + size))
        sources.append(slice(first, last))
        targets.append(slice(first - start, last - start))
    square[tuple(targets)] = array[tuple(sources)]
    return square
