"""How steeply a HoVer map rises across its nuclei: the evidence for inside and for border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["border_evidence"]

FloatArray = NDArray[np.float64]

# Slopes that agree to this fraction of their range are equal. It hides rounding, so that a
# rescaled map gives the same evidence.
_LEVELS = 1 << 12


def border_evidence(
    maps: FloatArray, components: NDArray[np.int32], num_components: int, sobel_px: int
) -> FloatArray:
    """Tells borders between touching nuclei (towards 1) from their insides (towards 0).

    Within a nucleus the horizontal map rises along x and the vertical one along y; where two nuclei
    touch, at least one of them falls. The slower of the two rises is divided by the mean slope of
    its mask component. So a constant factor on the maps, even one for each component, changes
    nothing, large and small nuclei are measured alike, and level ground has the fixed value 1/2.

    Args:
        maps: Shape (2, H, W), horizontal and vertical; 0 outside the components.
        components: Connected components 0 .. n of the mask, shape (H, W).
        num_components: n.
        sobel_px: Side of the Sobel kernels, odd, at least 3.

    Returns:
        Shape (H, W) in [0, 1], a multiple of 1/4096: 0 where both maps rise at the mean slope of
        the component or faster, 1/2 where one is level, 1 where one falls as steeply. A component
        without any slope is 1/2 everywhere; the background is 1.
    """
    smooth, derive = sobel_kernels(sobel_px)
    slopes = [
        _correlate(maps[0], along_x=derive, along_y=smooth),
        _correlate(maps[1], along_x=smooth, along_y=derive),
    ]
    inside = np.flatnonzero(components)
    ids = components.ravel()[inside]
    horizontal, vertical = (slope.ravel()[inside] for slope in slopes)
    steepness = np.bincount(
        ids, weights=np.abs(horizontal) + np.abs(vertical), minlength=num_components + 1
    )
    sizes = np.bincount(ids, minlength=num_components + 1)
    scale = np.divide(2 * sizes, steepness, out=np.zeros(sizes.size), where=steepness > 0)
    rise = np.clip(np.minimum(horizontal, vertical) * scale[ids], -1, 1)
    evidence = np.ones(components.size)
    evidence[inside] = 0.5 - np.rint(rise * (_LEVELS // 2)) / _LEVELS
    return evidence.reshape(components.shape)


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
