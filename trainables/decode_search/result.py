"""What a search found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainables.metrics import OverlapTable

__all__ = ["Scored", "SearchResult", "Tried"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tried:
    """A decoding, and its scores on every image.

    Attributes:
        settings: Complete, as the decoder was built from them.
        values: Those of the space that are active; the others do not matter, or are the default's.
        scores: Those that are chosen by, as they are, by name, each of shape (images,).
        criterion: What decides, see `compromise`: shape (images,), 1 is perfect.
        num_cut_images: Images on which the decoder gave up early.
    """

    settings: Mapping[str, Any]
    values: Mapping[str, Any]
    scores: Mapping[str, NDArray[np.float64]]
    criterion: NDArray[np.float64]
    num_cut_images: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """A way to decode all images.

    Attributes:
        decodings: Which of the tried decodings each image has, shape (images,).
        tables: One per image, for scores of any kind, pooled ones too.
        criterion: Mean over images of what decides; 1 is perfect.
    """

    decodings: NDArray[np.intp]
    tables: Sequence[OverlapTable]
    criterion: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchResult:
    """The default decoding, the best one, and what is honest to expect of it.

    Attributes:
        tried: Every decoding that was scored on all images, in the order of trying; the default is
            the first.
        chosen: The best on all images together.
        default: All images under the default.
        honest: Each image under the decoding that the half without it chose.
        optimistic: All images under the chosen one, which they chose themselves.
        num_planned: Decodings that were to be tried; more than were tried: time was up.
        num_cut_images: Images on which any of the tried decodings gave up early.
        cpu_s: Seconds of computing, summed over threads.
        wall_s: Seconds from the start to the end.
    """

    tried: Sequence[Tried]
    chosen: Tried
    default: Scored
    honest: Scored
    optimistic: Scored
    num_planned: int
    num_cut_images: int
    cpu_s: float
    wall_s: float

    @property
    def num_tried(self) -> int:
        """Decodings that were scored on all images, the default among them."""
        return len(self.tried)

    @property
    def optimism(self) -> float:
        """By how much choosing and scoring on the same images flatters; never below 0.

        The chosen one is at least as good as the mean of what the halves chose on their own images,
        and that is at least as good as either of them on the other half.
        """
        return max(0.0, self.optimistic.criterion - self.honest.criterion)
