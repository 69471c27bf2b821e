"""Where the vesicles of a drawn volume lie: alone, and in clusters that touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["VesicleLayout", "draw_vesicles"]

FloatArray = NDArray[np.float64]

#: Smallest and largest vesicle; their mean is 596 in the volume that these are modelled on.
VOXELS = (224, 1396)
#: Sections of 30 nm, pixels of 8 nm.
SPACING_NM = (30.0, 8.0, 8.0)
#: Share of the vesicles that lean on another one.
CLUSTERED_FRAC = 0.6
#: Half axes differ from those of a ball by at most this share.
_STRETCH = 0.15
#: A vesicle may lose this share of its voxels to neighbours.
_MOST_LOST_FRAC = 0.12
_TRIES_PER_VESICLE = 400
#: Of a Beta distribution: many small ones, few large ones.
_SIZES = (1.1, 2.4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VesicleLayout:
    """The vesicles of a volume.

    Attributes:
        labels: (Z, Y, X) int32; 0 background, vesicles from 1 without gaps.
        relative_radius: (Z, Y, X) float32; 0 in a vesicle's centre, 1 at its rim; above 1 outside,
            up to 1.5, where it is 1.5 everywhere else.
        spacing_nm: Size of a voxel along z, y, x.
    """

    labels: NDArray[np.int32]
    relative_radius: NDArray[np.float32]
    spacing_nm: tuple[float, float, float]


#: How far around a vesicle its relative radius is known.
_REACH = 1.5


def draw_vesicles(
    rng: np.random.Generator,
    num: int,
    shape: tuple[int, int, int],
    spacing_nm: tuple[float, float, float] = SPACING_NM,
) -> VesicleLayout:
    """Draws vesicles that lie in the volume as a whole, of 224 to 1396 voxels each.

    Where two overlap, a voxel belongs to the one whose rim is relatively farther.

    Args:
        rng: Decides everything.
        num: How many.
        shape: Of the volume, (Z, Y, X).
        spacing_nm: Size of a voxel along z, y, x.

    Raises:
        ValueError: There is no room for so many.
    """
    layout = VesicleLayout(
        labels=np.zeros(shape, np.int32),
        relative_radius=np.full(shape, _REACH, np.float32),
        spacing_nm=spacing_nm,
    )
    sizes = np.zeros(num + 1, np.int64)
    placed: list[tuple[FloatArray, float]] = []
    for _ in range(_TRIES_PER_VESICLE * num):
        if len(placed) == num:
            return layout
        radius_nm = _draw_radius_nm(rng, spacing_nm)
        center_nm = _draw_center_nm(rng, layout, placed, radius_nm)
        if _write(rng, layout, sizes, center_nm, radius_nm):
            placed.append((center_nm, radius_nm))
    if len(placed) == num:
        return layout
    raise ValueError(
        f"{num} vesicles have no room in {shape} voxels of {spacing_nm} nm: "
        f"at most about {len(placed)}"
    )


def _draw_radius_nm(rng: np.random.Generator, spacing_nm: tuple[float, float, float]) -> float:
    voxels = VOXELS[0] + (VOXELS[1] - VOXELS[0]) * rng.beta(*_SIZES)
    return float((voxels * np.prod(spacing_nm) * 3 / (4 * np.pi)) ** (1 / 3))


def _draw_center_nm(
    rng: np.random.Generator,
    layout: VesicleLayout,
    placed: list[tuple[FloatArray, float]],
    radius_nm: float,
) -> FloatArray:
    if not placed or rng.random() >= CLUSTERED_FRAC:
        return rng.uniform(0, np.array(layout.labels.shape) * layout.spacing_nm)
    neighbour_nm, other_nm = placed[int(rng.integers(len(placed)))]
    direction = rng.normal(size=3)
    direction /= np.linalg.norm(direction)
    return neighbour_nm + (radius_nm + other_nm) * rng.uniform(0.92, 1.0) * direction


def _write(
    rng: np.random.Generator,
    layout: VesicleLayout,
    sizes: NDArray[np.int64],
    center_nm: FloatArray,
    radius_nm: float,
) -> bool:
    """Writes a vesicle if it lies inside and no size leaves its range; whether it did."""
    spacing = np.array(layout.spacing_nm)
    axes_nm = radius_nm * rng.uniform(1 - _STRETCH, 1 + _STRETCH, 3)
    if (center_nm < axes_nm).any() or (center_nm > layout.labels.shape * spacing - axes_nm).any():
        return False
    low = np.maximum(np.floor((center_nm - _REACH * axes_nm) / spacing), 0).astype(int)
    high = np.ceil((center_nm + _REACH * axes_nm) / spacing).astype(int) + 1
    box = tuple(map(slice, low, high))
    labels, radii = layout.labels[box], layout.relative_radius[box]
    # A voxel is where its middle is.
    grid = [
        ((np.arange(part.start, part.start + side) + 0.5) * size - at) / half
        for part, side, size, at, half in zip(
            box, labels.shape, spacing, center_nm, axes_nm, strict=True
        )
    ]
    own = np.sqrt(sum(axis**2 for axis in np.ix_(*grid))).astype(np.float32)
    taken = (own < 1) & (own < radii)
    lost = np.bincount(labels[taken], minlength=sizes.size)
    lost[0] = 0
    shrunk = sizes - lost
    num_own = np.count_nonzero(taken)
    too_small = (lost > 0) & ((shrunk < VOXELS[0]) | (lost > _MOST_LOST_FRAC * sizes))
    is_own_fine = VOXELS[0] <= num_own <= VOXELS[1]
    is_hidden = num_own < (1 - _MOST_LOST_FRAC) * np.count_nonzero(own < 1)
    if too_small.any() or not is_own_fine or is_hidden:
        return False
    number = int(np.count_nonzero(sizes)) + 1
    labels[taken] = number
    np.minimum(radii, own, out=radii)
    sizes[:] = shrunk
    sizes[number] = num_own
    return True
