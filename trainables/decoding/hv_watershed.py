"""HoVer maps -> label map: markers where the maps rise, then a watershed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from trainables.decoding.bench import Decoded, DecodingBench
from trainables.decoding.components import are_largest, select_labels
from trainables.decoding.flooding import flood
from trainables.decoding.ranges import check_at_least, check_fraction
from trainables.decoding.rise import border_evidence

__all__ = ["HVWatershed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HVWatershed:
    """Cuts the foreground into nuclei along the jumps of the HoVer maps.

    1. The mask is `np >= np_threshold` without small components. Each of them is decoded alone: the
    maps count as 0 outside it.
    2. A Sobel filter measures how steeply the horizontal map rises along x and the vertical one
    along
       y, relative to the mean slope of the mask component. The slower rise gives the border
       evidence in [0, 1]: 0 rises as inside a nucleus, 0.5 is level, 1 falls as between two that
       touch.
    3. Pixels of the mask with less evidence than `marker_threshold` are markers, opened, without
    small
       ones, at most `max_markers`. A mask component without any marker becomes a nucleus as it is.
    4. Markers are flooded along the evidence inside the mask, so nothing of the mask gets lost.

    The result does not depend on the scale of the maps. The time is bounded by the number of
    pixels, whatever the maps look like.

    Differs: the published scheme stretches each image's slopes to [0, 1] between their extremes, so
    its thresholds mean something else on each image, and drops nuclei without a marker. Here 0.5
    is level ground always.

    Attributes:
        np_threshold: Least probability of foreground, in [0, 1].
        marker_threshold: Border evidence that ends a marker, in [0, 1]. Lower cuts more; from 0.5
            on, level ground belongs to the markers. Between 0.42 and 0.5 results hardly change.
        sobel_px: Side of the Sobel kernels, odd, at least 3. Larger smooths more.
        opening_px: Diameter of the disk that opens the markers; below 2 does nothing.
        min_object_px: Smaller mask components are dropped.
        min_marker_px: Smaller markers are dropped.
        max_markers: Only the largest markers are kept, for hopeless maps break into many thousands.

    Raises:
        ValueError: A setting is out of its range.

    Source: Graham et al. 2019, doi:10.1016/j.media.2019.101563.
    """

    np_threshold: float = 0.5
    marker_threshold: float = 0.48
    sobel_px: int = 7
    opening_px: int = 0
    min_object_px: int = 10
    min_marker_px: int = 5
    max_markers: int = 20_000

    def __post_init__(self) -> None:
        check_fraction(self, "np_threshold", "marker_threshold")
        if self.sobel_px < 3 or self.sobel_px % 2 == 0:
            raise ValueError(f"sobel_px must be odd and at least 3, got {self.sobel_px}")
        check_at_least(self, 0, "opening_px", "min_object_px", "min_marker_px")
        check_at_least(self, 1, "max_markers")

    def decode(self, outputs: Mapping[str, ArrayLike]) -> NDArray[np.int32]:
        """Finds the nuclei of one image.

        Args:
            outputs: `np`, the probability of foreground, shape (H, W), NaN is background; and `hv`,
                the horizontal and vertical map, shape (2, H, W), any scale, NaN and infinities
                count as 0. Any float dtype. Neither is written to.

        Returns:
            Shape (H, W) int32: 0 background, nuclei 1 .. n without gaps.

        Raises:
            ValueError: The shapes do not belong together.
        """
        return self.decode_on(DecodingBench(outputs)).labels

    def decode_on(self, bench: DecodingBench) -> Decoded:
        """Finds the nuclei of a bench's image, see `DecodingBench.decode`."""
        gap_px = self.sobel_px // 2
        islands = bench.islands(self.np_threshold, gap_px)

        def compute() -> NDArray[np.float64]:
            return border_evidence(islands, bench.vectors(self.np_threshold), self.sobel_px)

        evidence = bench.keep(("evidence", self.np_threshold, self.sobel_px), compute)
        kept = islands.sizes >= self.min_object_px
        sure = evidence < self.marker_threshold
        if not kept[1:].all():
            sure &= kept[islands.ids]
        if self.opening_px >= 2:
            sure = ndimage.binary_opening(sure, _disk(self.opening_px))
        markers, _ = ndimage.label(sure)
        markers = markers.ravel()[islands.spots]
        sizes = np.bincount(markers, minlength=1)
        sizes[0] = 0
        keep = sizes >= max(self.min_marker_px, 1)
        is_cut = bool(np.count_nonzero(keep) > self.max_markers)
        if is_cut:
            keep = are_largest(sizes, self.max_markers)
        labels = flood(islands, evidence, *select_labels(markers, keep))
        labels[~kept[islands.homes]] = 0
        return Decoded(labels=islands.put_back(labels), is_cut=is_cut)


def _disk(diameter: int) -> NDArray[np.bool_]:
    offset = np.arange(diameter) - (diameter - 1) / 2
    return np.asarray(offset[:, None] ** 2 + offset**2 <= diameter**2 / 4)
