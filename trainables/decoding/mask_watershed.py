"""Probability map -> label map: a watershed on the distance to the background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from skimage.morphology import local_maxima, reconstruction

from trainables.decoding.bench import Decoded, DecodingBench
from trainables.decoding.components import are_largest, label_components, select_labels
from trainables.decoding.flooding import flood
from trainables.decoding.islands import Islands
from trainables.decoding.ranges import check_at_least, check_fraction

__all__ = ["MaskWatershed"]

# Depths are measured to this fraction of a pixel, which hides rounding.
_LEVELS = 1 << 10
_CROSS = ndimage.generate_binary_structure(2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskWatershed:
    """Cuts the foreground at its waists, by its shape alone.

    1. The mask is `np >= np_threshold` without small components, each of which is decoded alone.
    2. For every pixel of it the distance to the component's border, where the image's border is
    one too, smoothed.
    3. Maxima of the distance are seeds, if no path to a higher one stays within `seed_depth_px` of
    their height; at most `max_markers`.
    4. Seeds are flooded from the greatest distances down, inside the mask, of which nothing gets
    lost.

    Attributes:
        np_threshold: Least probability of foreground, in [0, 1].
        smooth_px: Standard deviation of the Gaussian that smooths the distance; 0 does nothing.
        seed_depth_px: How far the distance must fall between two seeds. More cuts less.
        min_object_px: Smaller mask components are dropped.
        max_markers: Only the largest seeds are kept.

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

    def decode(self, outputs: Mapping[str, ArrayLike]) -> NDArray[np.int32]:
        """Finds the nuclei of one image.

        Args:
            outputs: `np`, the probability of foreground, shape (H, W), NaN is background; not
                written to. Other maps are not read.

        Returns:
            Shape (H, W) int32: 0 background, nuclei 1 .. n without gaps.

        Raises:
            ValueError: The shape is another.
        """
        return self.decode_on(DecodingBench(outputs)).labels

    def decode_on(self, bench: DecodingBench) -> Decoded:
        """Finds the nuclei of a bench's image, see `DecodingBench.decode`."""
        islands = bench.islands(self.np_threshold, 1)
        key = ("distance", self.np_threshold, self.smooth_px)
        distance = bench.keep(key, lambda: _distance(islands, self.smooth_px))
        seeds = bench.keep(
            ("seeds", *key, self.seed_depth_px), lambda: _seeds(distance, self.seed_depth_px)
        )
        kept = islands.sizes >= self.min_object_px
        kept[0] = False
        markers, num_markers = label_components(seeds & kept[islands.ids], 1)
        is_cut = num_markers > self.max_markers
        if is_cut:
            largest = are_largest(np.bincount(markers.ravel()), self.max_markers)
            markers, _ = select_labels(markers, largest)
        return Decoded(labels=flood(islands, -distance, markers, kept), is_cut=is_cut)


def _distance(islands: Islands, smooth_px: float) -> NDArray[np.float64]:
    inside = islands.ids > 0
    distance = ndimage.distance_transform_edt(inside)
    if smooth_px > 0:
        distance = ndimage.gaussian_filter(distance, smooth_px)
    return np.where(inside, np.rint(distance * _LEVELS) / _LEVELS, 0)


def _seeds(distance: NDArray[np.float64], depth_px: float) -> NDArray[np.bool_]:
    # Cuts every peak's uppermost part off; what then is level and highest was a peak of that depth.
    level = reconstruction(np.maximum(distance - depth_px, 0), distance, footprint=_CROSS)
    return np.asarray(local_maxima(level, connectivity=1) & (level > 0))
