"""How far chance may have moved a score: the images drawn again, with replacement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["INTERVAL", "interval", "resampled_sums"]

FloatArray = NDArray[np.float64]

_RESAMPLES = 2000
_COVERED_FRAC = 0.95
_CHUNK = 1 << 22  # counts in memory at once

#: What the intervals are, in words.
INTERVAL = (
    f"{_COVERED_FRAC:.0%} percentile bootstrap over images, {_RESAMPLES} resamples "
    "(what another training would give is not in it)"
)


def resampled_sums(values: FloatArray, *, seed: int = 0) -> FloatArray:
    """Sums over images drawn with replacement, as many as there are.

    Args:
        values: A row for each image, shape (images, columns).
        seed: Equal seeds and numbers of images draw equal images.

    Returns:
        Shape (resamples, columns).
    """
    num_images = len(values)
    rng = np.random.default_rng(seed)
    shares = np.full(num_images, 1.0 / num_images)
    rows = max(1, _CHUNK // num_images)
    parts = [
        rng.multinomial(num_images, shares, size=min(rows, _RESAMPLES - start)) @ values
        for start in range(0, _RESAMPLES, rows)
    ]
    return np.concatenate(parts)


def interval(scores: FloatArray) -> tuple[float, float] | None:
    """The ends between which the scores of most resamples lie.

    Args:
        scores: One for each resample; NaN where a resample has none.

    Returns:
        None if no resample has a score.
    """
    known = scores[np.isfinite(scores)]
    if not known.size:
        return None
    tail = (1 - _COVERED_FRAC) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)
