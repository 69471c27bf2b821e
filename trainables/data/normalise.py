"""Brings images of any bit depth, exposure and stain to one scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["normalise"]

_LOW_PERCENT, _HIGH_PERCENT = 1.0, 99.8
_FLOOR, _CEILING = -1.0, 4.0


def normalise(image: NDArray[Any]) -> NDArray[np.float32]:
    """Maps an image's own 1st percentile to 0 and its 99.8th percentile to 1.

    All channels share the two percentiles, so that hues stay as they are. Values outside are kept
    up to -1 and 4: a hot pixel can't drown a batch. Where the two percentiles are equal (a nearly
    blank image), minimum and maximum take their place; a constant image becomes 0 throughout. An
    image without nuclei becomes noise at full contrast, which a network must learn to ignore.

    Args:
        image: (H, W, C), integers or finite floats, not empty.

    Returns:
        (H, W, C) float32 in [-1, 4], mostly in [0, 1].

    Source: the percentiles of StarDist (Weigert et al., 2018, arXiv:1806.03535).
    """
    low, high = np.percentile(image, (_LOW_PERCENT, _HIGH_PERCENT))
    if high <= low:
        low, high = float(image.min()), float(image.max())
    if high <= low:
        return np.zeros(image.shape, np.float32)
    scaled = (image - np.float64(low)) / (high - low)
    return np.clip(scaled, _FLOOR, _CEILING).astype(np.float32)
