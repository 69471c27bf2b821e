"""The components of a mask in a volume, packed into a small box: little background to compute on.

Vesicles fill a few per mille of a volume; a decoding that looks at all of it spends nearly all of
its time on nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["CORNERS", "Crate"]

IntArray = NDArray[np.intp]

#: Voxels are neighbours if they share a side, an edge or a corner.
CORNERS = np.ones((3, 3, 3), bool)
# Between components, and around them all: what looks one voxel far sees its own component alone.
_GAP = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crate:
    """Components, corners included, each as it is, at least a voxel from all others.

    The voxels of a component come in the same order in the box as in the volume.

    Attributes:
        shape: Of the volume.
        voxels: The mask's voxels in the volume, as flat indices, ascending.
        spots: The same voxels in the box, as flat indices.
        box_shape: Of the box.
    """

    shape: tuple[int, ...]
    voxels: IntArray
    spots: IntArray
    box_shape: tuple[int, ...]

    @classmethod
    def pack(cls, mask: NDArray[np.bool_]) -> Crate:
        """Packs the components of a mask (Z, Y, X)."""
        parts, num = ndimage.label(mask, structure=CORNERS)
        voxels = np.flatnonzero(parts)
        ids = parts.ravel()[voxels]
        found = ndimage.find_objects(parts, num) if num else []
        starts = np.array([[s.start for s in box] for box in found], np.intp).reshape(-1, 3)
        sides = np.array([[s.stop - s.start for s in box] for box in found], np.intp).reshape(-1, 3)
        box_shape, corners = _lay_out(sides, mask.shape, starts)
        shifts = corners - starts
        places = [
            along + shifts[ids - 1, axis]
            for axis, along in enumerate(np.unravel_index(voxels, mask.shape))
        ]
        spots = (places[0] * box_shape[1] + places[1]) * box_shape[2] + places[2]
        return cls(shape=mask.shape, voxels=voxels, spots=spots, box_shape=box_shape)

    @property
    def nbytes(self) -> int:
        """Memory."""
        return self.voxels.nbytes + self.spots.nbytes

    def lay(self, values: NDArray, outside: float = 0) -> NDArray:
        """Values of the mask's voxels, in the order of `voxels`, as the box."""
        box = np.full(self.box_shape, outside, values.dtype)
        box.ravel()[self.spots] = values
        return box

    def take(self, box: NDArray) -> NDArray:
        """The values of the mask's voxels, in the order of `voxels`."""
        return box.ravel()[self.spots]

    def steps(self) -> tuple[int, ...]:
        """From a spot to its six neighbours in the flat box."""
        _, height, width = self.box_shape
        return (-height * width, -width, -1, 1, width, height * width)


def _lay_out(
    sides: IntArray, shape: tuple[int, ...], starts: IntArray
) -> tuple[tuple[int, ...], IntArray]:
    """The shape of the box, and where the first corner of each component comes, shape (n, 3)."""
    whole = tuple(side + 2 * _GAP for side in shape)
    if not len(sides):
        return (1, 1, 1), starts
    box_shape, corners = _stack(sides + _GAP)
    # Mazes and dense tissue have boxes that cover more than the volume: they stay where they are.
    if np.prod(box_shape, dtype=float) > np.prod(whole, dtype=float):
        return whole, starts + _GAP
    return box_shape, corners


def _stack(sides: IntArray) -> tuple[tuple[int, ...], IntArray]:
    """Deepest first, layer on layer, each of about the same area."""
    edge = max(int(np.cbrt(np.prod(sides, axis=1, dtype=float).sum())), *sides[:, 1:].max(axis=0))
    order = np.argsort(-sides[:, 0], kind="stable")
    areas = np.cumsum(sides[order, 1] * sides[order, 2])
    layers = (areas - 1) // (edge * edge)
    corners = np.empty_like(sides)
    depth, height, width = _GAP, 0, 0
    for layer in np.unique(layers):
        members = order[layers == layer]
        tops, lefts = _shelve(sides[members, 1:], edge)
        corners[members] = np.stack([np.full(len(members), depth), tops, lefts], axis=1)
        depth += int(sides[members, 0].max())
        height = max(height, int((tops + sides[members, 1]).max()))
        width = max(width, int((lefts + sides[members, 2]).max()))
    return (depth, height, width), corners


def _shelve(sides: IntArray, length: int) -> tuple[IntArray, IntArray]:
    """Tallest first, along shelves of about the same length; the last one may stick out."""
    order = np.argsort(-sides[:, 0], kind="stable")
    heights, widths = sides[order].T
    ends = np.cumsum(widths)
    shelves = (ends - widths) // length
    is_first = np.diff(shelves, prepend=-1) > 0
    rank = np.cumsum(is_first) - 1
    tops = np.cumsum(np.append(0, heights[is_first]))
    firsts = (ends - widths)[is_first]
    found = np.empty((2, len(order)), np.intp)
    found[0, order] = tops[rank] + _GAP
    found[1, order] = (ends - widths) - firsts[rank] + _GAP
    return found[0], found[1]
