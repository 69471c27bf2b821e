"""Foreground and seeds -> instances, on the voxels of a bench."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.decoding.components import are_largest
from trainables.decoding.volumes.bench import DecodedVolume, VolumeBench
from trainables.decoding.volumes.bounds import Bounds
from trainables.decoding.volumes.crate import CORNERS, Crate
from trainables.decoding.volumes.floods import flood

__all__ = ["components_of", "grow_seeds"]

IdArray = NDArray[np.int32]


def components_of(bench: VolumeBench, foreground: Bounds, min_voxels: int) -> DecodedVolume:
    """The components of the foreground, corners included, without those that are too small."""
    crate = bench.pack(foreground)
    parts = bench.keep(
        ("components", foreground), lambda: _parts(crate, bench.holds(foreground), corners=True)
    )
    return _instances(crate, parts, min_voxels, is_cut=False)


class SeededDecoder(Protocol):
    """A decoder that grows seeds; see its attributes."""

    @property
    def min_seed_voxels(self) -> int:
        """Smaller seeds are dropped."""

    @property
    def min_instance_voxels(self) -> int:
        """Smaller instances are dropped."""

    @property
    def max_seeds(self) -> int:
        """At most so many, the largest."""

    @property
    def foreground(self) -> Bounds:
        """What is flooded."""

    @property
    def seed(self) -> Bounds:
        """What seeds keep, beside that; they are its components, corners included."""


def grow_seeds(
    bench: VolumeBench,
    decoder: SeededDecoder,
    heights: Callable[[Crate], NDArray[np.float64]],
) -> DecodedVolume:
    """Floods the foreground from its seeds; parts of it without a seed are background.

    Args:
        bench: The volume.
        decoder: Says what is flooded from where.
        heights: Of the packed voxels; low ground is flooded first.
    """
    foreground, seed = decoder.foreground, decoder.seed
    crate = bench.pack(foreground)
    parts = bench.keep(
        ("parts", foreground), lambda: _parts(crate, bench.holds(foreground), corners=False)
    )
    seeds = bench.keep(
        ("seeds", foreground, seed),
        lambda: _parts(crate, (parts > 0) & bench.holds(seed), corners=True),
    )
    sizes = np.bincount(seeds, minlength=1)
    is_seed = sizes >= max(decoder.min_seed_voxels, 1)
    is_seed[0] = False
    is_cut = bool(np.count_nonzero(is_seed) > decoder.max_seeds)
    is_seed &= are_largest(np.where(is_seed, sizes, 0), decoder.max_seeds)
    chosen = np.where(is_seed, np.arange(sizes.size), 0).astype(np.int32)[seeds]
    values = flood(crate, parts, heights(crate), chosen, sizes.size - 1)
    return _instances(crate, values, decoder.min_instance_voxels, is_cut=is_cut)


def _parts(crate: Crate, inside: NDArray[np.bool_], *, corners: bool) -> IdArray:
    labels, _ = ndimage.label(crate.lay(inside), structure=CORNERS if corners else None)
    return crate.take(labels)


def _instances(crate: Crate, values: IdArray, min_voxels: int, *, is_cut: bool) -> DecodedVolume:
    sizes = np.bincount(values, minlength=1)
    first = np.full(sizes.size, values.size)
    first[values[::-1]] = np.arange(values.size)[::-1]
    kept = sizes >= max(min_voxels, 1)
    kept[0] = False
    order = np.flatnonzero(kept)[np.argsort(first[kept])]
    new_ids = np.zeros(sizes.size, np.int32)
    new_ids[order] = np.arange(1, order.size + 1)
    return DecodedVolume(
        shape=crate.shape, pixels=crate.voxels, values=new_ids[values], is_cut=is_cut
    )
