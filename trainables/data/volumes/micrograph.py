"""Draws what an electron microscope shows of vesicles: dark membranes in gray cytoplasm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.data.volumes.layout import VesicleLayout

__all__ = ["draw_micrograph"]

_CYTOPLASM = 165.0
_MEMBRANE = 75.0
_LUMEN = 185.0
_CORE = 95.0
#: Share of the vesicles with a dark core.
_CORED_FRAC = 0.4
#: Half the thickness of membranes: of vesicles as a share of the radius, of cells in nm.
_RIM = 0.12
_SHEET_NM = 12.0
#: Cells are some hundred nm wide.
_CELL_NM = 420.0
_NOISE = 14.0


def draw_micrograph(rng: np.random.Generator, layout: VesicleLayout) -> NDArray[np.uint8]:
    """Draws the sections of a volume.

    Vesicles have a dark rim and are bright inside, some with a dark core; sheets of membrane and
    dark blobs without a label run through the volume; sections differ in brightness; the detector
    adds grain.

    Returns:
        (Z, Y, X) uint8.
    """
    shape = layout.labels.shape
    gray = _CYTOPLASM + 9 * _draw_field(rng, layout, 40.0)
    fields = [_draw_field(rng, layout, _CELL_NM) for _ in range(2)]
    for field in fields:
        _paint_sheets(gray, field, layout)
    _paint_blobs(gray, fields[0], fields[1])
    _paint_vesicles(rng, gray, layout)
    gray = ndimage.gaussian_filter(gray, (0, 0.7, 0.7), output=np.float32)
    gray += rng.normal(0, 4, (shape[0], 1, 1))
    gray += _NOISE * rng.standard_normal(shape, np.float32)
    return np.clip(gray, 0, 255).astype(np.uint8)


def _draw_field(
    rng: np.random.Generator, layout: VesicleLayout, width_nm: float
) -> NDArray[np.float32]:
    """Smooth noise, mean 0 and standard deviation 1."""
    sigma = [width_nm / 2 / size for size in layout.spacing_nm]
    # Drawn coarsely and made larger: the same to the eye, in a fraction of the time.
    steps = [max(1, int(part / 2.5)) for part in sigma]
    sides = [-(-side // step) + 3 for side, step in zip(layout.labels.shape, steps, strict=True)]
    coarse = ndimage.gaussian_filter(
        rng.standard_normal(sides, np.float32),
        [part / step for part, step in zip(sigma, steps, strict=True)],
    )
    field = ndimage.zoom(coarse, steps, order=1, grid_mode=True, mode="nearest")
    field = field[tuple(slice(0, side) for side in layout.labels.shape)]
    return (field - field.mean()) / field.std()


def _paint_sheets(
    gray: NDArray[np.float32], field: NDArray[np.float32], layout: VesicleLayout
) -> None:
    """Membranes lie where a smooth field changes its sign; nowhere through a vesicle."""
    slope = np.sqrt(
        sum(
            (part / size) ** 2
            for part, size in zip(np.gradient(field), layout.spacing_nm, strict=True)
        )
    )
    distance_nm = np.abs(field) / np.maximum(slope, 1e-6)
    near = np.exp(-((distance_nm / _SHEET_NM) ** 2))
    gray += (_MEMBRANE - gray) * near * (layout.relative_radius >= 1.2)


def _paint_blobs(
    gray: NDArray[np.float32], first: NDArray[np.float32], second: NDArray[np.float32]
) -> None:
    """Dark organelles of no fixed shape, as mitochondria are."""
    inside = 1 / (1 + np.exp(-12 * (np.minimum(first, second) - 1.1)))
    gray += (110 - gray) * 0.8 * inside


def _paint_vesicles(
    rng: np.random.Generator, gray: NDArray[np.float32], layout: VesicleLayout
) -> None:
    radius, labels = layout.relative_radius, layout.labels
    num = int(labels.max(initial=0))
    lumen = np.where(rng.random(num + 1) < _CORED_FRAC, _CORE, _LUMEN).astype(np.float32)
    lumen += rng.normal(0, 8, num + 1).astype(np.float32)
    inside = labels > 0
    # A core leaves a bright ring below the rim.
    core = np.clip((0.65 - radius) / 0.1, 0, 1)
    filled = _LUMEN + (lumen[labels] - _LUMEN) * core
    gray[inside] = filled[inside]
    rim = np.exp(-(((radius - 0.95) / _RIM) ** 2))
    gray += (_MEMBRANE - gray) * rim
