"""Label maps of any size, and predictions of them with the mistakes that networks make."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["CASES", "perturbed", "scattered"]

Labels = NDArray[np.int32]

# Shape and number of objects of the cases that the benchmarks time.
CASES = {
    "256^2 / 50": ((256, 256), 50),
    "1000^2 / 600": ((1000, 1000), 600),
    "51 x 516 x 516 / 2000": ((51, 516, 516), 2000),
}

_FILLED_FRAC = 0.4  # of the image, if no object covered another
_UNIT_BALL = {2: np.pi, 3: 4 / 3 * np.pi}
_MISSED, _CUT, _GLUED = 0.08, 0.10, 0.08  # shares of the objects
_SHIFT_PX = 2


def scattered(shape: tuple[int, ...], num_objects: int, rng: np.random.Generator) -> Labels:
    """Ellipsoids at random places, later ones in front of earlier ones; ids from 1."""
    labels = np.zeros(shape, dtype=np.int32)
    volume = _FILLED_FRAC * labels.size / num_objects
    radius = (volume / _UNIT_BALL[len(shape)]) ** (1 / len(shape))
    for label in range(1, num_objects + 1):
        radii = radius * rng.uniform(0.7, 1.3, len(shape))
        center = rng.uniform(0, shape)
        low = np.maximum(center - radii, 0).astype(int)
        high = np.minimum(center + radii + 1, shape).astype(int)
        grid = np.ogrid[tuple(map(slice, low, high))]
        distance = sum(
            ((axis - c) / r) ** 2 for axis, c, r in zip(grid, center, radii, strict=True)
        )
        labels[tuple(map(slice, low, high))][distance <= 1] = label
    return labels


def perturbed(true: Labels, rng: np.random.Generator) -> Labels:
    """A prediction: objects missed, cut in two, glued to a neighbour, and all of them shifted."""
    pred = np.zeros_like(true)
    names = np.arange(true.max() + 1)
    next_name = names.size
    for label, box in enumerate(ndimage.find_objects(true), start=1):
        fate = rng.random()
        if box is None or fate < _MISSED:
            continue
        where = np.nonzero(true[box] == label)
        moved = tuple(
            np.clip(axis + part.start + rng.integers(-_SHIFT_PX, _SHIFT_PX + 1), 0, side - 1)
            for axis, part, side in zip(where, box, true.shape, strict=True)
        )
        if fate > 1 - _GLUED:
            names[label] = names[true[box][true[box] < label].max(initial=0)] or label
        pred[moved] = names[label]
        if fate < _MISSED + _CUT:
            half = moved[-1] > moved[-1].mean()
            pred[tuple(axis[half] for axis in moved)] = next_name
            next_name += 1
    return pred
