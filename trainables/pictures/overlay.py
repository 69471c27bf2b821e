"""Pictures of an image with true and predicted contours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

__all__ = ["draw_overlay", "shown_image"]

_TRUE_RGB = (0, 220, 60)
_PRED_RGB = (255, 60, 220)
_BOTH_RGB = (255, 255, 255)
_SHOWN_PERCENTILES = (0.5, 99.5)


def draw_overlay(
    image: NDArray[np.float32], true: NDArray[np.int32], pred: NDArray[np.int32]
) -> NDArray[np.uint8]:
    """Draws contours over an image.

    Args:
        image: (H, W, C), C = 1 or 3, any range; shown between its 0.5th and 99.5th percentile.
        true: (H, W), 0 is background.
        pred: (H, W), 0 is background.

    Returns:
        (H, W, 3): true contours green, predicted ones magenta, white where they agree.
    """
    picture = shown_image(image)
    true_edge = find_boundaries(true, mode="inner")
    pred_edge = find_boundaries(pred, mode="inner")
    picture[true_edge] = _TRUE_RGB
    picture[pred_edge] = _PRED_RGB
    picture[true_edge & pred_edge] = _BOTH_RGB
    return picture


def shown_image(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """An image as people see it.

    Args:
        image: (H, W, C), C = 1 or 3, any range; shown between its 0.5th and 99.5th percentile.

    Returns:
        (H, W, 3), a copy.
    """
    low, high = np.percentile(image, _SHOWN_PERCENTILES)
    shown = np.clip((image - low) / max(high - low, 1e-6), 0, 1) * 255
    return np.broadcast_to(shown, (*image.shape[:2], 3)).astype(np.uint8)
