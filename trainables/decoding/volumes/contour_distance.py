"""Foreground, contour and distance -> instances: a threshold for seeds, one for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trainables.decoding.ranges import check_at_least, check_fraction
from trainables.decoding.volumes.bench import DecodedVolume, VolumeBench, VolumeDecoder
from trainables.decoding.volumes.bounds import Bounds
from trainables.decoding.volumes.crate import Crate
from trainables.decoding.volumes.instances import components_of, grow_seeds

__all__ = ["ContourDistance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContourDistance(VolumeDecoder):
    """Seeds are where all three maps are sure; from there the foreground is flooded.

    1. The foreground is where `binary > binary_foreground`, `boundary < boundary_foreground` and
    `edt > edt_foreground`.
    2. Seeds are the components, corners included, of the part of it that keeps the limits of seeds
    as well; those with fewer than `min_seed_voxels` voxels are dropped.
    3. The foreground is flooded from the seeds, over sides of voxels, from the largest `edt`
    downwards; what is not above 0 counts as 0. Parts without a seed are background: a foreground
    that cuts too much can't be mended by more seeds.
    4. Instances with fewer than `min_instance_voxels` voxels are dropped.

    Attributes:
        binary_seed: In [0, 1], and so is the next.
        binary_foreground: Should not be above it.
        boundary_seed: From 0; above 1 the contour is not asked.
        boundary_foreground: Should not be below it.
        edt_seed: In [-1, 1].
        edt_foreground: Should not be above it. The background of `edt` is -1.
        min_seed_voxels: Smallest seed.
        min_instance_voxels: Smallest instance.
        method: `watershed`; or `cc`: instances are the components of the foreground, corners
            included, and seeds are not asked.
        max_seeds: At most this many per volume, the largest, for hopeless maps have many thousands.

    Raises:
        ValueError: A setting is out of its range.

    Differs: public decoders take `edt` as it is where it is negative, and break ties between equal
    voxels by chance.
    """

    binary_seed: float = 0.8
    binary_foreground: float = 0.5
    boundary_seed: float = 0.5
    boundary_foreground: float = 1.01
    edt_seed: float = 0.3
    edt_foreground: float = -0.5
    min_seed_voxels: int = 8
    min_instance_voxels: int = 32
    method: Literal["watershed", "cc"] = "watershed"
    max_seeds: int = 20_000

    def __post_init__(self) -> None:
        check_fraction(self, "binary_seed", "binary_foreground")
        check_at_least(self, 0, "boundary_seed", "boundary_foreground")
        check_at_least(self, -1, "edt_seed", "edt_foreground")
        check_at_least(self, 0, "min_seed_voxels", "min_instance_voxels")
        check_at_least(self, 1, "max_seeds")
        if self.method not in {"watershed", "cc"}:
            raise ValueError(f"method must be watershed or cc, got {self.method!r}")

    @property
    def foreground(self) -> Bounds:
        """What a voxel of an instance keeps."""
        return Bounds(
            binary=self.binary_foreground,
            boundary=self.boundary_foreground,
            edt=self.edt_foreground,
        )

    @property
    def seed(self) -> Bounds:
        """What a voxel of a seed keeps beside that."""
        return Bounds(binary=self.binary_seed, boundary=self.boundary_seed, edt=self.edt_seed)

    def decode_on(self, bench: VolumeBench) -> DecodedVolume:
        """Finds the instances of a bench's volume, see `VolumeBench.decode`."""
        if self.method == "cc":
            return components_of(bench, self.foreground, self.min_instance_voxels)

        def heights(_: Crate) -> NDArray[np.float64]:
            return bench.keep(
                ("depth",), lambda: -np.maximum(bench.packed("edt"), 0).astype(np.float64)
            )

        return grow_seeds(bench, self, heights)
