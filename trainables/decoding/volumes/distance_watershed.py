"""Distance map -> instances: the foreground is cut at its waists, from seeds deep inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.decoding.ranges import check_at_least
from trainables.decoding.volumes.bench import DecodedVolume, VolumeBench, VolumeDecoder
from trainables.decoding.volumes.bounds import Bounds
from trainables.decoding.volumes.crate import Crate
from trainables.decoding.volumes.instances import grow_seeds

__all__ = ["DistanceWatershed"]

# Distances are compared to this fraction of the smallest side of a voxel, which hides rounding.
_LEVELS = 1 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceWatershed(VolumeDecoder):
    """A watershed by the shape of the foreground, which the learnt distance gives with its seeds.

    1. The foreground is `edt > edt_foreground`; for each of its voxels the distance to the
    background is measured, in units of the spacing. Beyond the volume is background too.
    2. Seeds are the components, corners included, of the part of it where `edt > edt_seed`; those
    with fewer than `min_seed_voxels` voxels are dropped.
    3. The foreground is flooded from the seeds, over sides of voxels, deepest first. Parts without
    a seed are background.
    4. Instances with fewer than `min_instance_voxels` voxels are dropped.

    Attributes:
        edt_seed: In [-1, 1], and so is the next.
        edt_foreground: Should not be above it.
        min_seed_voxels: Smallest seed.
        min_instance_voxels: Smallest instance.
        max_seeds: At most this many per volume, the largest, for hopeless maps have many thousands.

    Raises:
        ValueError: A setting is out of its range.
    """

    edt_seed: float = 0.4
    edt_foreground: float = 0.0
    min_seed_voxels: int = 8
    min_instance_voxels: int = 32
    max_seeds: int = 20_000

    def __post_init__(self) -> None:
        check_at_least(self, -1, "edt_seed", "edt_foreground")
        check_at_least(self, 0, "min_seed_voxels", "min_instance_voxels")
        check_at_least(self, 1, "max_seeds")

    @property
    def foreground(self) -> Bounds:
        """What a voxel of an instance keeps."""
        return Bounds(edt=self.edt_foreground)

    @property
    def seed(self) -> Bounds:
        """What a voxel of a seed keeps beside that."""
        return Bounds(edt=self.edt_seed)

    def decode_on(self, bench: VolumeBench) -> DecodedVolume:
        """Finds the instances of a bench's volume, see `VolumeBench.decode`."""

        def heights(crate: Crate) -> NDArray[np.float64]:
            return bench.keep(
                ("depth below the border", self.foreground),
                lambda: _depth(crate, bench.holds(self.foreground), bench.spacing),
            )

        return grow_seeds(bench, self, heights)


def _depth(
    crate: Crate, inside: NDArray[np.bool_], spacing: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Minus the distance to the background, in whole fractions of a voxel.

    The nearest voxel of the background touches the component or lies in its box, so the packed
    volume answers as the whole one does.
    """
    sampling = np.array(spacing, np.float64) / min(spacing)
    distance = ndimage.distance_transform_edt(crate.lay(inside), sampling=sampling)
    return -np.rint(crate.take(distance) * _LEVELS)
