"""Pages of pictures side by side, with a title, legends, and nuclei outlined in colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from skimage.segmentation import find_boundaries

__all__ = ["Panel", "Rgb", "draw_page", "enlarged", "outlined", "panel_scale"]

Rgb = tuple[int, int, int]

_PANEL_PX = 480
_GAP_PX = 8
_MIN_FONT_PX = 15
_FONT_SHARE = 46  # of a panel's width
_INK: Final[Rgb] = (31, 41, 51)
_PAPER: Final[Rgb] = (255, 255, 255)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """A picture of a page.

    Attributes:
        name: Written below.
        picture: (H, W, 3).
        legend: Colours and what they mean, written below the name.
    """

    name: str
    picture: NDArray[np.uint8]
    legend: Sequence[tuple[Rgb, str]]


def draw_page(title: str, panels: Sequence[Panel]) -> NDArray[np.uint8]:
    """Draws panels of one size side by side.

    Args:
        title: Written above.
        panels: At least one.

    Returns:
        (height, width, 3).
    """
    height, width = panels[0].picture.shape[:2]
    width = max(width, _PANEL_PX)
    font_px = max(_MIN_FONT_PX, width // _FONT_SHARE)
    line_px = 3 * font_px // 2
    num_lines = 1 + max(len(panel.legend) for panel in panels)
    top = line_px + 2 * _GAP_PX
    size = (
        len(panels) * width + (len(panels) + 1) * _GAP_PX,
        top + height + num_lines * line_px + 2 * _GAP_PX,
    )
    page = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=font_px)
    draw.text((_GAP_PX, _GAP_PX), title, fill=_INK, font=font)
    for column, panel in enumerate(panels):
        left, below = _GAP_PX + column * (width + _GAP_PX), top + height + _GAP_PX
        page.paste(Image.fromarray(panel.picture), (left, top))
        draw.text((left, below), panel.name, fill=_INK, font=font)
        for row, (colour, words) in enumerate(panel.legend, start=1):
            y = below + row * line_px
            draw.rectangle((left, y + 2, left + font_px, y + 2 + font_px), fill=colour)
            draw.text((left + line_px, y), words, fill=_INK, font=font)
    return np.asarray(page)


def outlined(
    picture: NDArray[np.uint8],
    labels: NDArray[np.int32],
    colours: Sequence[Rgb],
    tints: Sequence[float],
) -> NDArray[np.uint8]:
    """Outlines nuclei and tints their inside.

    Args:
        picture: (H, W, 3); left as it is.
        labels: (H, W), 0 is background.
        colours: Of the nuclei, in the order of their ids.
        tints: How much of its colour the inside of each nucleus takes, from 0 to 1.
    """
    palette = np.array([(0, 0, 0), *colours], dtype=np.float64)
    tint_of = np.array([0.0, *tints])
    _, index = np.unique(labels, return_inverse=True)
    # Without background the first id would take its place.
    index = index.reshape(labels.shape) + (0 if (labels == 0).any() else 1)
    colour, tint = palette[index], tint_of[index][..., None]
    drawn = picture * (1 - tint) + colour * tint
    edges = find_boundaries(labels, mode="inner")
    edges |= find_boundaries(np.where(edges, 0, labels), mode="inner")
    drawn[edges] = colour[edges]
    return drawn.astype(np.uint8)


def panel_scale(shape: tuple[int, ...]) -> int:
    """By how much a small image (H, W) is enlarged to fill a panel."""
    return max(1, round(_PANEL_PX / max(shape)))


def enlarged(array: NDArray, scale: int) -> NDArray:
    """Repeats rows and columns."""
    return array.repeat(scale, axis=0).repeat(scale, axis=1)
