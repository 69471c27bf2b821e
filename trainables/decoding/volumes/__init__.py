"""From instances in a volume to the maps that a network learns, and back. No torch."""

from trainables.decoding.volumes.bench import DecodedVolume, VolumeBench
from trainables.decoding.volumes.bounds import Bounds
from trainables.decoding.volumes.components import VolumeComponents
from trainables.decoding.volumes.contour_distance import ContourDistance
from trainables.decoding.volumes.distance_watershed import DistanceWatershed
from trainables.decoding.volumes.targets import boundary_targets, edt_targets, volume_targets

__all__ = [
    "Bounds",
    "ContourDistance",
    "DecodedVolume",
    "DistanceWatershed",
    "VolumeBench",
    "VolumeComponents",
    "boundary_targets",
    "edt_targets",
    "volume_targets",
]
