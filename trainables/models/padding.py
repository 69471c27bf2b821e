"""Padding an image to a size that a network can halve, and cutting its outputs back."""

from __future__ import annotations

from typing import Final

from torch import Tensor
from torch.nn import functional

__all__ = ["cut_to", "pad_to_multiple", "padded_length"]

#: The coarsest level keeps 2 x 2 cells: normalisation in training needs more than one value.
_MIN_CELLS: Final = 2


def pad_to_multiple(image: Tensor, multiple: int) -> Tensor:
    """Repeats the last row and column until both sides are multiples.

    Args:
        image: (B, C, H, W), H and W at least 1.
        multiple: The factor by which the coarsest level is smaller; both sides come out as at
            least twice that.

    Returns:
        (B, C, H', W'); `image` itself when it fits already. The image is its upper left corner.
    """
    height, width = image.shape[-2:]
    bottom = padded_length(height, multiple) - height
    right = padded_length(width, multiple) - width
    if bottom == right == 0:
        return image
    return functional.pad(image, (0, right, 0, bottom), mode="replicate")


def cut_to(maps: Tensor, like: Tensor) -> Tensor:
    """Returns the upper left corner of `maps` (B, C, H', W') at the height and width of `like`."""
    return maps[..., : like.shape[-2], : like.shape[-1]]


def padded_length(length: int, multiple: int) -> int:
    """The length of a side after `pad_to_multiple`."""
    return max(-(-length // multiple), _MIN_CELLS) * multiple
