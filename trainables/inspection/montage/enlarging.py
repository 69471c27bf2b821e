"""Enlarging pictures without inventing pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["enlarge"]


def enlarge(picture: NDArray[np.uint8], side_px: int) -> Image.Image:
    """As large as fits into a square; enlarged pixels stay square, shrunk ones are averaged."""
    height, width = picture.shape[:2]
    scale = side_px / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    return Image.fromarray(picture).resize(size, how)
