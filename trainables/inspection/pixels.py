"""What can be wrong with the pixels of one image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

__all__ = ["PixelMeasures", "measure_pixels"]

_BLUR_PX = 2.0
_SHOWN_VALUES = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelMeasures:
    """One image, as normalised; NaN where there is nothing to measure.

    Attributes:
        is_constant: All pixels are equal.
        levels: Different values among some thousand pixels; few of them: hardly exposed.
        clipped_frac: Share of the nuclei's pixels at the image's very brightest value (darkest,
            where nuclei are darker than the background): there they have no texture.
        contrast: Mean of the nuclei minus mean of the background.
        structure: Share of the blurred image's variance that two gray levels explain: 0.64 for
            noise, near 1 for objects on a background.
    """

    is_constant: bool
    levels: int
    clipped_frac: float
    contrast: float
    structure: float


def measure_pixels(image: NDArray[np.float32], labels: NDArray[np.int32]) -> PixelMeasures:
    """Measures an image.

    Args:
        image: (H, W, C), as `Split.image` gives it.
        labels: (H, W); 0 background.
    """
    # A gray image that is repeated in all channels is looked at once.
    if image.strides[2] == 0:
        image = image[..., :1]
    low, high = float(image.min()), float(image.max())
    if low == high:
        return PixelMeasures(
            is_constant=True, levels=1, clipped_frac=np.nan, contrast=np.nan, structure=np.nan
        )
    gray, nuclei = image.mean(axis=2), labels > 0
    contrast = clipped_frac = np.nan
    if nuclei.any() and not nuclei.all():
        contrast = float(gray[nuclei].mean() - gray[~nuclei].mean())
        clipped_frac = float((image[nuclei] == (high if contrast > 0 else low)).mean())
    return PixelMeasures(
        is_constant=False,
        levels=len(np.unique(image.ravel()[:: max(1, image.size // _SHOWN_VALUES)])),
        clipped_frac=clipped_frac,
        contrast=contrast,
        structure=_structure(gray),
    )


def _structure(gray: NDArray[np.float32]) -> float:
    blurred = ndimage.gaussian_filter(gray, _BLUR_PX, truncate=2.0)
    total = float(blurred.var())
    is_high = blurred > threshold_otsu(blurred)
    share = float(is_high.mean())
    if total == 0 or share in {0.0, 1.0}:
        return 0.0
    between = float(blurred[is_high].mean() - blurred[~is_high].mean())
    return share * (1 - share) * between**2 / total
