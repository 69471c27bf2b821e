"""HoVer maps -> label map: markers where the maps rise, then a watershed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainables.decoding.bench import BenchDecoder, Decoded, DecodingBench
from trainables.decoding.catchments import Catchments
from trainables.decoding.flooding import flood
from trainables.decoding.islands import Islands
from trainables.decoding.markers import Ground, Markers
from trainables.decoding.ranges import check_at_least, check_fraction
from trainables.decoding.rise import EVIDENCE_LEVELS, border_evidence

__all__ = ["HVWatershed"]

# In larger components some seed changes with every threshold: to remember divisions saves nothing,
# and to flood from whole markers is faster.
_LARGE_PX = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class HVWatershed(BenchDecoder):
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
    4. The mask is flooded from the deepest pixel of each marker (components above 8192 px: from the
    whole marker), along the evidence, so nothing of the mask gets lost.

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

    def decode_on(self, bench: DecodingBench) -> Decoded:
        """Finds the nuclei of a bench's image, see `DecodingBench.decode`."""
        islands = bench.islands(self.np_threshold, self.sobel_px // 2)
        kept = islands.sizes >= self.min_object_px
        stage = (self.np_threshold, self.sobel_px)
        ground = bench.keep(("ground", *stage), lambda: self._ground(bench, islands))
        markers = bench.keep(
            ("markers", *stage, self.opening_px, self.marker_threshold),
            lambda: Markers.below(islands, ground, self.marker_threshold, self.opening_px),
        )
        chosen = np.flatnonzero((markers.sizes >= self.min_marker_px) & kept[markers.homes])
        is_cut = chosen.size > self.max_markers
        if is_cut:
            chosen = chosen[np.argsort(-markers.sizes[chosen], kind="stable")[: self.max_markers]]
        large = kept & (islands.sizes > _LARGE_PX)
        is_apart = large[markers.homes[chosen]]
        catchments = bench.keep(("catchments", *stage), lambda: Catchments(islands, ground.heights))
        values = catchments.labels(np.sort(markers.deepest[chosen[~is_apart]]), kept)
        if is_apart.any():
            size_px = self.min_object_px if is_cut else max(self.min_object_px, _LARGE_PX)
            limits = (self.min_marker_px, self.max_markers, size_px)
            flooded = bench.keep(
                ("flooded", *stage, self.opening_px, self.marker_threshold, *limits),
                lambda: _flood(islands, ground, markers, chosen[is_apart]),
            )
            there = np.flatnonzero(large[islands.homes])
            values[there] = values.max() + flooded[there]
        return Decoded(islands=islands, values=values, is_cut=is_cut)

    def _ground(self, bench: DecodingBench, islands: Islands) -> Ground:
        vectors = bench.vectors(self.np_threshold)
        return Ground.from_sheet(
            islands, border_evidence(islands, vectors, self.sobel_px), EVIDENCE_LEVELS
        )


def _flood(
    islands: Islands, ground: Ground, markers: Markers, chosen: NDArray[np.intp]
) -> NDArray[np.int32]:
    new_ids = np.zeros(markers.sizes.size + 1, dtype=np.int32)
    new_ids[chosen + 1] = np.arange(1, chosen.size + 1)
    return flood(islands, ground.sheet, new_ids[markers.ids], chosen.size)
