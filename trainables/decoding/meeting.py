"""Meeting points -> basins: which pixels end up at the same place, and what becomes of scraps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from skimage.measure import label as label_equal

from trainables.decoding.components import are_largest
from trainables.decoding.islands import Islands

__all__ = ["absorb_scraps", "find_basins"]

LabelArray = NDArray[np.int32]
_CORNERS_TOO = np.ones((3, 3), dtype=bool)


def find_basins(islands: Islands, ends: NDArray[np.intp], join_px: int) -> LabelArray:
    """Divides the mask among the places where walks end.

    Ends that touch, also at a corner, are one place; so are ends with at most `join_px` pixels
    between them, along the longer of both axes. Pixels whose walks end at the same place are a
    basin, each connected piece (along sides) of them one of its own.

    Args:
        islands: The components, at least join_px + 2 apart.
        ends: Flat indices on the sheet, in the order of `Islands.spots`.
        join_px: At least 0.

    Returns:
        Basins 1 .. n on the sheet, 0 between the components.
    """
    met = np.zeros(islands.ids.shape, dtype=bool)
    met.ravel()[ends] = True
    for _ in range(join_px):
        met[1:] |= met[:-1].copy()
        met[:, 1:] |= met[:, :-1].copy()
    places, _ = ndimage.label(met, _CORNERS_TOO)
    basins = np.zeros(islands.ids.size, dtype=np.int32)
    basins[islands.spots] = places.ravel()[ends]
    pieces = label_equal(basins.reshape(islands.ids.shape), background=0, connectivity=1)
    return np.asarray(pieces, dtype=np.int32)


def absorb_scraps(basins: LabelArray, min_px: int, max_basins: int) -> LabelArray:
    """Joins basins that are too small to the neighbour with which they share the longest border.

    Of equally long borders that with the larger neighbour counts. Repeated until what is too small
    has no neighbour; each round at least halves them. Nothing gets lost.

    Args:
        basins: Labels on a sheet, 0 is background.
        min_px: Smaller basins are too small.
        max_basins: All but so many, the largest ones, are too small.

    Returns:
        Labels 0 .. n without gaps.
    """
    while True:
        sizes = np.bincount(basins.ravel())
        small = (sizes < min_px) | ~are_largest(sizes, max_basins)
        small[0] = False
        sources, targets, borders = _borders(basins, small)
        if not sources.size:
            return basins
        order = np.lexsort((-targets, sizes[targets], borders, sources))
        last = np.append(np.diff(sources[order]) > 0, True)
        links = (sources[order][last], targets[order][last])
        graph = sparse.coo_matrix((np.ones(links[0].size), links), shape=(sizes.size, sizes.size))
        _, groups = sparse.csgraph.connected_components(graph, directed=False)
        basins = groups.astype(np.int32)[basins]


def _borders(
    basins: LabelArray, small: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Small basins, their neighbours, and how many pixel sides they share; each pair once."""
    ones, others = [], []
    for one, other in ((basins[1:], basins[:-1]), (basins[:, 1:], basins[:, :-1])):
        between = (one != other) & (one > 0) & (other > 0)
        ones += [one[between], other[between]]
        others += [other[between], one[between]]
    sources = np.concatenate(ones).astype(np.int64)
    pairs = sources * small.size + np.concatenate(others)
    found, borders = np.unique(pairs[small[sources]], return_counts=True)
    return found // small.size, found % small.size, borders
