"""Seeds grow over the foreground, downhill first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import watershed

from trainables.decoding.volumes.crate import Crate

__all__ = ["flood"]

IdArray = NDArray[np.int32]


def flood(
    crate: Crate, parts: IdArray, heights: NDArray[np.float64], seeds: IdArray, num_seeds: int
) -> IdArray:
    """Divides each part of the foreground among its seeds.

    Equal heights are flooded from all sides at once. What comes out for a part does not depend on
    others: voxels of seeds that are equally low begin in the order of the volume, where a heap
    alone would take any.

    Args:
        crate: The voxels.
        parts: Of each the part of the foreground, connected over sides, from 1; 0 is outside.
        heights: Of each; low ground is flooded first.
        seeds: Of each the seed, 1 .. `num_seeds`, or 0.
        num_seeds: How many.

    Returns:
        Of each its seed; 0 outside, and in parts without any.
    """
    pairs = np.unique(parts[seeds > 0].astype(np.int64) * (num_seeds + 1) + seeds[seeds > 0])
    owners, owned = np.divmod(pairs, num_seeds + 1)
    num_parts = int(parts.max(initial=0))
    rivals = np.bincount(owners, minlength=num_parts + 1)
    only = np.zeros(num_parts + 1, np.int32)
    only[owners] = owned
    only[rivals > 1] = 0
    labels = only[parts]
    inside = np.flatnonzero(rivals[parts] > 1)
    if inside.size:
        labels[inside] = _flood(crate, inside, heights[inside], seeds)
    return labels


def _flood(crate: Crate, inside: NDArray[np.intp], heights: NDArray, seeds: IdArray) -> IdArray:
    markers = seeds[inside]
    spots = crate.spots[inside]
    seed_box = crate.lay(seeds)
    mask = np.zeros(crate.box_shape, bool)
    mask.ravel()[spots] = True
    # Amid its own seed a voxel can't flood anything.
    flat = seed_box.ravel()
    is_amid = (markers > 0) & np.logical_and.reduce(
        [flat[spots + step] == markers for step in crate.steps()]
    )
    mask.ravel()[spots[is_amid]] = False
    ground = np.zeros(crate.box_shape)
    ground.ravel()[spots] = _distinct(heights, markers > 0)
    flooded = watershed(ground, seed_box * mask, mask=mask).ravel()[spots]
    return np.where(markers > 0, markers, flooded)


def _distinct(heights: NDArray, is_seed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The ranks of the heights, with those of seeds just below, one after the other.

    Voxels of a seed wait in the watershed's heap from the start and all have the same age there.
    """
    _, ranks = np.unique(heights, return_inverse=True)
    places = np.cumsum(is_seed)
    scale = float(places[-1]) + 1
    return np.where(is_seed, (ranks - 1) * scale + places, ranks * scale)
