"""Probability map -> instances: connected components, the floor for every other decoder."""

from __future__ import annotations

from dataclasses import dataclass

from trainables.decoding.ranges import check_at_least, check_fraction
from trainables.decoding.volumes.bench import DecodedVolume, VolumeBench, VolumeDecoder
from trainables.decoding.volumes.bounds import Bounds
from trainables.decoding.volumes.instances import components_of

__all__ = ["VolumeComponents"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeComponents(VolumeDecoder):
    """Each component of `binary > threshold`, corners included, is an instance.

    Attributes:
        threshold: In [0, 1].
        min_instance_voxels: Smaller components are dropped.

    Raises:
        ValueError: A setting is out of its range.
    """

    threshold: float = 0.5
    min_instance_voxels: int = 32

    def __post_init__(self) -> None:
        check_fraction(self, "threshold")
        check_at_least(self, 0, "min_instance_voxels")

    @property
    def foreground(self) -> Bounds:
        """What a voxel of an instance keeps."""
        return Bounds(binary=self.threshold)

    def decode_on(self, bench: VolumeBench) -> DecodedVolume:
        """Finds the instances of a bench's volume, see `VolumeBench.decode`; never cut."""
        return components_of(bench, self.foreground, self.min_instance_voxels)
