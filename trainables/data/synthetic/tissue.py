"""Draws nuclei as a stained section shows them: blue-purple on pink, RGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.data.synthetic.layout import Layout
from trainables.data.synthetic.texture import draw_field, draw_ramp

__all__ = ["draw_tissue"]

#: Optical density of haematoxylin and eosin in red, green and blue.
#: Source: reference stains of Macenko et al., ISBI 2009, doi:10.1109/ISBI.2009.5193250.
_HAEMATOXYLIN = np.array([0.563, 0.720, 0.406])
_EOSIN = np.array([0.216, 0.801, 0.558])


def draw_tissue(
    rng: np.random.Generator, layout: Layout, pattern: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """Draws a canvas; with a pattern (H, W) it, and nothing else, shades the inside of nuclei.

    Two stains absorb light (Beer and Lambert): haematoxylin in the nuclei, eosin in fibres and
    cytoplasm, neither in gaps. Stain strength and hue differ between images; light is uneven,
    the lens blurs, the camera adds noise.

    Returns:
        (H, W, 3) uint8.
    """
    shape = layout.labels.shape
    haematoxylin = _nuclei(rng, layout, pattern)
    eosin, tissue = _surroundings(rng, layout)
    haematoxylin += tissue * rng.uniform(0.02, 0.14) * (1.0 + 0.4 * draw_field(rng, shape, 2.5))
    stains = np.stack([_HAEMATOXYLIN, _EOSIN]) * rng.uniform(0.8, 1.2, (2, 3))
    density = np.stack([haematoxylin, eosin], axis=-1) @ stains
    light = rng.uniform(0.9, 1.0) * (1.0 + rng.uniform(0.0, 0.06) * draw_ramp(rng, shape))
    seen = light[..., None] * np.exp(-np.clip(density, 0.0, None))
    seen = ndimage.gaussian_filter(seen, (blur := rng.uniform(0.6, 1.0), blur, 0.0))
    seen += rng.normal(0.0, rng.uniform(0.006, 0.016), seen.shape)
    return np.clip(seen * 250.0, 0.0, 255.0).astype(np.uint8)


def _nuclei(
    rng: np.random.Generator, layout: Layout, pattern: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Haematoxylin of the nuclei: dark rims, pale and grainy middles, or dark throughout."""
    shape = layout.labels.shape
    strength = np.clip(rng.normal(1.0, 0.22, layout.num_nuclei + 1), 0.5, 1.6)
    paleness = rng.beta(1.2, 1.6, layout.num_nuclei + 1)
    strength[0] = 0.0
    middle = 1.0 - layout.relative_radius**4
    grain = 0.16 * draw_field(rng, shape, 1.0) + 0.14 * draw_field(rng, shape, 2.2)
    amount = 1.0 - 0.6 * paleness[layout.labels] * middle + grain
    if pattern is not None:
        amount = pattern + grain
    return np.where(layout.labels > 0, strength[layout.labels] * np.clip(amount, 0.25, 1.6), 0.0)


def _surroundings(
    rng: np.random.Generator, layout: Layout
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eosin outside the nuclei, and where there is tissue at all (0 to 1)."""
    shape = layout.labels.shape
    nuclei = (layout.labels > 0).astype(np.float32)
    cytoplasm = ndimage.gaussian_filter(nuclei, 4.0)
    gaps = draw_field(rng, shape, 16.0) - rng.uniform(0.6, 2.2) - 5.0 * cytoplasm
    tissue = 1.0 / (1.0 + np.exp(np.clip(9.0 * gaps, -30.0, 30.0)))
    patches = np.clip(draw_field(rng, shape, 9.0), 0.0, 1.5)
    fibres = patches * np.sin(_fibre_phase(rng, shape)) + 0.5 * draw_field(rng, shape, 1.5)
    weave = rng.uniform(0.03, 0.12)
    stroma = rng.uniform(0.25, 0.5) + weave * fibres + 0.08 * draw_field(rng, shape, 6.0)
    eosin = tissue * np.clip(stroma + 0.1 * cytoplasm, 0.03, None) * (1.0 - 0.5 * nuclei)
    return eosin, tissue


def _fibre_phase(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Phase of wavy stripes that run in one direction."""
    angle = rng.uniform(0.0, np.pi)
    y, x = np.mgrid[: shape[0], : shape[1]]
    along = (x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / rng.uniform(6.0, 12.0)
    return along + rng.uniform(2.0, 5.0) * draw_field(rng, shape, 7.0)
