"""HoVer vectors as arrows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from trainables.inspection.montage.enlarging import enlarge

__all__ = ["draw_arrows", "draw_wheel"]

#: Drawn this much larger and shrunk afterwards: slanted lines get smooth.
_FINE = 4
_APART_PX = 17
_INK, _HALO = (15, 17, 22), (255, 255, 255)


def draw_arrows(
    picture: NDArray[np.uint8], maps: NDArray[np.float32], side_px: int
) -> NDArray[np.uint8]:
    """Enlarges a picture and draws a vector every few pixels.

    Args:
        picture: (N, N, 3).
        maps: (2, N, N): 0 to the right, 1 down; 0 where there is no nucleus.
        side_px: Side of the result.

    Returns:
        (side_px, side_px, 3).
    """
    fine = enlarge(picture, side_px).resize((side_px * _FINE,) * 2, Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(fine)
    size = picture.shape[0]
    zoom = side_px * _FINE / size
    step = max(1, round(_APART_PX * _FINE / zoom))
    for row in range(step // 2, size, step):
        for column in range(step // 2, size, step):
            vector = maps[:, row, column]
            if vector.any():
                middle = np.array([column + 0.5, row + 0.5]) * zoom
                _arrow(draw, middle, vector * (0.85 * step * zoom))
    return np.array(fine.resize((side_px, side_px), Image.Resampling.LANCZOS))


def draw_wheel(picture: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Eight arrows from the middle of a picture outwards, for the legend; (side_px, side_px, 3)."""
    fine = Image.fromarray(picture).resize((side_px * _FINE,) * 2, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(fine)
    half = side_px * _FINE / 2
    for angle in np.arange(8) * np.pi / 4:
        towards = np.array([np.cos(angle), np.sin(angle)])
        _arrow(draw, half + 0.6 * half * towards, 0.42 * half * towards)
    return np.array(fine.resize((side_px, side_px), Image.Resampling.LANCZOS))


def _arrow(
    draw: ImageDraw.ImageDraw, middle: NDArray[np.floating], vector: NDArray[np.floating]
) -> None:
    """From the middle backwards and forwards, with a head; dark with a light rim."""
    tail, tip = middle - vector / 2, middle + vector / 2
    length = float(np.hypot(*vector))
    along = vector / max(length, 1e-6)
    across = np.array([-along[1], along[0]])
    head_px = min(length * 0.6, 4.2 * _FINE)
    base = tip - along * head_px
    corners = [
        tuple(tip),
        tuple(base + across * head_px * 0.5),
        tuple(base - across * head_px * 0.5),
    ]
    for colour, width in ((_HALO, 2.6), (_INK, 1.3)):
        draw.line([tuple(tail), tuple(base)], fill=colour, width=round(width * _FINE))
        rim = round((width - 1.3) * _FINE)
        draw.polygon(corners, fill=colour, outline=colour, width=max(1, rim))
