"""HoVer maps -> label map: markers where the maps rise, then a watershed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from trainables.decoding.components import label_components, select_labels
from trainables.decoding.rise import border_evidence

__all__ = ["HVWatershed"]

LabelArray = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class HVWatershed:
    """Cuts the foreground into nuclei along the jumps of the HoVer maps.

    1. The mask is `np >= np_threshold` without small components; the maps count as 0 outside it.
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
        for name in ("np_threshold", "marker_threshold"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], got {getattr(self, name)}")
        if self.sobel_px < 3 or self.sobel_px % 2 == 0:
            raise ValueError(f"sobel_px must be odd and at least 3, got {self.sobel_px}")
        for name in ("opening_px", "min_object_px", "min_marker_px"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        if self.max_markers < 1:
            raise ValueError(f"max_markers must be at least 1, got {self.max_markers}")

    def decode(self, outputs: Mapping[str, ArrayLike]) -> LabelArray:
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
        probability, maps = np.asarray(outputs["np"]), np.asarray(outputs["hv"])
        if probability.ndim != 2 or maps.shape != (2, *probability.shape):
            raise ValueError(
                "np must have shape (H, W) and hv (2, H, W), "
                f"got {probability.shape} and {maps.shape}"
            )
        components, num_components = label_components(
            probability >= self.np_threshold, self.min_object_px
        )
        if not num_components:
            return np.zeros(probability.shape, dtype=np.int32)
        known = (components > 0) & np.isfinite(maps)
        masked = np.where(known, maps, 0).astype(np.float64)
        evidence = border_evidence(masked, components, num_components, self.sobel_px)
        markers = self._markers((components > 0) & (evidence < self.marker_threshold))
        return _flood(evidence, markers, components, num_components)

    def _markers(self, sure: NDArray[np.bool_]) -> LabelArray:
        if self.opening_px >= 2:
            sure = ndimage.binary_opening(sure, _disk(self.opening_px))
        markers, num_markers = label_components(sure, self.min_marker_px)
        if num_markers <= self.max_markers:
            return markers
        sizes = np.bincount(markers.ravel())
        sizes[0] = 0
        keep = np.zeros(sizes.size, dtype=bool)
        keep[np.argsort(-sizes, kind="stable")[: self.max_markers]] = True
        return select_labels(markers, keep)[0]


def _flood(
    evidence: NDArray[np.float64], markers: LabelArray, components: LabelArray, num_components: int
) -> LabelArray:
    """Divides each component among its markers; one with a single marker or none stays whole."""
    num_markers = int(markers.max())
    home = np.zeros(num_markers + 1, dtype=np.int64)
    home[markers] = components
    # Pixels without a marker have written a component to entry 0.
    home[0] = 0
    contested = np.bincount(home[1:], minlength=num_components + 1) > 1
    inside = contested[components]
    labels = components.copy()
    if inside.any():
        rows, cols = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
        box = (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1))
        mask = inside[box]
        flooded = watershed(evidence[box], np.where(mask, markers[box], 0), mask=mask)
        labels[box] = np.where(mask, flooded + num_components, labels[box])
    keep = np.zeros(num_components + num_markers + 1, dtype=bool)
    keep[labels] = True
    keep[0] = False
    return select_labels(labels, keep)[0]


def _disk(diameter: int) -> NDArray[np.bool_]:
    offset = np.arange(diameter) - (diameter - 1) / 2
    return np.asarray(offset[:, None] ** 2 + offset**2 <= diameter**2 / 4)
