"""Cuts training crops out of images of any size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["crop"]


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
    cut_image = np.zeros((size_px, size_px, image.shape[2]), image.dtype)
    cut_labels = np.zeros((size_px, size_px), labels.dtype)
    sources, targets = [], []
    for side_px in labels.shape:
        spare_px = side_px - size_px
        start = int(rng.integers(min(0, spare_px), max(0, spare_px) + 1))
        sources.append(slice(max(0, start), min(side_px, start + size_px)))
        targets.append(slice(max(0, -start), max(0, -start) + min(side_px, size_px)))
    source, target = tuple(sources), tuple(targets)
    cut_image[target] = image[source]
    cut_labels[target] = labels[source]
    return cut_image, cut_labels
