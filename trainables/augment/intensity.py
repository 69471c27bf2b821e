"""Changes of brightness, contrast, sharpness, noise and hue; labels stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["IntensityRange"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntensityRange:
    """The changes that may be drawn, for images of about [0, 1].

    Attributes:
        gain: Contrast is multiplied by something between its inverse and this.
        offset: Brightness moves by up to this, either way.
        gamma: Positive values are raised to a power between its inverse and this.
        noise: Largest standard deviation of added noise.
        blur_px: Largest standard deviation of a Gaussian blur.
        colour: Each channel's gain and offset differ by up to this; only for colour images.
        rare_frac: Share of the images that get noise, and of those that get blur.
    """

    gain: float
    offset: float
    gamma: float
    noise: float
    blur_px: float
    colour: float
    rare_frac: float

    def apply(self, image: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Draws a change and applies it.

        Args:
            image: (H, W, C) float32. A gray image that is repeated in all channels stays gray.
            rng: Source of randomness.

        Returns:
            (H, W, C) float32, a new array.
        """
        channels = image.shape[2]
        is_gray = channels > 1 and bool((image[..., 1:] == image[..., :1]).all())
        changed = self._change(image[..., :1] if is_gray else image, rng)
        return np.repeat(changed, channels, axis=2) if is_gray else changed

    def _change(self, image: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        gain, offset, gamma = rng.uniform(-1.0, 1.0, 3)
        power = np.float32(self.gamma**gamma)
        # Below 0 a power has no meaning; those values are the darkest noise and stay.
        changed = np.where(image > 0, np.maximum(image, 0) ** power, image)
        gains = np.full(image.shape[2], self.gain**gain)
        offsets = np.full(image.shape[2], self.offset * offset)
        if image.shape[2] > 1:
            gains *= 1.0 + rng.uniform(-self.colour, self.colour, image.shape[2])
            offsets += rng.uniform(-self.colour, self.colour, image.shape[2])
        changed = changed * gains.astype(np.float32) + offsets.astype(np.float32)
        if rng.random() < self.rare_frac:
            sigma_px = rng.uniform(0.0, self.blur_px)
            changed = ndimage.gaussian_filter(changed, (sigma_px, sigma_px, 0.0), truncate=3.0)
        if rng.random() < self.rare_frac:
            noise = rng.standard_normal(changed.shape, np.float32)
            changed = changed + np.float32(rng.uniform(0.0, self.noise)) * noise
        return changed
