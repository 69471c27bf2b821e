"""Walking against the vectors of HoVer maps: where every pixel of the mask ends up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainables.decoding.islands import Islands

__all__ = ["walk"]

IntArray = NDArray[np.int32]

# Positions are whole numbers of 1/1023 px: whole, so that nothing is rounded on the way; odd, so
# that no position is half-way between two pixels, and mirrored maps give mirrored walks.
_UNITS = 1023
# No step is longer than this many typical ones, whatever a single vector says.
_MAX_STEPS = 2.0


def walk(
    islands: Islands, maps: NDArray[np.float64], *, steps: int, step_px: float
) -> NDArray[np.intp]:
    """Walks from every pixel of the mask towards the centre that the maps point away from.

    A step is the vector of the nearest pixel, in units of the mean length of the component's
    vectors times `step_px`. So a constant factor on the maps, even one for each component, changes
    nothing. Steps are rounded to 1/1023 px, which hides rounding of the maps. A step that would
    leave the component is not made.

    Args:
        islands: The components.
        maps: Horizontal and vertical map on the sheet, finite, shape (2, ...).
        steps: How many.
        step_px: Length of a typical step.

    Returns:
        Where the walk of each pixel ends, in the order of `Islands.spots`: a flat index on the
        sheet, inside the same component.
    """
    ids = islands.ids.ravel()
    home = ids[islands.spots]
    moves = np.zeros((2, ids.size), dtype=np.int32)
    moves[:, islands.spots] = _moves(islands, maps, home, step_px)
    width = islands.ids.shape[1]
    rows, cols = np.divmod(islands.spots, width)
    ys, xs = (start.astype(np.int32) * _UNITS for start in (rows, cols))
    spots = islands.spots.astype(np.int32)
    for _ in range(steps):
        next_xs, next_ys = xs - moves[0].take(spots), ys - moves[1].take(spots)
        nearest = _nearest(next_ys) * width + _nearest(next_xs)
        stays = ids.take(nearest, mode="clip") != home
        xs, ys = np.where(stays, xs, next_xs), np.where(stays, ys, next_ys)
        spots = np.where(stays, spots, nearest)
    return spots.astype(np.intp)


def _nearest(positions: IntArray) -> IntArray:
    return (positions + _UNITS // 2) // _UNITS


def _moves(
    islands: Islands, maps: NDArray[np.float64], home: IntArray, step_px: float
) -> NDArray[np.int32]:
    vectors = maps.reshape(2, -1)[:, islands.spots]
    lengths = np.hypot(vectors[0], vectors[1])
    sums = np.bincount(home, weights=lengths, minlength=islands.sizes.size)
    scales = np.divide(islands.sizes, sums, out=np.zeros(sums.size), where=sums > 0)
    relative = lengths * scales[home]
    scales = scales[home] / np.maximum(relative / _MAX_STEPS, 1)
    return np.rint(vectors * (scales * step_px * _UNITS)).astype(np.int32)
