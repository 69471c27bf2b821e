"""Smooth random fields: the grain of drawn nuclei, tissue and light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["draw_field", "draw_ramp"]


def draw_field(
    rng: np.random.Generator, shape: tuple[int, int], grain_px: float
) -> NDArray[np.float32]:
    """Gaussian noise smoothed over `grain_px` pixels, mean 0 and standard deviation 1.

    Coarse grain is drawn on a coarser grid: the same look for a fraction of the time.
    """
    step = max(1, int(grain_px / 3.0))
    coarse = tuple(-(-side // step) + 3 for side in shape)
    field = ndimage.gaussian_filter(
        rng.standard_normal(coarse, np.float32), grain_px / step, mode="wrap"
    )
    if step > 1:
        field = ndimage.zoom(field, step, order=1)
    field = field[: shape[0], : shape[1]]
    return (field - field.mean()) / field.std()


def draw_ramp(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float32]:
    """A tilted plane in [-1, 1] that rises in a random direction."""
    angle = rng.uniform(0.0, 2 * np.pi)
    y, x = np.meshgrid(*(np.linspace(-1.0, 1.0, side) for side in shape), indexing="ij")
    plane = np.sin(angle) * y + np.cos(angle) * x
    return (plane / np.abs(plane).max()).astype(np.float32)
