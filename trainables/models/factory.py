"""From a network's settings to the network."""

from __future__ import annotations

from typing import assert_never

import torch
from torch import nn

from trainables.models.config import (
    FlexibleUNetConfig,
    HoVerNetConfig,
    ModelConfig,
    TokensConfig,
    UNetConfig,
)
from trainables.models.flexible_unet import HVFlexibleUNet
from trainables.models.hovernet import PaddedHoVerNet
from trainables.models.tokens import HVTokens
from trainables.models.unet import HVUNet
from trainables.tokens.traits import read_traits

__all__ = ["build_model"]


def build_model(config: ModelConfig, in_channels: int = 1, num_types: int = 0) -> nn.Module:
    """Builds a network with fresh weights, determined by torch's global seed.

    Args:
        config: Which network.
        in_channels: Channels of the images, at least 1.
        num_types: Classes of nuclei, for the NT head; 0: there is none.

    Returns:
        A module on the CPU: (B, in_channels, H, W) float -> {"np": logits (B, 1, H, W),
        "hv": (B, 2, H, W)}, and with types "nt": logits (B, 1 + num_types, H, W), 0 background. Its
        weights lie channels-last, which makes a training step on a CPU a quarter faster. `tokens`
        also wants the features of the image, see `HVTokens`: its encoder is no part of it.

    Raises:
        ConfigError: A file of weights can't be used.
    """
    network: nn.Module
    match config:
        case UNetConfig():
            network = HVUNet(config, in_channels, num_types)
        case HoVerNetConfig():
            network = PaddedHoVerNet(config, in_channels, num_types)
        case FlexibleUNetConfig():
            network = HVFlexibleUNet(config, in_channels, num_types)
        case TokensConfig():
            network = HVTokens(config, read_traits(config.encoder), in_channels, num_types)
        case _:
            assert_never(config)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
