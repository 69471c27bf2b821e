"""Pictures of true and predicted types of nuclei."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainables.pictures.class_colours import CLASS_RGB, colour_of_class
from trainables.pictures.overlay import shown_image
from trainables.pictures.page import Panel, Rgb, draw_page, enlarged, outlined, panel_scale

__all__ = ["draw_types"]

_TINT = 0.25
_UNKNOWN_RGB: Rgb = (150, 150, 150)


def draw_types(
    image: NDArray[np.float32],
    true: tuple[NDArray[np.int32], NDArray[np.int32]],
    pred: tuple[NDArray[np.int32], NDArray[np.int32]],
    names: Sequence[str],
    title: str,
) -> NDArray[np.uint8]:
    """Draws truth and prediction side by side, nuclei in the colours of their types.

    Args:
        image: (H, W, C), C = 1 or 3, any range.
        true: Labels (H, W), 0 is background, and the types of the nuclei in the order of their ids,
            0 for unknown.
        pred: The same of the prediction.
        names: Of the types 1, 2, ...
        title: Written above.

    Returns:
        (height, width, 3).
    """
    colours = [_UNKNOWN_RGB, *(CLASS_RGB[colour_of_class(one)] for one in range(1, len(names) + 1))]
    scale = panel_scale(image.shape)
    plain = enlarged(shown_image(image), scale)
    panels = []
    for name, (labels, types) in (("truth", true), ("prediction", pred)):
        picture = outlined(
            plain, enlarged(labels, scale), [colours[one] for one in types], [_TINT] * len(types)
        )
        counts = np.bincount(types, minlength=len(colours))
        legend = [
            (colours[one], f"{word}: {counts[one]}")
            for one, word in enumerate(("unknown", *names))
            if one or counts[0]
        ]
        panels.append(Panel(name=name, picture=picture, legend=legend))
    return draw_page(title, panels)
