"""What kind of features an encoder gives, found out without its weights."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from sweeper.protocol import ConfigError, Problem
from trainables.tokens.timm_door import NEEDS_TIMM, has_timm, load_timm

__all__ = ["EncoderTraits", "create_encoder", "read_traits"]

_FIELD = "model.encoder"
_ALLOWED = "take a plain vision transformer: vit_*, deit*, eva02*, *dinov2*, *dinov3*"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderTraits:
    """An encoder without its weights.

    Attributes:
        channels: Length of a token.
        patch_px: Side of the square that a token stands for.
        num_prefix: Class, distillation and register tokens before those of patches.
        num_blocks: Transformer blocks.
        in_channels: Channels of an image.
        mean: Of the channels of the images that it was trained with, these being in [0, 1].
        std: Their standard deviation.
        source: Where timm would download its weights; empty: nowhere.
    """

    channels: int
    patch_px: int
    num_prefix: int
    num_blocks: int
    in_channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: str


@lru_cache(maxsize=32)
def read_traits(name: str) -> EncoderTraits:
    """Finds out what an encoder of timm gives; allocates none of its weights.

    Raises:
        ConfigError: timm is not installed, has no model of that name, or the model gives no grid
            of tokens for images of any size.
    """
    import torch

    if not has_timm():
        raise ConfigError([Problem(where="model.name", reason=f"'tokens' {NEEDS_TIMM}")])
    with torch.device("meta"):
        model = create_encoder(name)
    settings = model.pretrained_cfg
    channels = settings["input_size"][0]
    return EncoderTraits(
        channels=model.feature_info[-1]["num_chs"],
        patch_px=model.feature_info[-1]["reduction"],
        num_prefix=model.num_prefix_tokens,
        num_blocks=len(model.blocks),
        in_channels=channels,
        mean=tuple(settings["mean"][:channels]),
        std=tuple(settings["std"][:channels]),
        source=settings.get("hf_hub_id") or settings.get("url") or "",
    )


def create_encoder(name: str, *, pretrained: bool = False) -> Any:
    """Builds a model of timm without its classifier, for images of any size.

    Raises:
        ConfigError: There is no such model, or it is no plain vision transformer.
    """
    timm = load_timm()
    plain = name.partition(".")[0]
    if not timm.is_model(plain):
        near = get_close_matches(plain, timm.list_models(), n=3, cutoff=0.6)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise _refused(f"timm has no model {name!r}{hint}")
    try:
        model = timm.create_model(name, pretrained=pretrained, num_classes=0, dynamic_img_size=True)
    except TypeError as error:
        raise _refused(f"{name!r} takes images of one size only; {_ALLOWED}") from error
    except RuntimeError as error:
        if pretrained:
            raise
        raise _refused(f"{name!r}: {error}") from error
    parts = ("num_prefix_tokens", "forward_intermediates", "feature_info", "blocks")
    if not all(hasattr(model, part) for part in parts):
        raise _refused(f"{name!r} gives no grid of patch tokens; {_ALLOWED}")
    return model


def _refused(reason: str) -> ConfigError:
    return ConfigError([Problem(where=_FIELD, reason=reason)])
