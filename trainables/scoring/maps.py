"""What HoVer maps are worth, as scores of single images and of many; levels in words. No torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAP_NAMES", "map_level", "scores_of_map_sums"]

FloatArray = NDArray[np.float64]

MAP_NAMES = ("hv_magnitude", "hv_magnitude_aligned", "hv_mse_ratio")

#: Mean lengths of vectors below which maps are flat, and above which they are not.
_FLAT = 0.05
_SOUND = 0.15


def scores_of_map_sums(sums: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """The scores of `MAP_NAMES` for sums over nuclei pixels, see `HVStatistics`.

    Args:
        sums: Its attributes by name, arrays of one shape.

    Returns:
        NaN where there are no nuclei.
    """
    return {
        "hv_magnitude": _ratio(sums["magnitude_sum"], sums["num_px"]),
        "hv_magnitude_aligned": _ratio(sums["aligned_sum"], sums["num_px"]),
        "hv_mse_ratio": _ratio(sums["squared_error_sum"], sums["squared_target_sum"]),
    }


def map_level(magnitude: float) -> str:
    """Note A's level of a mean length of vectors: `fail` (flat maps), `weak` or `pass`."""
    if magnitude < _FLAT:
        return "fail"
    return "pass" if magnitude > _SOUND else "weak"


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, where=whole > 0, out=np.full(np.shape(whole), np.nan))
