"""Transforms that move every pixel to a pixel: flips, quarter turns and transposition.

They also exist for HoVer maps, whose vectors must turn with the picture: a map's values change, not
only their places. For every transform here `t` and every label map, exactly,
`hv_targets(t.labels(labels)) == t.hv(hv_targets(labels))`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["ExactTransform", "FlipLeftRight", "FlipUpDown", "QuarterTurns", "Transpose"]


class ExactTransform(Protocol):
    """What every exact transform does. Results may be views of the arguments."""

    def image(self, image: NDArray[Any]) -> NDArray[Any]:
        """Transforms an image (H, W, C)."""

    def labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Transforms labels (H, W); ids are kept."""

    def hv(self, maps: NDArray[Any]) -> NDArray[Any]:
        """Transforms HoVer maps (2, H, W): 0 horizontal (to the right), 1 vertical (down)."""


@dataclass(frozen=True, slots=True)
class FlipLeftRight:
    """Mirrors at a vertical line: (h, v) becomes (-h, v)."""

    def image(self, image: NDArray[Any]) -> NDArray[Any]:
        """Transforms an image (H, W, C)."""
        return image[:, ::-1]

    def labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Transforms labels (H, W)."""
        return labels[:, ::-1]

    def hv(self, maps: NDArray[Any]) -> NDArray[Any]:
        """Transforms HoVer maps (2, H, W)."""
        horizontal, vertical = maps[:, :, ::-1]
        return np.stack([-horizontal, vertical])


@dataclass(frozen=True, slots=True)
class FlipUpDown:
    """Mirrors at a horizontal line: (h, v) becomes (h, -v)."""

    def image(self, image: NDArray[Any]) -> NDArray[Any]:
        """Transforms an image (H, W, C)."""
        return image[::-1]

    def labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Transforms labels (H, W)."""
        return labels[::-1]

    def hv(self, maps: NDArray[Any]) -> NDArray[Any]:
        """Transforms HoVer maps (2, H, W)."""
        horizontal, vertical = maps[:, ::-1]
        return np.stack([horizontal, -vertical])


@dataclass(frozen=True, slots=True)
class Transpose:
    """Swaps rows and columns: (h, v) becomes (v, h)."""

    def image(self, image: NDArray[Any]) -> NDArray[Any]:
        """Transforms an image (H, W, C) to (W, H, C)."""
        return image.swapaxes(0, 1)

    def labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Transforms labels (H, W) to (W, H)."""
        return labels.T

    def hv(self, maps: NDArray[Any]) -> NDArray[Any]:
        """Transforms HoVer maps (2, H, W) to (2, W, H)."""
        return maps[::-1].swapaxes(1, 2)


@dataclass(frozen=True, slots=True)
class QuarterTurns:
    """Turns counter-clockwise; each quarter makes (v, -h) of (h, v).

    Attributes:
        quarters: Any integer; negative ones turn clockwise.
    """

    quarters: int

    def image(self, image: NDArray[Any]) -> NDArray[Any]:
        """Transforms an image (H, W, C); an odd number of quarters swaps height and width."""
        return np.rot90(image, self.quarters)

    def labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Transforms labels (H, W)."""
        return np.rot90(labels, self.quarters)

    def hv(self, maps: NDArray[Any]) -> NDArray[Any]:
        """Transforms HoVer maps (2, H, W)."""
        horizontal, vertical = np.rot90(maps, self.quarters, axes=(1, 2))
        for _ in range(self.quarters % 4):
            horizontal, vertical = vertical, -horizontal
        return np.stack([horizontal, vertical])
