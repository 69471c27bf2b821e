"""A small U-Net with NP, HV and NT heads, on MONAI's blocks."""

from __future__ import annotations

from itertools import pairwise

import torch
from monai.networks.blocks import UpSample
from torch import Tensor, nn
from torch.nn import functional

from trainables.models.blocks import convolutions
from trainables.models.config import UNetConfig
from trainables.models.heads import HeadedNetwork
from trainables.models.padding import pad_to_multiple

__all__ = ["HVUNet"]


class HVUNet(HeadedNetwork):
    """U-Net for images of any size.

    Differs from Ronneberger et al.: same padding, normalisation after each convolution, two or
    three heads, and by default one convolution per level on the way up, after bilinear upsampling.

    Source: Ronneberger, Fischer, Brox 2015, doi:10.1007/978-3-319-24574-4_28.
    """

    def __init__(self, config: UNetConfig, in_channels: int, num_types: int = 0) -> None:
        super().__init__()
        channels = config.channels
        is_separate = config.decoders == "separate"
        self.hv_tanh = config.hv_tanh
        self.encoder = nn.ModuleList(
            convolutions(ins, outs, config.encoder_convs, config.norm)
            for ins, outs in pairwise((in_channels, *channels))
        )
        self.decoder = _Decoder(config)
        self.hv_decoder = _Decoder(config) if is_separate else None
        self.np_head = nn.Conv2d(channels[0], 1, kernel_size=1)
        self.hv_head = nn.Conv2d(channels[0], 2, kernel_size=1)
        # Last, so that the other weights are drawn as without types.
        self.nt_decoder = _Decoder(config) if is_separate and num_types else None
        self.nt_head = nn.Conv2d(channels[0], num_types + 1, kernel_size=1) if num_types else None

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Predicts all maps at the image's size.

        Args:
            image: (B, C, H, W) float; any H and W.

        Returns:
            `np`: logits (B, 1, H, W); `hv`: (B, 2, H, W), horizontal and vertical, in (-1, 1) with
            `hv_tanh`, unbounded without; with types `nt`: logits (B, 1 + types, H, W).
        """
        features = pad_to_multiple(image, 2 ** (len(self.encoder) - 1))
        levels = []
        for level, block in enumerate(self.encoder):
            if level:
                features = functional.max_pool2d(features, kernel_size=2)
            features = block(features)
            levels.append(features)
        shared = self.decoder(levels)
        hv_features = shared if self.hv_decoder is None else self.hv_decoder(levels)
        nt_features = shared if self.nt_decoder is None else self.nt_decoder(levels)
        return self.maps_of(image, shared, hv_features, nt_features)


class _Decoder(nn.Module):
    """The way up: from the features of all levels, finest first, to those of the finest."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        steps = [(coarse, fine) for fine, coarse in pairwise(config.channels)][::-1]
        self.up = nn.ModuleList(
            _upsampling(coarse, fine, config.upsample) for coarse, fine in steps
        )
        self.merge = nn.ModuleList(
            convolutions(2 * fine, fine, config.decoder_convs, config.norm) for _, fine in steps
        )

    def forward(self, levels: list[Tensor]) -> Tensor:
        features = levels[-1]
        for up, merge, skip in zip(self.up, self.merge, reversed(levels[:-1]), strict=True):
            features = merge(torch.cat([skip, up(features)], dim=1))
        return features


def _upsampling(in_channels: int, out_channels: int, kind: str) -> nn.Module:
    if kind == "deconv":
        return UpSample(2, in_channels, out_channels, scale_factor=2, mode="deconv")
    return UpSample(
        2,
        in_channels,
        out_channels,
        scale_factor=2,
        mode="nontrainable",
        interp_mode="bilinear",
        align_corners=False,
    )
