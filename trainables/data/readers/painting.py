"""Paints instances into one label map, and settles who gets a pixel that several claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Painted", "paint", "split_by_id"]

_OVERLAP = "pixels claimed by two or more nuclei, given to the smaller one"
_HIDDEN = "nuclei without a pixel of their own (covered by smaller ones), left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """A label map, and what had to be settled.

    Attributes:
        labels: (H, W) int32; the instance at position i of the list has the id i + 1.
        types: By id, of those that have a pixel and a known type.
        remarks: What was settled, in words -> how often; without what did not occur.
    """

    labels: NDArray[np.int32]
    types: Mapping[int, int]
    remarks: Mapping[str, int]


def paint(
    shape: tuple[int, int], instances: Sequence[NDArray[np.int64]], types: Sequence[int] = ()
) -> Painted:
    """Paints instances from the largest to the smallest, so that the smaller one wins a pixel.

    Of equally large ones, the one that comes first in the list wins.

    Args:
        shape: Height and width.
        instances: Flat indices (row by row) of the pixels of each, none twice; may be empty.
        types: Type of each instance, 0 unknown; empty: there are no types.
    """
    labels = np.zeros(shape, np.int32)
    flat = labels.reshape(-1)
    sizes = np.array([len(pixels) for pixels in instances], np.int64)
    order = sorted(range(len(instances)), key=lambda place: (sizes[place], place), reverse=True)
    for place in order:
        flat[instances[place]] = place + 1
    seen = np.unique(flat[flat > 0])
    remarks = {
        _OVERLAP: int(sizes.sum()) - int(np.count_nonzero(flat)),
        _HIDDEN: int(np.count_nonzero(sizes)) - len(seen),
    }
    return Painted(
        labels=labels,
        types={label: types[label - 1] for label in seen.tolist() if types and types[label - 1]},
        remarks={words: count for words, count in remarks.items() if count},
    )


def split_by_id(ids: NDArray[np.int32]) -> tuple[NDArray[np.int32], list[NDArray[np.int64]]]:
    """The ids of a label map, ascending, and the flat indices of the pixels of each.

    Args:
        ids: (H, W); 0 background.
    """
    flat = ids.reshape(-1)
    places = np.flatnonzero(flat)
    order = np.argsort(flat[places], kind="stable")
    names, starts = np.unique(flat[places][order], return_index=True)
    return names, np.split(places[order], starts[1:]) if len(names) else []
