"""A convolutional HoVer decoder on the patch tokens of a frozen vision transformer."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.models.blocks import convolutions
from trainables.models.config import TokensConfig
from trainables.models.heads import HeadedNetwork
from trainables.tokens.traits import EncoderTraits

__all__ = ["HVTokens"]

_LEAST_CHANNELS: Final = 16


class HVTokens(HeadedNetwork):
    """NP, HV and NT heads on upsampled tokens; the encoder is no part of it.

    The grid of tokens is doubled until it is as fine as the image or nearly so (14 pixels are no
    power of two: the rest is interpolation), each time with a 3x3 convolution and half the
    channels. At full resolution features of a light stem over the image join: tokens know what is
    where, but not to a pixel.
    """

    def __init__(
        self,
        config: TokensConfig,
        traits: EncoderTraits,
        in_channels: int,
        num_types: int = 0,
    ) -> None:
        """Builds the decoder for what an encoder gives."""
        super().__init__()
        is_separate = config.decoders == "separate"
        self.hv_tanh = config.hv_tanh
        self.grid_px = traits.patch_px // config.zoom
        channels = traits.channels * len(config.blocks)
        self.stem = convolutions(in_channels, config.stem, 2, config.norm) if config.stem else None
        self.decoder = _TokenDecoder(config, channels, self.grid_px)
        self.hv_decoder = _TokenDecoder(config, channels, self.grid_px) if is_separate else None
        self.np_head = nn.Conv2d(self.decoder.width, 1, kernel_size=1)
        self.hv_head = nn.Conv2d(self.decoder.width, 2, kernel_size=1)
        # Last, so that the other weights are drawn as without types.
        typed = num_types > 0
        own = is_separate and typed
        self.nt_decoder = _TokenDecoder(config, channels, self.grid_px) if own else None
        self.nt_head = (
            nn.Conv2d(self.decoder.width, num_types + 1, kernel_size=1) if typed else None
        )

    def forward(self, image: Tensor, features: Tensor) -> dict[str, Tensor]:
        """Predicts all maps at the image's size.

        Args:
            image: (B, C, H, W) float; any H and W.
            features: (B, K, rows, columns) float: the tokens of squares of `grid_px` pixels that
                cover the image from its upper left corner on.

        Returns:
            `np`: logits (B, 1, H, W); `hv`: (B, 2, H, W), in (-1, 1) with `hv_tanh`, unbounded
            without; with types `nt`: logits (B, 1 + types, H, W).
        """
        sides = [cells * self.grid_px for cells in features.shape[-2:]]
        fine = None
        if self.stem is not None:
            bottom, right = sides[0] - image.shape[-2], sides[1] - image.shape[-1]
            fine = self.stem(functional.pad(image, (0, right, 0, bottom), mode="replicate"))
        shared = self.decoder(features, fine, sides)
        hv_features = self.hv_decoder(features, fine, sides) if self.hv_decoder else shared
        nt_features = self.nt_decoder(features, fine, sides) if self.nt_decoder else shared
        return self.maps_of(image, shared, hv_features, nt_features)


class _TokenDecoder(nn.Module):
    """From the grid of tokens to features at full resolution.

    Attributes:
        width: Channels of those features.
    """

    def __init__(self, config: TokensConfig, channels: int, grid_px: int) -> None:
        super().__init__()
        doublings = int(math.log2(grid_px))
        widths = [max(_LEAST_CHANNELS, config.width // 2**level) for level in range(doublings + 1)]
        self.width = widths[-1]
        self.project = nn.Conv2d(channels, widths[0], kernel_size=1)
        self.rise = nn.ModuleList(
            convolutions(ins, outs, 1, config.norm) for ins, outs in pairwise(widths)
        )
        self.merge = convolutions(self.width + config.stem, self.width, 1, config.norm)

    def forward(self, tokens: Tensor, fine: Tensor | None, sides: list[int]) -> Tensor:
        features = functional.relu(self.project(tokens))
        for block in self.rise:
            features = block(functional.interpolate(features, scale_factor=2, mode="bilinear"))
        if list(features.shape[-2:]) != sides:
            features = functional.interpolate(features, size=sides, mode="bilinear")
        return self.merge(features if fine is None else torch.cat([features, fine], dim=1))
