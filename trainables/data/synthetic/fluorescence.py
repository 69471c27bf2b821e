"""Draws nuclei as a fluorescence microscope shows them: bright on dark, gray."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.data.synthetic.layout import Layout
from trainables.data.synthetic.texture import draw_field, draw_ramp

__all__ = ["draw_fluorescence"]


def draw_fluorescence(
    rng: np.random.Generator, layout: Layout, pattern: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """Draws a canvas; a pattern (H, W) multiplies the light of the nuclei.

    Nuclei differ in brightness, are brightest in the middle and grainy; the lens blurs, light
    from out of focus makes a haze, the field is lit unevenly, photons and camera add noise,
    and specks of dust glow.

    Returns:
        (H, W, 1) uint8.
    """
    shape = layout.labels.shape
    nuclei = _nuclei(rng, layout)
    if pattern is not None:
        nuclei *= pattern
    signal = nuclei + _dust(rng, shape)
    signal = ndimage.gaussian_filter(signal, rng.uniform(0.7, 1.3))
    signal += rng.uniform(0.05, 0.25) * ndimage.gaussian_filter(signal, rng.uniform(6.0, 14.0))
    signal += rng.uniform(0.02, 0.12)
    signal *= 1.0 + rng.uniform(0.0, 0.35) * draw_ramp(rng, shape)
    signal *= 1.0 + rng.uniform(0.0, 0.12) * draw_field(rng, shape, 40.0)
    photons = rng.uniform(60.0, 400.0)
    seen = rng.poisson(np.clip(signal, 0.0, None) * photons) / photons
    seen += rng.normal(0.0, rng.uniform(0.004, 0.02), shape)
    exposure = rng.uniform(110.0, 200.0)
    return np.clip(seen * exposure + 4.0, 0.0, 255.0).astype(np.uint8)[..., None]


def _nuclei(rng: np.random.Generator, layout: Layout) -> NDArray[np.float32]:
    """Light of the nuclei alone, about 0 to 1."""
    shape = layout.labels.shape
    brightness = np.exp(rng.normal(np.log(0.6), 0.28, layout.num_nuclei + 1))
    brightness[0] = 0.0
    dome = 0.55 + 0.45 * np.sqrt(1.0 - layout.relative_radius**2)
    grain = 1.0 + 0.10 * draw_field(rng, shape, 1.2) + 0.13 * draw_field(rng, shape, 3.0)
    light = np.clip(brightness, 0.2, 1.1)[layout.labels] * dome * np.clip(grain, 0.4, 1.7)
    return np.where(layout.labels > 0, light, 0.0).astype(np.float32)


def _dust(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A few bright specks of one to four pixels, which are no nuclei."""
    specks = np.zeros(shape, np.float32)
    for _ in range(rng.poisson(3.0)):
        y, x = (int(rng.integers(side - 2)) for side in shape)
        height, width = rng.integers(1, 3, 2)
        specks[y : y + height, x : x + width] = rng.uniform(0.3, 1.0)
    return specks
