"""Arrays as colours: every result is (H, W, 3) uint8."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import hsv2rgb
from skimage.segmentation import find_boundaries

from trainables.pictures import CLASS_RGB, colour_of_class

__all__ = [
    "BACKGROUND_RGB",
    "colour_direction",
    "colour_labels",
    "colour_signed",
    "outline",
]

Picture = NDArray[np.uint8]

#: Where there is no nucleus.
BACKGROUND_RGB = (30, 33, 40)
_NEGATIVE_RGB, _POSITIVE_RGB = np.array([47, 112, 222]), np.array([222, 64, 48])
_GOLDEN_RATIO = 0.618034


def colour_labels(labels: NDArray[np.int32]) -> Picture:
    """Every nucleus in a colour of its own, neighbours apart by a dark line."""
    ids, places = np.unique(labels, return_inverse=True)
    order = np.arange(len(ids))
    hsv = np.stack(
        [(order * _GOLDEN_RATIO) % 1, 0.5 + 0.15 * (order % 3), 1 - 0.12 * (order % 2)], axis=1
    )
    colours = hsv2rgb(hsv[None])[0] * 255
    colours[ids == 0] = BACKGROUND_RGB
    picture = colours[places.reshape(labels.shape)].astype(np.uint8)
    apart = find_boundaries(labels, mode="inner") & (labels > 0)
    picture[apart] = picture[apart] * np.float64(0.62)
    return picture


def colour_signed(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> Picture:
    """Values in [-1, 1]: blue below 0, white at 0, red above; dark outside of the mask."""
    strength = np.clip(np.abs(values), 0, 1)[..., None]
    ends = np.where(values[..., None] < 0, _NEGATIVE_RGB, _POSITIVE_RGB)
    picture = 255 + strength * (ends - 255)
    picture[~mask] = BACKGROUND_RGB
    return picture.astype(np.uint8)


def colour_direction(maps: NDArray[np.float32], mask: NDArray[np.bool_]) -> Picture:
    """HoVer maps (2, H, W) as a colour wheel: the hue is the direction, white is no length.

    Right is red, down yellow-green, left cyan, up violet; dark outside of the mask.
    """
    horizontal, vertical = maps
    hue = np.arctan2(vertical, horizontal) / (2 * np.pi) % 1
    length = np.clip(np.hypot(horizontal, vertical), 0, 1)
    picture = hsv2rgb(np.stack([hue, 0.9 * length, np.full_like(hue, 0.96)], axis=-1)) * 255
    picture[~mask] = BACKGROUND_RGB
    return picture.astype(np.uint8)


def outline(
    picture: Picture,
    labels: NDArray[np.int32],
    types: NDArray[np.int32] | None = None,
    *,
    width_px: int = 1,
) -> Picture:
    """Draws the contours of nuclei onto a copy, inside of the nuclei.

    Args:
        picture: (H, W, 3), of the size of the labels or of a multiple of it.
        labels: (H, W).
        types: The class of each pixel, (H, W); None: all in the first colour.
        width_px: Of the lines, in pixels of the picture.
    """
    zoom = picture.shape[0] // labels.shape[0]
    large = labels.repeat(zoom, axis=0).repeat(zoom, axis=1)
    edge, inside = np.zeros(large.shape, bool), large.copy()
    for _ in range(width_px):
        edge |= find_boundaries(inside, mode="inner")
        inside[edge] = 0
    result = picture.copy()
    kinds = np.zeros_like(labels) if types is None else np.maximum(types, 0)
    palette = [CLASS_RGB[colour_of_class(number)] for number in range(int(kinds.max()) + 1)]
    colours = np.array(palette, np.uint8)[kinds]
    result[edge] = colours.repeat(zoom, axis=0).repeat(zoom, axis=1)[edge]
    return result
