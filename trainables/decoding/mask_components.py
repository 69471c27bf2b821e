"""Probability map -> label map: connected components, the floor for every other decoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainables.decoding.bench import BenchDecoder, Decoded, DecodingBench
from trainables.decoding.ranges import check_at_least, check_fraction

__all__ = ["MaskComponents"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskComponents(BenchDecoder):
    """Each component of `np >= np_threshold` is a nucleus; nuclei that touch stay one.

    Pixels that touch at a corner only are not connected.

    Attributes:
        np_threshold: Least probability of foreground, in [0, 1].
        min_object_px: Smaller components are dropped.

    Raises:
        ValueError: A setting is out of its range.
    """

    np_threshold: float = 0.5
    min_object_px: int = 10

    def __post_init__(self) -> None:
        check_fraction(self, "np_threshold")
        check_at_least(self, 0, "min_object_px")

    def decode_on(self, bench: DecodingBench) -> Decoded:
        """Finds the nuclei of a bench's image, see `DecodingBench.decode`; never cut."""
        islands = bench.islands(self.np_threshold, 0)
        keep = islands.sizes >= max(self.min_object_px, 1)
        labels = np.where(keep[islands.homes], islands.homes, 0)
        return Decoded(islands=islands, values=labels, is_cut=False)
