"""HoVer maps -> label map: every pixel walks to its nucleus's centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainables.decoding.bench import BenchDecoder, Decoded, DecodingBench
from trainables.decoding.meeting import find_basins
from trainables.decoding.ranges import check_at_least, check_fraction, check_positive
from trainables.decoding.scraps import nuclei_of_basins
from trainables.decoding.walking import Walkers

__all__ = ["HVFlow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HVFlow(BenchDecoder):
    """Gives pixels that meet, when each walks against its vector, to one nucleus.

    1. The mask is `np >= np_threshold`; each of its components is decoded alone.
    2. Every pixel of the mask makes `steps` steps, each against the vector of the nearest pixel,
    as long as that vector is in units of the component's mean one, times `step_px`, and never more
    than twice that. A step out of the component is not made. After each quarter of the steps the
    walk goes on from the middle of the pixel that it has reached.
    3. Pixels that end at the same place are a nucleus: ends that touch, also at a corner, are one
    place, and so are ends with at most `join_px` pixels between them.
    4. A piece with fewer than `min_object_px` pixels, or beyond the `max_markers` largest, joins
    the neighbour with which it has the longest border; without a neighbour it stays, unless it is
    too small: then it is dropped.

    The result does not depend on the scale of the maps, nor on anything outside the mask, and
    nothing else of the mask gets lost. The time is bounded by the number of pixels and steps,
    whatever the maps look like.

    Attributes:
        np_threshold: Least probability of foreground, in [0, 1].
        steps: How many steps are walked, rounded up to a multiple of 4. After few of them the
            pixels of a nucleus are still far from each other, but side by side, which is enough;
            many lead them into every small eddy of the maps.
        step_px: Length of a typical step.
        join_px: Gap that is closed between places where walks end.
        min_object_px: Smallest nucleus.
        max_markers: At most this many places per image where walks end, for hopeless maps have
            many thousands.

    Raises:
        ValueError: A setting is out of its range.
    """

    np_threshold: float = 0.5
    steps: int = 24
    step_px: float = 1.0
    join_px: int = 0
    min_object_px: int = 10
    max_markers: int = 20_000

    def __post_init__(self) -> None:
        check_fraction(self, "np_threshold")
        check_positive(self, "step_px")
        check_at_least(self, 0, "steps", "join_px", "min_object_px")
        check_at_least(self, 1, "max_markers")

    def decode_on(self, bench: DecodingBench) -> Decoded:
        """Finds the nuclei of a bench's image, see `DecodingBench.decode`."""
        gap_px = self.join_px + 2
        islands = bench.islands(self.np_threshold, gap_px)

        def start() -> Walkers:
            return Walkers(islands, bench.vectors(self.np_threshold), self.step_px)

        def meet() -> NDArray[np.int32]:
            walkers = bench.keep(
                ("walkers", self.np_threshold, self.step_px, islands.gap_px), start
            )
            return find_basins(islands, walkers.after(self.steps), self.join_px)

        key = ("basins", self.np_threshold, self.step_px, self.steps, self.join_px)
        basins = bench.keep(key, meet)
        return nuclei_of_basins(islands, basins, self.min_object_px, self.max_markers)
