"""Meeting points -> basins: which pixels end up at the same place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label as label_equal

from trainables.decoding.islands import Islands

__all__ = ["find_basins"]

_CORNERS_TOO = np.ones((3, 3), dtype=bool)


def find_basins(islands: Islands, ends: NDArray[np.intp], join_px: int) -> NDArray[np.int32]:
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
