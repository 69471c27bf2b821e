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
        markers: On the sheet, labels 0 .. `num_markers`, inside the components.
        num_markers: How many.

    Returns:
        Labels of the mask's pixels, in the order of `Islands.pixels`, above 0, with gaps.
    """
    marked = markers.ravel()[islands.spots]
    homes = np.zeros(num_markers + 1, dtype=np.int64)
    homes[marked] = islands.homes
    # Pixels without a marker have written a component to entry 0.
    contested = np.bincount(homes[1:], minlength=islands.num + 1) > 1
    inside = np.flatnonzero(contested[islands.homes])
    labels = islands.homes.copy()
    if inside.size:
        labels[inside] = islands.num + _flood(
            islands.spots[inside], heights, np.where(contested[islands.ids], markers, 0)
        )
    return labels


def _flood(
    spots: NDArray[np.intp], heights: NDArray[np.float64], markers: LabelArray
) -> LabelArray:
    """Floods the pixels at `spots`, in the smallest box around them."""
    rows, cols = np.divmod(spots, markers.shape[1])
    box = (slice(rows.min(), rows.max() + 1), slice(cols.min(), cols.max() + 1))
    seeds = markers[box]
    places = (rows - box[0].start, cols - box[1].start)
    mask = np.zeros(seeds.shape, dtype=bool)
    mask[places] = True
    mask &= ~_is_inside(seeds)
    flooded = watershed(heights[box], seeds, mask=mask)
    return np.where(seeds > 0, seeds, flooded)[places]


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
