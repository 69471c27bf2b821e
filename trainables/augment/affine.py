"""Small rotations and changes of scale about the centre of a crop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["Affine", "AffineRange"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Affine:
    """Rotates and scales about the centre; what comes from beyond the border is 0.

    A HoVer map can't be warped (its values depend on each nucleus' extent): warp the labels and
    compute their target.

    Attributes:
        angle_rad: Counter-clockwise as seen on the screen.
        scale_y: Magnification along the rows' axis, above 0, after the rotation.
        scale_x: Magnification along the columns' axis, above 0, after the rotation.
    """

    angle_rad: float
    scale_y: float
    scale_x: float

    def image(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Warps an image (H, W, C), interpolating linearly."""
        warped = np.empty_like(image, order="C")
        for channel in range(image.shape[2]):
            warped[..., channel] = self._warp(image[..., channel], order=1)
        return warped

    def labels(self, labels: NDArray[np.int32]) -> NDArray[np.int32]:
        """Warps labels (H, W), taking the nearest pixel: no id is made up."""
        return self._warp(labels, order=0)

    def _warp(self, pixels: NDArray[Any], *, order: Literal[0, 1]) -> NDArray[Any]:
        cos, sin = np.cos(self.angle_rad), np.sin(self.angle_rad)
        # Rows and columns of the source for a step of one row or column in the result.
        inverse = np.array([[cos, sin], [-sin, cos]]) / [self.scale_y, self.scale_x]
        centre = (np.array(pixels.shape) - 1) / 2
        return ndimage.affine_transform(
            pixels, inverse, centre - inverse @ centre, order=order, mode="constant", cval=0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AffineRange:
    """The warps that may be drawn.

    Attributes:
        angle_deg: Rotations lie between minus and plus this.
        smallest: Least magnification, above 0. Far below 1 the crop ends in a wide frame of 0.
        largest: Greatest magnification; drawn evenly in the logarithm.
        stretch: Height over width changes by up to the square of this, either way.
    """

    angle_deg: float
    smallest: float
    largest: float
    stretch: float

    def draw(self, rng: np.random.Generator) -> Affine:
        """Draws a warp."""
        scale = np.exp(rng.uniform(np.log(self.smallest), np.log(self.largest)))
        angle, stretch = rng.uniform(-1.0, 1.0, 2)
        return Affine(
            angle_rad=float(np.deg2rad(angle * self.angle_deg)),
            scale_y=float(scale * self.stretch**stretch),
            scale_x=float(scale / self.stretch**stretch),
        )
