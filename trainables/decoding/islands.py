"""The components of a mask, cut out and laid side by side: little background to compute on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["Islands"]

IntArray = NDArray[np.intp]

# Components whose boxes cover more than this many images stay where they are: mazes and stripes.
_MAX_COVER = 4
_COVER_GAP = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Islands:
    """The components of a mask on a small sheet, each in its box, far enough from the others.

    What looks no further than the gap sees one component alone, wherever the others are. Pixels
    that touch at a corner only are not connected. Components that are entangled, so that their
    boxes together would cover four images, stay in their places instead: then a filter sees its
    neighbours too. That depends on the mask alone.

    Attributes:
        shape: Of the image.
        pixels: The mask's pixels in the image, as flat indices, ascending.
        spots: The same pixels on the sheet, as flat indices.
        homes: Their components, int32.
        ids: Components 1 .. n on the sheet, 0 between them, int32.
        gap_px: Least distance between components on the sheet.
        sizes: Pixels of each component, shape (n + 1,); 0 for the background.
    """

    shape: tuple[int, int]
    pixels: IntArray
    spots: IntArray
    homes: NDArray[np.int32]
    ids: NDArray[np.int32]
    sizes: IntArray
    gap_px: int

    @classmethod
    def from_mask(cls, mask: NDArray[np.bool_], gap_px: int) -> Islands:
        """Cuts a mask (H, W) into components, at least `gap_px` apart on the sheet."""
        components, num = ndimage.label(mask)
        pixels = np.flatnonzero(components)
        ids = components.ravel()[pixels]
        rows, cols = np.divmod(pixels, max(mask.shape[1], 1))
        boxes = _Boxes.around(components, num, mask.shape)
        sheet_shape, tops, lefts = boxes.lay_out(gap_px)
        spots = (rows + tops[ids]) * sheet_shape[1] + cols + lefts[ids]
        sheet = np.zeros(sheet_shape, dtype=np.int32)
        sheet.ravel()[spots] = ids
        return cls(
            shape=mask.shape,
            pixels=pixels,
            spots=spots,
            homes=ids,
            ids=sheet,
            sizes=np.bincount(ids, minlength=num + 1),
            gap_px=gap_px,
        )

    @property
    def nbytes(self) -> int:
        """Memory."""
        arrays = (self.pixels, self.spots, self.homes, self.ids, self.sizes)
        return sum(array.nbytes for array in arrays)

    @property
    def num(self) -> int:
        """How many components there are."""
        return self.sizes.size - 1

    def put_back(self, labels: NDArray[np.int32]) -> NDArray[np.int32]:
        """Labels of the mask's pixels, in the order of `pixels`, as an image (H, W), 0 elsewhere.

        They are renumbered from 1 without gaps, in their old order; 0 stays 0.
        """
        used = np.zeros(int(labels.max(initial=0)) + 1, dtype=bool)
        used[labels] = True
        used[0] = False
        new_ids = np.where(used, np.cumsum(used), 0).astype(np.int32)
        image = np.zeros(self.shape, dtype=np.int32)
        image.ravel()[self.pixels] = new_ids[labels]
        return image


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Boxes:
    """Bounding boxes of components 1 .. n, each of shape (n,), in an image of some shape."""

    tops: IntArray
    lefts: IntArray
    heights: IntArray
    widths: IntArray
    shape: tuple[int, int]

    @classmethod
    def around(cls, components: NDArray[np.int32], num: int, shape: tuple[int, int]) -> _Boxes:
        found = ndimage.find_objects(components, num) if num else []
        sides = [(y.start, x.start, y.stop - y.start, x.stop - x.start) for y, x in found]
        tops, lefts, heights, widths = np.array(sides, dtype=np.intp).reshape(-1, 4).T
        return cls(tops=tops, lefts=lefts, heights=heights, widths=widths, shape=shape)

    def lay_out(self, gap: int) -> tuple[tuple[int, int], IntArray, IntArray]:
        """The sheet's shape, and how far the pixels of each id move down and right."""
        height, width = self.shape
        cover = int(((self.heights + _COVER_GAP) * (self.widths + _COVER_GAP)).sum())
        if not self.tops.size or cover > _MAX_COVER * (height + _COVER_GAP) * (width + _COVER_GAP):
            still = np.full(self.tops.size + 1, gap)
            return (height + 2 * gap, width + 2 * gap), still, still
        return self._shelve(gap)

    def _shelve(self, gap: int) -> tuple[tuple[int, int], IntArray, IntArray]:
        # Tallest first, along shelves of about the same length; the last box may stick out.
        order = np.argsort(-self.heights, kind="stable")
        heights, widths = self.heights[order] + gap, self.widths[order] + gap
        length = max(int(np.sqrt((heights * widths).sum())), int(widths.max()))
        ends = np.cumsum(widths)
        shelves = (ends - widths) // length
        firsts = np.flatnonzero(np.diff(shelves, prepend=-1))
        shelf_tops = np.concatenate(([0], np.cumsum(heights[firsts])))
        rank = np.cumsum(np.diff(shelves, prepend=-1) > 0) - 1
        tops = np.empty(order.size + 1, dtype=np.intp)
        lefts = np.empty_like(tops)
        tops[order + 1] = shelf_tops[rank] + gap - self.tops[order]
        lefts[order + 1] = (ends - widths) - shelves * length + gap - self.lefts[order]
        right = int((ends - shelves * length).max())
        return (int(shelf_tops[-1]) + gap, right + gap), tops, lefts
