"""Drawn vesicles in a volume, and maps as a network with doubts would give them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.decoding.volumes import volume_targets

__all__ = ["SHAPE", "SPACING_NM", "draw_vesicles", "noisy_maps"]

SHAPE = (51, 516, 516)
SPACING_NM = (30.0, 8.0, 8.0)
_RADIUS_NM = (48.0, 84.0)  # 230 to 1300 voxels
_CLUSTERED = 0.6  # of all lie beside another one
_BLUR_VOXELS = (0.5, 1.2, 1.2)


def draw_vesicles(
    num: int, rng: np.random.Generator, shape: tuple[int, int, int] = SHAPE
) -> NDArray[np.int32]:
    """Balls of a volume with sections 30 nm apart; many touch, none covers another's centre."""
    labels = np.zeros(shape, np.int32)
    spacing, size_nm = np.array(SPACING_NM), np.array(shape) * SPACING_NM
    centers: list[NDArray] = []
    while len(centers) < num:
        radius_nm = rng.uniform(*_RADIUS_NM)
        center = rng.uniform(0, size_nm)
        if centers and rng.random() < _CLUSTERED:
            direction = rng.normal(size=3)
            direction /= np.linalg.norm(direction)
            center = centers[rng.integers(len(centers))] + 2 * radius_nm * direction
        low = np.floor((center - radius_nm) / spacing).astype(int)
        high = np.ceil((center + radius_nm) / spacing).astype(int) + 1
        if (low < 0).any() or (high > shape).any():
            continue
        box = tuple(map(slice, low, high))
        axes = np.ogrid[box]
        square = sum(
            (axis * size - at) ** 2 for axis, size, at in zip(axes, spacing, center, strict=True)
        )
        inside = square < radius_nm**2
        if np.count_nonzero(labels[box][inside]) > 0.1 * np.count_nonzero(inside):
            continue
        centers.append(center)
        labels[box][inside & (labels[box] == 0)] = len(centers)
    return labels


def noisy_maps(labels: NDArray[np.int32], rng: np.random.Generator) -> dict[str, NDArray]:
    """True maps, blurred and with noise that is some voxels wide; float32."""
    maps = volume_targets(labels, spacing=SPACING_NM, in_plane=True)

    def doubtful(one: NDArray, noise: float, low: float) -> NDArray:
        field = ndimage.gaussian_filter(rng.standard_normal(one.shape, np.float32), _BLUR_VOXELS)
        near = ndimage.gaussian_filter(one, _BLUR_VOXELS)
        return np.clip(near + noise * field / field.std(), low, 1).astype(np.float32)

    return {
        "binary": doubtful(maps["binary"], 0.06, 0),
        "boundary": doubtful(maps["boundary"], 0.06, 0),
        "edt": doubtful(maps["edt"], 0.08, -1),
    }
