"""HoVer maps -> the vectors of the mask's pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.decoding.islands import Islands

__all__ = ["vectors_of_mask"]


def vectors_of_mask(islands: Islands, maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """Takes the vectors at the mask's pixels out of the maps.

    Args:
        islands: The components.
        maps: Horizontal and vertical map, shape (2, H, W), any scale, NaN and infinities too.

    Returns:
        Shape (2, n) in the order of `Islands.pixels`, in [-1, 1]: in units of the largest value.
        What is not finite in one of the maps gets the mean of the eight around it, as far as those
        are finite and in the mask, or 0.
    """
    vectors = maps.reshape(2, -1)[:, islands.pixels].astype(np.float64)
    known = np.isfinite(vectors).all(axis=0)
    vectors = np.where(known, vectors, 0)
    vectors /= np.abs(vectors).max(initial=0) or 1
    if known.all():
        return vectors
    counts = _sums_around(islands, np.asarray(known, dtype=np.float64))
    sums = np.stack([_sums_around(islands, channel) for channel in vectors])
    return np.where(known, vectors, sums / np.maximum(counts, 1))


def _sums_around(islands: Islands, values: NDArray[np.float64]) -> NDArray[np.float64]:
    sheet = np.zeros(islands.ids.shape)
    sheet.ravel()[islands.spots] = values
    sums = ndimage.convolve(sheet, np.ones((3, 3)), mode="constant")
    return np.asarray(sums.ravel()[islands.spots])
