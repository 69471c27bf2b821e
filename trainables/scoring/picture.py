"""An image, its true and its predicted nuclei side by side, each outlined by what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from skimage.segmentation import find_boundaries

from trainables.overlay import shown_image
from trainables.scoring.fates import Fate, Fates

__all__ = ["draw_mistakes"]

_Rgb = tuple[int, int, int]

# Told apart with any colour vision, on dark and on bright images.
_COLOURS: Final[Mapping[Fate, _Rgb]] = {
    Fate.FOUND: (0, 175, 125),
    Fate.MERGED: (225, 70, 200),
    Fate.SPLIT: (240, 200, 30),
    Fate.MISSED: (225, 65, 20),
    Fate.EXTRA: (70, 170, 250),
}
_TRUE_WORDS: Final = {
    Fate.FOUND: "found",
    Fate.MERGED: "merged with another",
    Fate.SPLIT: "split",
    Fate.MISSED: "missed or badly outlined",
}
_PRED_WORDS: Final = {
    Fate.FOUND: "right",
    Fate.MERGED: "holds several",
    Fate.SPLIT: "piece of one",
    Fate.EXTRA: "matches none",
}
_PANEL_PX = 480
_TINT = 0.3
_GAP_PX = 8
_MIN_FONT_PX = 15
_FONT_SHARE = 46  # of a panel's width
_INK: Final[_Rgb] = (31, 41, 51)
_PAPER: Final[_Rgb] = (255, 255, 255)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Panel:
    name: str
    picture: NDArray[np.uint8]
    legend: Sequence[tuple[_Rgb, str]]


def draw_mistakes(
    image: NDArray[np.float32],
    true: NDArray[np.int32],
    pred: NDArray[np.int32],
    fates: Fates,
    title: str,
) -> NDArray[np.uint8]:
    """Draws three panels with a title and a legend; small images are enlarged.

    Args:
        image: (H, W, C), C = 1 or 3, any range.
        true: (H, W), 0 is background.
        pred: (H, W), 0 is background.
        fates: Of both.
        title: Written above.

    Returns:
        (height, width, 3).
    """
    scale = max(1, round(_PANEL_PX / max(true.shape)))
    plain = _enlarged(shown_image(image), scale)
    truth = _outlined(plain, _enlarged(true, scale), fates.true)
    found = _outlined(plain, _enlarged(pred, scale), fates.pred)
    panels = [
        _Panel(name="image", picture=plain, legend=()),
        _Panel(name="truth", picture=truth, legend=_legend(fates.true, _TRUE_WORDS)),
        _Panel(name="prediction", picture=found, legend=_legend(fates.pred, _PRED_WORDS)),
    ]
    return np.asarray(_page(title, panels))


def _page(title: str, panels: Sequence[_Panel]) -> Image.Image:
    """Panels of one size side by side."""
    height, width = panels[0].picture.shape[:2]
    width = max(width, _PANEL_PX)
    font_px = max(_MIN_FONT_PX, width // _FONT_SHARE)
    line_px = 3 * font_px // 2
    num_lines = 1 + max(len(panel.legend) for panel in panels)
    top = line_px + 2 * _GAP_PX
    size = (3 * width + 4 * _GAP_PX, top + height + num_lines * line_px + 2 * _GAP_PX)
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
    return page


def _legend(fates: Sequence[Fate], words: Mapping[Fate, str]) -> list[tuple[_Rgb, str]]:
    """Colours with what they mean and how many there are, all of them on every picture."""
    return [(_COLOURS[fate], f"{word}: {fates.count(fate)}") for fate, word in words.items()]


def _outlined(
    picture: NDArray[np.uint8], labels: NDArray[np.int32], fates: Sequence[Fate]
) -> NDArray[np.uint8]:
    """Outlines of all nuclei; what went wrong is tinted too."""
    palette = np.array([(0, 0, 0), *(_COLOURS[fate] for fate in fates)], dtype=np.float64)
    tints = np.array([0.0, *(0.0 if fate is Fate.FOUND else _TINT for fate in fates)])
    _, index = np.unique(labels, return_inverse=True)
    # Without background the first id would take its place.
    index = index.reshape(labels.shape) + (0 if (labels == 0).any() else 1)
    colours, tint = palette[index], tints[index][..., None]
    drawn = picture * (1 - tint) + colours * tint
    edges = find_boundaries(labels, mode="inner")
    edges |= find_boundaries(np.where(edges, 0, labels), mode="inner")
    drawn[edges] = colours[edges]
    return drawn.astype(np.uint8)


def _enlarged(array: NDArray, scale: int) -> NDArray:
    return array.repeat(scale, axis=0).repeat(scale, axis=1)
