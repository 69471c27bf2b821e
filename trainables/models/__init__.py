"""Networks that turn an image into nuclei probabilities (NP) and HoVer maps (HV).

Importing the package loads no torch: a driver that only checks settings reads `config`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trainables.models.config import (
    FlexibleUNetConfig,
    HoVerNetConfig,
    ModelConfig,
    TokensConfig,
    UNetConfig,
)

if TYPE_CHECKING:
    from trainables.models.factory import build_model
    from trainables.models.flexible_unet import HVFlexibleUNet
    from trainables.models.hovernet import PaddedHoVerNet
    from trainables.models.tokens import HVTokens
    from trainables.models.unet import HVUNet

__all__ = [
    "FlexibleUNetConfig",
    "HVFlexibleUNet",
    "HVTokens",
    "HVUNet",
    "HoVerNetConfig",
    "ModelConfig",
    "PaddedHoVerNet",
    "TokensConfig",
    "UNetConfig",
    "build_model",
]

_NEEDS_TORCH = {
    "HVFlexibleUNet": "trainables.models.flexible_unet",
    "HVUNet": "trainables.models.unet",
    "HVTokens": "trainables.models.tokens",
    "PaddedHoVerNet": "trainables.models.hovernet",
    "build_model": "trainables.models.factory",
}


def __getattr__(name: str) -> Any:
    if name not in _NEEDS_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_NEEDS_TORCH[name]), name)
