"""Dividing the components of a mask among markers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import watershed

from trainables.decoding.islands import Islands

__all__ = ["flood"]

LabelArray = NDArray[np.int32]


def flood(
    islands: Islands, heights: NDArray[np.float64], markers: LabelArray, num_markers: int
) -> LabelArray:
    """Divides each component among its markers; one with a single marker or none stays whole.

    Args:
        islands: The components.
        heights: On the sheet; low ground is flooded first.
        markers: 0 .. `num_markers` for each of the mask's pixels, in the order of `Islands.pixels`.
        num_markers: How many.

    Returns:
        Labels of the same pixels, above 0, with gaps.
    """
    homes = np.zeros(num_markers + 1, dtype=np.int64)
    homes[markers] = islands.homes
    # Pixels without a marker have written a component to entry 0.
    contested = np.bincount(homes[1:], minlength=islands.num + 1) > 1
    labels = islands.homes.copy()
    if contested.any():
        inside = np.flatnonzero(contested[islands.homes])
        flooded = _flood(islands.spots[inside], heights, markers[inside])
        labels[inside] = islands.num + flooded
    return labels


def _flood(
    spots: NDArray[np.intp], heights: NDArray[np.float64], markers: LabelArray
) -> LabelArray:
    """Floods the pixels at `spots`, in the smallest box around them."""
    rows, cols = np.divmod(spots, heights.shape[1])
    top, left = rows.min(), cols.min()
    box = heights[top : rows.max() + 1, left : cols.max() + 1]
    at = (rows - top) * box.shape[1] + cols - left
    seeds = np.zeros(box.shape, dtype=np.int32)
    seeds.ravel()[at] = markers
    mask = np.zeros(box.shape, dtype=bool)
    mask.ravel()[at] = True
    mask &= ~_is_inside(seeds)
    flooded = watershed(box, seeds, mask=mask).ravel()[at]
    return np.where(markers > 0, markers, flooded)


def _is_inside(seeds: LabelArray) -> NDArray[np.bool_]:
    """Pixels of a seed that have only its own around them: they can't flood anything."""
    inside = np.zeros(seeds.shape, dtype=bool)
    middle = seeds[1:-1, 1:-1]
    inside[1:-1, 1:-1] = (
        (middle > 0)
        & (middle == seeds[:-2, 1:-1])
        & (middle == seeds[2:, 1:-1])
        & (middle == seeds[1:-1, :-2])
        & (middle == seeds[1:-1, 2:])
    )
    return inside
