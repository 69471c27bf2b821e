"""An image, its true and its predicted nuclei side by side, each outlined by what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainables.pictures.overlay import shown_image
from trainables.pictures.page import Panel, Rgb, draw_page, enlarged, outlined, panel_scale
from trainables.scoring.fates import Fate, Fates

__all__ = ["draw_mistakes"]

# Told apart with any colour vision, on dark and on bright images.
_COLOURS: Final[Mapping[Fate, Rgb]] = {
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
_TINT = 0.3


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
    scale = panel_scale(true.shape)
    plain = enlarged(shown_image(image), scale)
    truth = _outlined(plain, enlarged(true, scale), fates.true)
    found = _outlined(plain, enlarged(pred, scale), fates.pred)
    panels = [
        Panel(name="image", picture=plain, legend=()),
        Panel(name="truth", picture=truth, legend=_legend(fates.true, _TRUE_WORDS)),
        Panel(name="prediction", picture=found, legend=_legend(fates.pred, _PRED_WORDS)),
    ]
    return draw_page(title, panels)


def _legend(fates: Sequence[Fate], words: Mapping[Fate, str]) -> list[tuple[Rgb, str]]:
    """Colours with what they mean and how many there are, all of them on every picture."""
    return [(_COLOURS[fate], f"{word}: {fates.count(fate)}") for fate, word in words.items()]


def _outlined(
    picture: NDArray[np.uint8], labels: NDArray[np.int32], fates: Sequence[Fate]
) -> NDArray[np.uint8]:
    """Outlines of all nuclei; what went wrong is tinted too."""
    colours = [_COLOURS[fate] for fate in fates]
    tints = [0.0 if fate is Fate.FOUND else _TINT for fate in fates]
    return outlined(picture, labels, colours, tints)
