"""What several networks are made of."""

from __future__ import annotations

from itertools import pairwise

from monai.networks.blocks import Convolution
from torch import nn

__all__ = ["convolutions"]


def convolutions(in_channels: int, out_channels: int, count: int, norm: str) -> nn.Sequential:
    """So many 3x3 convolutions, each with its normalisation and ReLU.

    Args:
        in_channels: Of the first.
        out_channels: Of all.
        count: How many, at least 1.
        norm: `batch`, `instance` or `group`.
    """
    widths = (in_channels, *[out_channels] * count)
    return nn.Sequential(*[_convolution(ins, outs, norm) for ins, outs in pairwise(widths)])


def _convolution(in_channels: int, out_channels: int, norm: str) -> nn.Module:
    norms = {
        "batch": "batch",
        "instance": ("instance", {"affine": True}),
        "group": ("group", {"num_groups": _num_groups(out_channels)}),
    }
    return Convolution(
        spatial_dims=2,
        in_channels=in_channels,
        out_channels=out_channels,
        kernel_size=3,
        adn_ordering="NA",
        norm=norms[norm],
        act=("relu", {"inplace": True}),
        bias=False,
    )


def _num_groups(channels: int) -> int:
    return next(groups for groups in (8, 4, 2, 1) if channels % groups == 0)
