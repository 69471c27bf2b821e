"""Opens what a network is shown, whichever network it is."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import torch

from trainables.augment import AugmentConfig, build_augmentation
from trainables.data import PreparedData
from trainables.hv.config import HVConfig
from trainables.models import TokensConfig
from trainables.views import PixelViews, Views

__all__ = ["ViewOpening", "open_views"]


class ViewOpening(Protocol):
    """The images of a data set as one kind of network sees them."""

    def training(self, name: str) -> Views:
        """A split to cut augmented training crops from."""

    def whole(self, name: str) -> Views:
        """A split to predict whole images of."""


def open_views(
    config: HVConfig, data: PreparedData, *, cache_dir: Path, device: torch.device
) -> ViewOpening:
    """Finds out what the configured network is shown; nothing is computed before it is opened.

    Args:
        config: Names the network and the augmentation.
        data: The images.
        cache_dir: Where a frozen encoder's features are kept.
        device: Where such an encoder runs if features are missing.

    Raises:
        ConfigError: The network's encoder can't be used.
    """
    if isinstance(config.model, TokensConfig):
        from trainables.tokens.opening import TokenOpening

        return TokenOpening(config.model, config.augment, data, cache_dir=cache_dir, device=device)
    return _PixelOpening(data, config.augment)


class _PixelOpening:
    def __init__(self, data: PreparedData, augment: AugmentConfig) -> None:
        self._data = data
        self._augment = augment

    def training(self, name: str) -> Views:
        return PixelViews(getattr(self._data, name), build_augmentation(self._augment))

    def whole(self, name: str) -> Views:
        return PixelViews(getattr(self._data, name))
