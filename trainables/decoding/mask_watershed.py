"""Probability map -> label map: a watershed on the distance to the background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.decoding.bench import BenchDecoder, Decoded, DecodingBench
from trainables.decoding.islands import Islands
from trainables.decoding.peaks import Peaks
from trainables.decoding.ranges import check_at_least, check_fraction
from trainables.decoding.scraps import nuclei_of_basins

__all__ = ["MaskWatershed"]

# Depths are measured to this fraction of a pixel, which hides rounding.
_LEVELS = 1 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskWatershed(BenchDecoder):
    """Cuts the foreground at its waists, by its shape alone.

    1. The mask is `np >= np_threshold`; each of its components is decoded alone.
    2. For every pixel of it the distance to the component's border, where the image's border is
    one too, smoothed.
    3. From each peak of the distance the component is flooded downwards. Then basins are joined
    across every pass that lies less than `seed_depth_px` below the lower of the two summits that
    it separates.
    4. A basin with fewer than `min_object_px` pixels, or beyond the `max_markers` largest, joins
    the neighbour with which it has the longest border; without a neighbour it stays, unless it is
    too small: then it is dropped. Nothing else of the mask gets lost.

    Attributes:
        np_threshold: Least probability of foreground, in [0, 1].
        smooth_px: Standard deviation of the Gaussian that smooths the distance; 0 does nothing.
        seed_depth_px: How far the distance must fall between two seeds. More cuts less.
        min_object_px: Smallest nucleus.
        max_markers: At most this many basins per image, for hopeless masks have many thousands.

    Raises:
        ValueError: A setting is out of its range.
    """

    np_threshold: float = 0.5
    smooth_px: float = 1.0
    seed_depth_px: float = 0.5
    min_object_px: int = 10
    max_markers: int = 20_000

    def __post_init__(self) -> None:
        check_fraction(self, "np_threshold")
        check_at_least(self, 0, "smooth_px", "seed_depth_px", "min_object_px")
        check_at_least(self, 1, "max_markers")

    def decode_on(self, bench: DecodingBench) -> Decoded:
        """Finds the nuclei of a bench's image, see `DecodingBench.decode`."""
        islands = bench.islands(self.np_threshold, 1)
        peaks = bench.keep(
            ("peaks", self.np_threshold, self.smooth_px),
            lambda: Peaks.from_heights(islands, _distance(islands, self.smooth_px)),
        )
        basins = peaks.basins_of_depth(self.seed_depth_px)
        return nuclei_of_basins(islands, basins, self.min_object_px, self.max_markers)


def _distance(islands: Islands, smooth_px: float) -> NDArray[np.float64]:
    inside = islands.ids > 0
    distance = ndimage.distance_transform_edt(inside)
    if smooth_px > 0:
        distance = ndimage.gaussian_filter(distance, smooth_px)
    return np.where(inside, np.rint(distance * _LEVELS) / _LEVELS, 0)
