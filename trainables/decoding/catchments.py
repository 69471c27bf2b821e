"""Dividing the components of a mask among seeds, again and again with few other seeds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import watershed

from trainables.decoding.islands import Islands

__all__ = ["Catchments"]

IntArray = NDArray[np.intp]


class Catchments:
    """Floods each component from its seeds, and remembers the last division.

    How a component is divided depends on its own seeds and heights alone, so components whose seeds
    are those of the last time are left as they are: the result is the same as if all were flooded.
    """

    def __init__(self, islands: Islands, heights: NDArray[np.float64]) -> None:
        """Takes the ground.

        Args:
            islands: The components.
            heights: Of the mask's pixels, at least 0; low ground is flooded first.
        """
        num_px = islands.pixels.size
        self._islands = islands
        self._heights = heights
        #: The first pixel of each component.
        self._firsts = np.zeros(islands.num + 1, dtype=np.intp)
        self._firsts[islands.homes[::-1]] = np.arange(num_px)[::-1]
        self._seeds: IntArray = np.zeros(0, dtype=np.intp)
        self._owners = self._firsts[islands.homes]

    @property
    def nbytes(self) -> int:
        """Memory."""
        return self._firsts.nbytes + self._owners.nbytes + self._heights.nbytes

    def labels(self, seeds: IntArray, kept: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Divides the components.

        Args:
            seeds: Ascending positions in `Islands.pixels`.
            kept: Which components are wanted, shape (components + 1,); seeds lie in such ones.

        Returns:
            Labels 1 .. n of the mask's pixels, without gaps, 0 where it is not wanted. A component
            with a single seed or none stays whole.
        """
        self._divide(seeds)
        homes = self._islands.homes[seeds]
        contested = np.bincount(homes, minlength=kept.size) > 1
        whole = np.flatnonzero(kept & ~contested)
        owners = np.sort(np.concatenate((seeds[contested[homes]], self._firsts[whole[whole > 0]])))
        new_ids = np.zeros(self._owners.size, dtype=np.int32)
        new_ids[owners] = np.arange(1, owners.size + 1)
        return new_ids[self._owners]

    def _divide(self, seeds: IntArray) -> None:
        if np.array_equal(seeds, self._seeds):
            return
        changed = np.setxor1d(self._seeds, seeds, assume_unique=True)
        homes = self._islands.homes
        affected = np.zeros(self._islands.num + 1, dtype=bool)
        affected[homes[changed]] = True
        pixels = np.flatnonzero(affected[homes])
        self._owners[pixels] = self._firsts[homes[pixels]]
        contested = affected & (np.bincount(homes[seeds], minlength=affected.size) > 1)
        pixels = pixels[contested[homes[pixels]]]
        if pixels.size:
            self._owners[pixels] = self._flood(pixels, seeds[contested[homes[seeds]]])
        self._seeds = seeds

    def _flood(self, pixels: IntArray, seeds: IntArray) -> IntArray:
        """The seed that each pixel belongs to; both are whole components' ones, ascending."""
        rows, cols = np.divmod(self._islands.spots[pixels], self._islands.ids.shape[1])
        rows, cols = _without_gaps(rows), _without_gaps(cols)
        shape = (int(rows.max()) + 1, int(cols.max()) + 1)
        heights, mask = np.zeros(shape), np.zeros(shape, dtype=bool)
        heights[rows, cols] = self._heights[pixels]
        mask[rows, cols] = True
        sources = np.zeros(shape, dtype=np.int32)
        at = np.searchsorted(pixels, seeds)
        sources[rows[at], cols[at]] = np.arange(1, seeds.size + 1)
        # Seeds come first, one after the other: equally high ones would come in an order that
        # depends on the other components.
        heights[rows[at], cols[at]] = np.arange(-seeds.size, 0)
        flooded = watershed(heights, sources, mask=mask)
        return seeds[flooded[rows, cols] - 1]


def _without_gaps(places: IntArray) -> IntArray:
    """Coordinates on one axis with the empty ones left out, but for one in each gap."""
    used = np.zeros(int(places.max()) + 1, dtype=bool)
    used[places] = True
    kept = used.copy()
    kept[1:] |= used[:-1]
    return (np.cumsum(kept) - 1)[places]
