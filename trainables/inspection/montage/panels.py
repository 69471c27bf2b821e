"""The pictures of one sample, and of one variation of a crop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainables.decoding import hv_targets
from trainables.inspection.montage.arrows import draw_arrows, draw_wheel
from trainables.inspection.montage.colours import (
    colour_direction,
    colour_labels,
    colour_signed,
    outline,
)
from trainables.inspection.montage.enlarging import enlarge
from trainables.inspection.montage.samples import Sample
from trainables.inspection.montage.variations import Patch
from trainables.pictures import shown_image

__all__ = [
    "direction_wheel",
    "framed",
    "maps_of",
    "middle_of",
    "outlined",
    "sample_panels",
    "tinted",
]

Picture = NDArray[np.uint8]

_FRAME_RGB = ((20, 20, 24), (255, 255, 255))
_WHEEL_PX = 401
_GLAZE = 0.45


def sample_panels(sample: Sample, panel_px: int) -> list[Picture]:
    """Image, contours, labels, h, v and direction."""
    picture = shown_image(sample.image)
    return [
        picture,
        outlined(picture, sample.labels, panel_px, sample.types),
        colour_labels(sample.labels),
        *maps_of(sample.labels, hv_targets(sample.labels)),
    ]


def maps_of(labels: NDArray[np.int32], hv: NDArray[np.float32]) -> list[Picture]:
    """h, v and direction."""
    mask = labels > 0
    return [colour_signed(hv[0], mask), colour_signed(hv[1], mask), colour_direction(hv, mask)]


def outlined(
    picture: Picture,
    labels: NDArray[np.int32],
    panel_px: int,
    types: NDArray[np.int32] | None = None,
) -> Picture:
    """Contours over a picture, about a pixel wide once it has become a panel."""
    zoom = max(1, panel_px // max(labels.shape))
    large = picture.repeat(zoom, axis=0).repeat(zoom, axis=1)
    # A line must outlive that a large picture is shrunk.
    width_px = max(1, round(1.4 * max(labels.shape) / panel_px))
    return outline(large, labels, types, width_px=width_px)


def tinted(sample: Sample, panel_px: int) -> Picture:
    """An image with contours under a glaze of its labels' colours: it shows who shares an id."""
    mask = sample.labels > 0
    picture = shown_image(sample.image)
    glaze = _GLAZE * colour_labels(sample.labels)[mask]
    picture[mask] = (1 - _GLAZE) * picture[mask] + glaze
    return outlined(picture, sample.labels, panel_px, sample.types)


def framed(patch: Patch, middle_px: int, panel_px: int) -> Picture:
    """A crop with contours, and a frame about its middle."""
    picture = np.array(
        enlarge(outlined(shown_image(patch.image), patch.labels, panel_px), panel_px)
    )
    rows, columns = (
        [round(place * panel_px / patch.labels.shape[0]) for place in (part.start, part.stop)]
        for part in patch.middle(middle_px)
    )
    for inset, colour in enumerate(_FRAME_RGB):
        top, bottom, left, right = (
            max(0, rows[0] + inset),
            rows[1] - 1 - inset,
            max(0, columns[0] + inset),
            columns[1] - 1 - inset,
        )
        picture[[top, bottom], left : right + 1] = colour
        picture[top : bottom + 1, [left, right]] = colour
    return picture


def middle_of(patch: Patch, middle_px: int, panel_px: int) -> Picture:
    """The direction of the target in the crop's middle, with arrows."""
    rows, columns = patch.middle(middle_px)
    maps, labels = patch.hv[:, rows, columns], patch.labels[rows, columns]
    return draw_arrows(colour_direction(maps, labels > 0), maps, panel_px)


def direction_wheel(panel_px: int) -> Picture:
    """What the colours of directions mean."""
    vertical, horizontal = np.mgrid[-1 : 1 : _WHEEL_PX * 1j, -1 : 1 : _WHEEL_PX * 1j]
    maps = np.stack([horizontal, vertical]).astype(np.float32)
    inside = np.hypot(horizontal, vertical) <= 1
    wheel = colour_direction(maps, inside)
    wheel[~inside] = (250, 250, 248)
    return draw_wheel(wheel, panel_px)
