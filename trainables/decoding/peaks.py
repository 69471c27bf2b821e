"""The peaks of a landscape, their basins, and how deep the passes between them are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from skimage.morphology import local_maxima

from trainables.decoding.flooding import flood
from trainables.decoding.islands import Islands

__all__ = ["Peaks"]

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Peaks:
    """Basins of all peaks, and the passes over which they become one, the highest first.

    Attributes:
        basins: 1 .. n on the sheet, 0 between the components.
        ones: A basin on one side of each pass.
        others: The basin on the other side.
        depths: How far each pass lies below the lower of the two summits that it separates: of
            each side, the highest peak that is reached without going below the pass.
    """

    basins: NDArray[np.int32]
    ones: IntArray
    others: IntArray
    depths: NDArray[np.float64]

    @classmethod
    def from_heights(cls, islands: Islands, heights: NDArray[np.float64]) -> Peaks:
        """Finds the peaks of a landscape on the sheet, each component an island of its own."""
        tops = local_maxima(heights, connectivity=1) & (islands.ids > 0)
        markers, num_markers = ndimage.label(tops)
        flooded = flood(islands, -heights, markers.ravel()[islands.spots], num_markers)
        names, found = np.unique(flooded, return_inverse=True)
        basins = np.zeros(heights.shape, dtype=np.int32)
        basins.ravel()[islands.spots] = found + 1
        summits = np.zeros(names.size + 1)
        np.maximum.at(summits, found + 1, heights.ravel()[islands.spots])
        ones, others, passes = _passes(basins, heights)
        kept, depths = _persistence(ones, others, passes, summits)
        return cls(basins=basins, ones=ones[kept], others=others[kept], depths=depths)

    @property
    def nbytes(self) -> int:
        """Memory."""
        arrays = (self.basins, self.ones, self.others, self.depths)
        return sum(array.nbytes for array in arrays)

    def basins_of_depth(self, depth: float) -> NDArray[np.int32]:
        """The basins that are left when those across passes less deep than `depth` are one."""
        shallow = self.depths < depth
        if not shallow.any():
            return self.basins
        num = int(self.basins.max()) + 1
        links = sparse.coo_matrix(
            (np.ones(shallow.sum()), (self.ones[shallow], self.others[shallow])), shape=(num, num)
        )
        # Nothing is linked to 0, the first: it stays 0.
        _, groups = sparse.csgraph.connected_components(links, directed=False)
        return groups.astype(np.int32)[self.basins]


def _passes(
    basins: NDArray[np.int32], heights: NDArray[np.float64]
) -> tuple[IntArray, IntArray, NDArray[np.float64]]:
    """Neighbouring basins and the highest way between them, the highest first."""
    ones, others, ways = [], [], []
    for here, there in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        one, other = basins[here], basins[there]
        between = (one != other) & (one > 0) & (other > 0)
        ones.append(np.minimum(one, other)[between])
        others.append(np.maximum(one, other)[between])
        ways.append(np.minimum(heights[here], heights[there])[between])
    sides = np.concatenate(ones).astype(np.int64), np.concatenate(others).astype(np.int64)
    way = np.concatenate(ways)
    order = np.lexsort((sides[1], sides[0], -way))
    pairs = sides[0][order] * (int(basins.max(initial=0)) + 1) + sides[1][order]
    order = order[np.sort(np.unique(pairs, return_index=True)[1])]
    return sides[0][order], sides[1][order], way[order]


def _persistence(
    ones: IntArray, others: IntArray, passes: NDArray[np.float64], summits: NDArray[np.float64]
) -> tuple[IntArray, NDArray[np.float64]]:
    """Which passes connect what was apart, from the highest down, and their depths."""
    leaders = list(range(summits.size))

    def leader(basin: int) -> int:
        while leaders[basin] != basin:
            leaders[basin] = leaders[leaders[basin]]
            basin = leaders[basin]
        return basin

    kept, depths = [], []
    for index, (one, other) in enumerate(zip(ones.tolist(), others.tolist(), strict=True)):
        higher, lower = leader(one), leader(other)
        if higher == lower:
            continue
        if summits[higher] < summits[lower]:
            higher, lower = lower, higher
        leaders[lower] = higher
        kept.append(index)
        depths.append(float(summits[lower] - passes[index]))
    return np.array(kept, dtype=np.int64), np.array(depths, dtype=np.float64)
