"""Where the evidence for borders is low: markers, each with its deepest pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.decoding.islands import Islands

__all__ = ["Ground", "Markers"]

IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """Heights of the mask's pixels.

    Attributes:
        sheet: On the sheet of the islands.
        heights: The same in the order of `Islands.pixels`.
        ascending: The pixels from the deepest to the highest, as positions in `Islands.pixels`; of
            equally high ones the earlier.
    """

    sheet: NDArray[np.float64]
    heights: NDArray[np.float64]
    ascending: IntArray

    @classmethod
    def from_sheet(cls, islands: Islands, sheet: NDArray[np.float64], levels: int) -> Ground:
        """Sorts the pixels.

        Args:
            islands: The components.
            sheet: Heights in [0, 1] on their sheet, multiples of 1 / levels; 1 between them.
            levels: Below 2**16.
        """
        heights = sheet.ravel()[islands.spots]
        # Short whole numbers are sorted in two passes.
        ranks = np.rint(heights * levels).astype(np.uint16)
        return cls(sheet=sheet, heights=heights, ascending=np.argsort(ranks, kind="stable"))

    @property
    def nbytes(self) -> int:
        """Memory."""
        return self.sheet.nbytes + self.heights.nbytes + self.ascending.nbytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Markers:
    """Connected parts of the ground; arrays but for `ids` have shape (markers,).

    Attributes:
        deepest: The lowest pixel of each, as a position in `Islands.pixels`.
        ids: The marker of each of the mask's pixels, from 1, in the order of `Islands.pixels`; 0 is
            none.
        sizes: Their pixels.
        homes: The components in which they lie.
    """

    deepest: IntArray
    ids: NDArray[np.int32]
    sizes: IntArray
    homes: NDArray[np.int32]

    @classmethod
    def below(cls, islands: Islands, ground: Ground, height: float, opening_px: int) -> Markers:
        """Finds the parts that lie lower than a height.

        Args:
            islands: The components.
            ground: Heights on them.
            height: Not part of it any more; at most 1.
            opening_px: Diameter of the disk that opens them; below 2 does nothing.
        """
        sure = ground.sheet < height
        if opening_px >= 2:
            sure = ndimage.binary_opening(sure, _disk(opening_px))
        labels, num = ndimage.label(sure)
        ids = labels.ravel()[islands.spots].astype(np.int32, copy=False)
        # From the highest to the deepest, so that the deepest pixel of a marker is noted last.
        pixels = ground.ascending[: np.count_nonzero(ground.heights < height)][::-1]
        deepest = np.zeros(num + 1, dtype=np.intp)
        deepest[ids[pixels]] = pixels
        return cls(
            deepest=deepest[1:],
            ids=ids,
            sizes=np.bincount(ids, minlength=num + 1)[1:],
            homes=islands.homes[deepest[1:]],
        )

    @property
    def nbytes(self) -> int:
        """Memory."""
        return sum(part.nbytes for part in (self.deepest, self.ids, self.sizes, self.homes))


def _disk(diameter: int) -> NDArray[np.bool_]:
    offset = np.arange(diameter) - (diameter - 1) / 2
    return np.asarray(offset[:, None] ** 2 + offset**2 <= diameter**2 / 4)
