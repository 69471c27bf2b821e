"""What can be wrong with the nuclei of one label map: pieces, holes, extent, neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label as find_pieces

from trainables.data.facts import find_touching
from trainables.metrics.ids import consecutive_ids

__all__ = ["NucleiMeasures", "measure_nuclei"]

_ALL, _BUT_LAST, _BUT_FIRST = slice(None), slice(None, -1), slice(1, None)
_NEIGHBOURS = (
    ((_ALL, _BUT_LAST), (_ALL, _BUT_FIRST)),
    ((_BUT_LAST, _ALL), (_BUT_FIRST, _ALL)),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NucleiMeasures:
    """The nuclei of one label map, or of several; all arrays have the shape (K,).

    Attributes:
        areas_px: Pixels.
        sides_px: Longer side of the bounding box.
        pieces: Connected pieces, corners included; at least 1.
        hole_px: Pixels of background that the nucleus encloses.
        is_touching: Whether another nucleus is beside it, corners included.
    """

    areas_px: NDArray[np.int64]
    sides_px: NDArray[np.int64]
    pieces: NDArray[np.int64]
    hole_px: NDArray[np.int64]
    is_touching: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.areas_px)


def measure_nuclei(labels: NDArray[np.int32]) -> NucleiMeasures:
    """Measures every nucleus.

    Args:
        labels: (H, W); 0 background, any ids.

    Returns:
        One entry a nucleus, ids ascending.
    """
    flat, num_nuclei = consecutive_ids(labels.ravel())
    compact = flat.reshape(labels.shape).astype(np.int32)
    num_ids = num_nuclei + 1
    boxes = ndimage.find_objects(compact)
    sides_px = [max(rows.stop - rows.start, cols.stop - cols.start) for rows, cols in boxes]
    return NucleiMeasures(
        areas_px=np.bincount(compact.ravel(), minlength=num_ids)[1:],
        sides_px=np.array(sides_px, np.int64),
        pieces=_count_pieces(compact, num_ids),
        hole_px=_hole_pixels(compact, num_ids),
        is_touching=np.isin(np.arange(1, num_ids), find_touching(compact)),
    )


def _count_pieces(compact: NDArray[np.int32], num_ids: int) -> NDArray[np.int64]:
    pieces = find_pieces(compact, background=0, connectivity=2)
    id_of_piece = np.zeros(int(pieces.max()) + 1, np.int64)
    id_of_piece[pieces.ravel()] = compact.ravel()
    return np.bincount(id_of_piece[1:], minlength=num_ids)[1:]


def _hole_pixels(compact: NDArray[np.int32], num_ids: int) -> NDArray[np.int64]:
    """Background pixels of each nucleus that no path over sides leads out of."""
    gaps, num_gaps = ndimage.label(compact == 0)
    # What lies at the image's border is not enclosed.
    is_enclosed = np.ones(num_gaps + 1, bool)
    for border in (gaps[0], gaps[-1], gaps[:, 0], gaps[:, -1]):
        is_enclosed[border] = False
    is_enclosed[0] = False
    if not is_enclosed.any():
        return np.zeros(num_ids - 1, np.int64)
    lowest, highest = np.full(num_gaps + 1, num_ids), np.zeros(num_gaps + 1, np.int64)
    for before, after in _NEIGHBOURS:
        for gap_side, nucleus_side in ((before, after), (after, before)):
            beside = is_enclosed[gaps[gap_side]] & (compact[nucleus_side] > 0)
            gap, nucleus = gaps[gap_side][beside], compact[nucleus_side][beside]
            np.minimum.at(lowest, gap, nucleus)
            np.maximum.at(highest, gap, nucleus)
    by_one = is_enclosed & (lowest == highest)
    sizes_px = np.bincount(gaps.ravel(), minlength=num_gaps + 1)
    found = np.bincount(highest[by_one], weights=sizes_px[by_one], minlength=num_ids)
    return found[1:].astype(np.int64)
