"""How steeply a HoVer map rises across its nuclei: the evidence for inside and for border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.decoding.islands import Islands

__all__ = ["EVIDENCE_LEVELS", "border_evidence"]

FloatArray = NDArray[np.float64]

# Slopes that agree to this fraction of their range are equal. It hides rounding, so that a
# rescaled map gives the same evidence.
EVIDENCE_LEVELS = 1 << 12


def border_evidence(islands: Islands, vectors: FloatArray, sobel_px: int) -> FloatArray:
    """Tells borders between touching nuclei (towards 1) from their insides (towards 0).

    Within a nucleus the horizontal map rises along x and the vertical one along y; where two nuclei
    touch, at least one of them falls. The slower of the two rises is divided by the mean slope of
    its mask component. So a constant factor on the maps, even one for each component, changes
    nothing, large and small nuclei are measured alike, and level ground has the fixed value 1/2.

    Args:
        islands: The components; outside of one the maps count as 0 for it.
        vectors: Horizontal and vertical map at `Islands.pixels`, finite, shape (2, n).
        sobel_px: Side of the Sobel kernels, odd, at least 3.

    Returns:
        On the sheet, in [0, 1], a multiple of 1/4096: 0 where both maps rise at the mean slope of
        the component or faster, 1/2 where one is level, 1 where one falls as steeply. A component
        without any slope is 1/2 everywhere; the background is 1.
    """
    smooth, derive = sobel_kernels(sobel_px)
    maps = np.zeros((2, islands.ids.size))
    maps[:, islands.spots] = vectors
    along_x, along_y = maps.reshape(2, *islands.ids.shape)
    horizontal = _correlate(along_x, along_x=derive, along_y=smooth).ravel()[islands.spots]
    vertical = _correlate(along_y, along_x=smooth, along_y=derive).ravel()[islands.spots]
    weights = np.abs(horizontal) + np.abs(vertical)
    steepness = np.bincount(islands.homes, weights=weights, minlength=islands.num + 1)
    scale = np.divide(
        2 * islands.sizes, steepness, out=np.zeros(steepness.size), where=steepness > 0
    )
    rise = np.clip(np.minimum(horizontal, vertical) * scale[islands.homes], -1, 1)
    evidence = np.ones(islands.ids.size)
    evidence[islands.spots] = 0.5 - np.rint(rise * (EVIDENCE_LEVELS // 2)) / EVIDENCE_LEVELS
    return evidence.reshape(islands.ids.shape)


def sobel_kernels(size_px: int) -> tuple[FloatArray, FloatArray]:
    """The two factors of a Sobel kernel of any size: binomial smoothing and its derivative.

    Args:
        size_px: Odd, at least 3.

    Returns:
        The smoothing factor (sum 1) and the derivative, which answers 1 to a ramp of slope 1; both
        of shape (size_px,).
    """
    derivative = np.convolve(_binomial(size_px - 2), [-1.0, 1.0])
    return _binomial(size_px - 1), derivative


def _binomial(order: int) -> FloatArray:
    taps = np.ones(1)
    for _ in range(order):
        taps = np.convolve(taps, [0.5, 0.5])
    return taps


def _correlate(values: FloatArray, *, along_x: FloatArray, along_y: FloatArray) -> FloatArray:
    rows = ndimage.correlate1d(values, along_x, axis=1, mode="constant")
    return np.asarray(ndimage.correlate1d(rows, along_y, axis=0, mode="constant"))
