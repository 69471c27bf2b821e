"""Running a network over images of any size in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from trainables.training import channels_last
from trainables.views import View

__all__ = ["Span", "predict_whole", "spans"]

#: Side of the largest piece that goes through the network at once.
_TILE_PX = 1536
#: What a tile sees beyond its own part; a multiple of every network's downsampling.
_MARGIN_PX = 128


def predict_whole(
    model: nn.Module,
    image: Tensor | View,
    *,
    tile_px: int = _TILE_PX,
    margin_px: int = _MARGIN_PX,
) -> dict[str, Tensor]:
    """Predicts an image, in overlapping tiles if it is larger than `tile_px` on a side.

    Tiles see `margin_px` beyond the part that is kept of them, so seams are only visible to a
    network that looks further than that.

    Args:
        model: Maps (B, C, H, W), and features if there are some, to tensors (B, K, H, W) by name;
            in evaluation mode.
        image: (1, C, H, W), or a view of an image with its features; tiles then lie on its grid.
        tile_px: Side of a tile with its margins, above twice the margin.
        margin_px: At least 0; multiples of the network's downsampling leave no trace.

    Returns:
        float32 (1, K, H, W) by name, on the image's device.
    """
    view = View(image=image) if isinstance(image, Tensor) else image
    height, width = view.image.shape[-2:]
    margin_px = -(-margin_px // view.grid_px) * view.grid_px
    tile_px = max(tile_px // view.grid_px * view.grid_px, 2 * margin_px + view.grid_px)
    whole: dict[str, Tensor] = {}
    for rows in spans(height, tile_px, margin_px):
        for cols in spans(width, tile_px, margin_px):
            seen = _part(view, rows.seen, cols.seen)
            for name, part in model(*map(channels_last, seen)).items():
                if name not in whole:
                    whole[name] = part.new_empty(
                        (1, part.shape[1], height, width), dtype=torch.float32
                    )
                whole[name][..., rows.kept, cols.kept] = part[..., rows.inner, cols.inner]
    return whole


def _part(view: View, rows: slice, cols: slice) -> tuple[Tensor, ...]:
    image = view.image[..., rows, cols]
    if view.features is None:
        return (image,)
    return image, view.features[..., _cells(rows, view.grid_px), _cells(cols, view.grid_px)]


def _cells(pixels: slice, grid_px: int) -> slice:
    """Where a stretch of pixels lies on the grid; even the smallest image has two cells."""
    first = pixels.start // grid_px
    return slice(first, max(-(-pixels.stop // grid_px), first + 2))


class Span:
    """One side of a tile: what the network sees, what is kept, and where that lies in the tile."""

    def __init__(self, start: int, stop: int, length: int, margin: int) -> None:
        first, last = max(0, start - margin), min(length, stop + margin)
        self.seen = slice(first, last)
        self.kept = slice(start, stop)
        self.inner = slice(start - first, stop - first)


def spans(length: int, tile: int, margin: int) -> Iterator[Span]:
    """Cuts a side into stretches that overlap by twice the margin; one if it fits into a tile."""
    if length <= tile:
        yield Span(0, length, length, 0)
        return
    stride = tile - 2 * margin
    for start in range(0, length, stride):
        yield Span(start, min(start + stride, length), length, margin)
