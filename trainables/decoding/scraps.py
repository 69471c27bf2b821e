"""Basins of a mask -> nuclei: what becomes of those that are too small or too many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from trainables.decoding.bench import Decoded
from trainables.decoding.components import are_largest
from trainables.decoding.islands import Islands

__all__ = ["nuclei_of_basins"]

IntArray = NDArray[np.int64]


def nuclei_of_basins(
    islands: Islands, basins: NDArray[np.int32], min_px: int, max_basins: int
) -> Decoded:
    """Makes nuclei of basins; those that are too small join a neighbour, or are dropped.

    A basin with fewer than `min_px` pixels, or beyond the `max_basins` largest, joins the neighbour
    with which it shares the longest border; of equally long ones that with the larger neighbour
    counts. Repeated until what is too small has no neighbour; each round at least halves them.
    Then whole components that are smaller than `min_px` are dropped; nothing else gets lost.

    Args:
        islands: The components, on a sheet where no two touch.
        basins: 1 .. n on the sheet, all over the components; 0 between them.
        min_px: Smallest nucleus.
        max_basins: At least 1.
    """
    flat = basins.ravel()
    values = flat[islands.spots]
    sizes = np.bincount(values)
    num_large = np.count_nonzero(sizes[1:] >= max(min_px, 1))
    beyond = ~are_largest(sizes, max_basins)
    small = _are_small(sizes, beyond, min_px)
    if small.any():
        pixels = islands.spots[small[values]]
        groups = _join(_Borders.around(flat, basins.shape[1], pixels), sizes, beyond, min_px)
        values = groups[values]
        sizes = np.bincount(values)
        values = np.where(sizes[values] >= min_px, values, 0)
    return Decoded(islands=islands, values=values, is_cut=bool(num_large > max_basins))


def _are_small(sizes: IntArray, beyond: NDArray[np.bool_], min_px: int) -> NDArray[np.bool_]:
    return (beyond | (sizes < min_px)) & (sizes > 0)


class _Borders:
    """From which basin to which, and how many pixel sides they share; each pair once."""

    def __init__(self, sources: IntArray, targets: IntArray, sides: IntArray) -> None:
        between = (sources != targets) & (targets > 0)
        base = int(max(sources.max(initial=0), targets.max(initial=0))) + 1
        pairs, index = np.unique(sources[between] * base + targets[between], return_inverse=True)
        self.sources, self.targets = np.divmod(pairs, base)
        self.sides = np.bincount(index, weights=sides[between]).astype(np.int64)

    @classmethod
    def around(cls, flat: NDArray[np.int32], width: int, pixels: NDArray[np.intp]) -> _Borders:
        neighbours = [flat[pixels + step] for step in (-width, -1, 1, width)]
        targets = np.concatenate(neighbours).astype(np.int64)
        sources = np.tile(flat[pixels].astype(np.int64), 4)
        return cls(sources, targets, np.ones_like(targets))

    def longest(self, small: NDArray[np.bool_], sizes: IntArray) -> tuple[IntArray, IntArray]:
        """Small basins that have a neighbour, and which one they join."""
        used = small[self.sources]
        sources, targets, sides = self.sources[used], self.targets[used], self.sides[used]
        order = np.lexsort((-targets, sizes[targets], sides, sources))
        last = order[np.append(np.diff(sources[order]) > 0, True)] if order.size else order
        return sources[last], targets[last]

    def renamed(self, new_ids: IntArray) -> _Borders:
        return _Borders(new_ids[self.sources], new_ids[self.targets], self.sides)


def _join(
    borders: _Borders, sizes: IntArray, beyond: NDArray[np.bool_], min_px: int
) -> NDArray[np.int32]:
    """The new label of each basin, above 0 for all but basin 0.

    Basins beyond the largest are too small until they have come to one of the largest.
    """
    joined = np.arange(sizes.size)
    while True:
        sources, targets = borders.longest(_are_small(sizes, beyond, min_px), sizes)
        if not sources.size:
            return joined.astype(np.int32)
        links = sparse.coo_matrix(
            (np.ones(sources.size), (sources, targets)), shape=(sizes.size, sizes.size)
        )
        # Nothing is linked to 0, the first: it stays 0.
        _, groups = sparse.csgraph.connected_components(links, directed=False)
        groups = groups.astype(np.int64)
        joined = groups[joined]
        sizes = np.bincount(groups, weights=sizes).astype(np.int64)
        beyond = np.bincount(groups, weights=~beyond) == 0
        borders = borders.renamed(groups)
