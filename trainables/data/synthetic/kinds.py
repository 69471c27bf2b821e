"""Kinds of drawn nuclei that differ in how their inside looks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainables.data.synthetic.layout import Layout
from trainables.data.synthetic.texture import draw_field

__all__ = ["KIND_NAMES", "draw_kinds", "draw_pattern"]

#: The first is the commonest, as in tissue one type of cell usually is.
KIND_NAMES = ("solid", "hollow", "speckled")
_SHARES = np.array([3.0, 2.0, 1.0])


def draw_kinds(rng: np.random.Generator, num_nuclei: int, num_kinds: int) -> NDArray[np.int64]:
    """Draws the kind of each nucleus.

    Returns:
        (num_nuclei + 1,), from 1 to `num_kinds`; the background has 0.
    """
    shares = _SHARES[:num_kinds] / _SHARES[:num_kinds].sum()
    kinds = 1 + rng.choice(num_kinds, num_nuclei + 1, p=shares)
    kinds[0] = 0
    return kinds


def draw_pattern(
    rng: np.random.Generator, layout: Layout, kinds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """By what to multiply the light or the stain of nuclei so that kinds can be told apart.

    Solid nuclei stay as they are, hollow ones fade towards the middle, speckled ones have clumps.

    Returns:
        (H, W), above 0; 1 outside nuclei.
    """
    hollow = 0.3 + 0.9 * layout.relative_radius**3
    speckled = np.clip(1.0 + 0.85 * draw_field(rng, layout.labels.shape, 1.8), 0.15, 2.4)
    of_pixel = kinds[layout.labels]
    return np.select([of_pixel == 2, of_pixel == 3], [hollow, speckled], 1.0)
