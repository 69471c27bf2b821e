"""An image, its true and its predicted nuclei side by side, each outlined by what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    Fate.MISSED: "missed",
}
_PRED_WORDS: Final = {
    Fate.FOUND: "right",
    Fate.MERGED: "holds several",
    Fate.SPLIT: "piece of one",
    Fate.EXTRA: "no nucleus",
}
_PANEL_PX = 480
_TINT = 0.3
_GAP_PX = 8
_LINE_PX = 22
_FONT_PX = 15
_INK: Final[_Rgb] = (31, 41, 51)
_PAPER: Final[_Rgb] = (255, 255, 255)


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
    panels = [
        ("image", plain, ()),
        (
            "truth",
            _outlined(plain, _enlarged(true, scale), fates.true),
            _legend(fates.true, _TRUE_WORDS),
        ),
        (
            "prediction",
            _outlined(plain, _enlarged(pred, scale), fates.pred),
            _legend(fates.pred, _PRED_WORDS),
        ),
    ]
    height, width = plain.shape[:2]
    width = max(width, _PANEL_PX)
    lines = 1 + max(len(legend) for _, _, legend in panels)
    top = _LINE_PX + 2 * _GAP_PX
    page = Image.new(
        "RGB",
        (3 * width + 4 * _GAP_PX, top + height + lines * _LINE_PX + 2 * _GAP_PX),
        _PAPER,
    )
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=_FONT_PX)
    draw.text((_GAP_PX, _GAP_PX), title, fill=_INK, font=font)
    for column, (name, panel, legend) in enumerate(panels):
        left, below = _GAP_PX + column * (width + _GAP_PX), top + height + _GAP_PX
        page.paste(Image.fromarray(panel), (left, top))
        draw.text((left, below), name, fill=_INK, font=font)
        for row, (colour, words) in enumerate(legend, start=1):
            y = below + row * _LINE_PX
            draw.rectangle((left, y + 3, left + 13, y + 16), fill=colour)
            draw.text((left + 22, y), words, fill=_INK, font=font)
    return np.asarray(page)


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
