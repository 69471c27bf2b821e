"""What a network needs before any trial starts. Imports no torch unless the network needs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trainables.data import PreparedData
from trainables.hv.config import HVConfig
from trainables.models import FlexibleUNetConfig, TokensConfig

__all__ = ["prepare_model"]


def prepare_model(config: HVConfig, data: PreparedData, cache_dir: Path) -> Sequence[str]:
    """Computes features of a frozen encoder, or tries a file of weights.

    Returns:
        Facts for people, one a line.

    Raises:
        ConfigError: Weights can't be used.
        UserError: Features can't be kept, or weights can't be downloaded.
    """
    match config.model:
        case TokensConfig():
            from trainables.tokens.preparing import FeatureRequest, prepare_features

            request = FeatureRequest(
                model=config.model, augment=config.augment, data=config.data, cache_dir=cache_dir
            )
            return prepare_features(request, data)
        case FlexibleUNetConfig(weights=Path()):
            from trainables.models import build_model

            build_model(config.model, data.channels)
    return ()
