"""Walking against the vectors of HoVer maps: where every pixel of the mask ends up."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from trainables.decoding.islands import Islands

__all__ = ["Walkers"]

IntArray = NDArray[np.int32]
_Positions: TypeAlias = tuple[IntArray, IntArray, IntArray]

# Positions are whole numbers of 1/1023 px: whole, so that nothing is rounded on the way; odd, so
# that no position is half-way between two pixels, and mirrored maps give mirrored walks.
_UNITS = 1023
# No step is longer than this many typical ones, whatever a single vector says.
_MAX_STEPS = 2.0
# A walk has so many legs of equally many steps.
_LEGS = 4


class Walkers:
    """A walker on every pixel of the mask, on the way to the centre that the maps point away from.

    A step is the vector of the nearest pixel, in units of the mean length of the component's
    vectors times `step_px`, at most twice that long. So a constant factor on the maps, even one
    for each component, changes nothing. Steps are rounded to 1/1023 px, which hides rounding of
    the maps. A step that would leave the component is not made.

    A walk has four legs. After each a walker goes on from the middle of the pixel that it has
    reached; so the first leg of that pixel's own walker is its next, and one leg is all that is
    really walked.
    """

    def __init__(self, islands: Islands, vectors: NDArray[np.float64], step_px: float) -> None:
        """Puts a walker on the middle of every pixel.

        Args:
            islands: The components.
            vectors: Horizontal and vertical map at `Islands.pixels`, finite, shape (2, n).
            step_px: Length of a typical step.
        """
        self._islands = islands
        self._moves = np.zeros((2, islands.ids.size), dtype=np.int32)
        self._moves[:, islands.spots] = _rounded_steps(islands, vectors, step_px)
        self._steps, self._at = 0, self._start()

    @property
    def nbytes(self) -> int:
        """Memory, without that of the islands."""
        return sum(array.nbytes for array in (*self._at, self._moves))

    def after(self, steps: int) -> NDArray[np.intp]:
        """Where the walkers are after so many steps.

        Args:
            steps: At least 0, rounded up to full legs. Quicker if not fewer than the last time.

        Returns:
            In the order of `Islands.spots`: flat indices on the sheet, inside the same component.
        """
        leg = -(-steps // _LEGS)
        if leg < self._steps:
            self._steps, self._at = 0, self._start()
        for _ in range(leg - self._steps):
            self._at = self._step(self._at)
        self._steps = leg
        spots = self._islands.spots
        reached = np.zeros(self._islands.ids.size, dtype=np.intp)
        reached[spots] = self._at[2]
        for _ in range(_LEGS):
            spots = reached[spots]
        return spots

    def _start(self) -> _Positions:
        spots = self._islands.spots.astype(np.int32)
        ys, xs = np.divmod(spots, np.int32(self._islands.ids.shape[1]))
        return xs * _UNITS, ys * _UNITS, spots

    def _step(self, at: _Positions) -> _Positions:
        xs, ys, spots = at
        next_xs = xs - self._moves[0].take(spots)
        next_ys = ys - self._moves[1].take(spots)
        next_spots = _nearest(next_ys) * self._islands.ids.shape[1] + _nearest(next_xs)
        goes = self._islands.ids.take(next_spots, mode="clip") == self._islands.homes
        return (
            np.where(goes, next_xs, xs),
            np.where(goes, next_ys, ys),
            np.where(goes, next_spots, spots),
        )


def _nearest(positions: IntArray) -> IntArray:
    return (positions + _UNITS // 2) // _UNITS


def _rounded_steps(islands: Islands, vectors: NDArray[np.float64], step_px: float) -> IntArray:
    """The steps of each pixel of the mask, in units, shape (2, n)."""
    lengths = np.sqrt(vectors[0] ** 2 + vectors[1] ** 2)
    sums = np.bincount(islands.homes, weights=lengths, minlength=islands.sizes.size)
    means = np.divide(sums, islands.sizes, out=np.zeros(sums.size), where=sums > 0)[islands.homes]
    longest = np.maximum(means, lengths / _MAX_STEPS)
    scales = np.divide(step_px * _UNITS, longest, out=np.zeros(longest.size), where=longest > 0)
    return np.rint(vectors * scales).astype(np.int32)
