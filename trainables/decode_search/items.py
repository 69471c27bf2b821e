"""What is searched on: images with a network's outputs, and how they are decoded many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bench", "Decoded", "Decoder", "SearchItem"]

#: Thresholds; what they mean is the bench's business.
Decoder = Any


class Decoded(Protocol):
    """What a decoding found."""

    @property
    def pixels(self) -> NDArray[np.intp]:
        """Flat indices, each once; all other pixels are background."""

    @property
    def values(self) -> NDArray[np.int32]:
        """The instances at these pixels; 0 is background."""

    @property
    def is_cut(self) -> bool:
        """Whether it gave up early because the outputs are hopeless."""


class Bench(Protocol):
    """Decodes one image many times, and keeps what thresholds do not change."""

    def decode(self, decoder: Decoder) -> Decoded:
        """The instances; they do not depend on what was decoded before."""

    def order_key(self, decoder: Decoder) -> tuple[Any, ...]:
        """Decoders in the order of these keys share most with their neighbours.

        Those that differ in the first part of the key share next to nothing.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchItem:
    """One image.

    Attributes:
        outputs: What a decoder takes, such as `np` (H, W) and `hv` (2, H, W) float32.
        labels: The truth: integers of the image's shape, 0 is background.
        open_bench: Makes a bench of the outputs, such as the class `DecodingBench`.
    """

    outputs: Mapping[str, NDArray[Any]]
    labels: NDArray[np.integer[Any]]
    open_bench: Callable[[Mapping[str, NDArray[Any]]], Bench]
