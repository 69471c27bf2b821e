"""Settings of the networks. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PositiveInt,
    Tag,
    field_validator,
)

__all__ = [
    "Backbone",
    "FlexibleUNetConfig",
    "HoVerNetConfig",
    "ModelConfig",
    "TokensConfig",
    "UNetConfig",
]

Backbone = Literal[
    "efficientnet-b0",
    "efficientnet-b1",
    "efficientnet-b2",
    "efficientnet-b3",
    "efficientnet-b4",
    "efficientnet-b5",
    "efficientnet-b6",
    "efficientnet-b7",
    "efficientnet-b8",
    "efficientnet-l2",
    "resnet10",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnet200",
]
"""What MONAI's FlexibleUNet takes as its way down."""


class UNetConfig(BaseModel):
    """A U-Net with one NP and one HV head, and an NT head where nuclei have types.

    Attributes:
        width: Channels of the finest level; each coarser level has twice as many.
        depth: Number of levels; the image is halved depth - 1 times.
        encoder_convs: 3x3 convolutions per level on the way down.
        decoder_convs: 3x3 convolutions per level on the way up. The classical U-Net has 2 and 2;
            with 1 here nuclei come out as well, for a fifth less time.
        decoders: `shared` feeds all heads from one decoder; `separate` gives each its own, for
            1.6 times the time with two heads.
        norm: `batch`; `instance` or `group` where batches are too small for it.
        upsample: `bilinear` (a 1x1 convolution, then interpolation) or `deconv` (2x2, stride 2).
        hv_tanh: Whether tanh bounds the HV maps to (-1, 1).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["unet"] = "unet"
    width: int = Field(default=16, ge=2, le=512)
    depth: int = Field(default=4, ge=2, le=7)
    encoder_convs: int = Field(default=2, ge=1, le=4)
    decoder_convs: int = Field(default=1, ge=1, le=4)
    decoders: Literal["shared", "separate"] = "shared"
    norm: Literal["batch", "instance", "group"] = "batch"
    upsample: Literal["bilinear", "deconv"] = "bilinear"
    hv_tanh: bool = True

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of each level, finest first."""
        return tuple(self.width * 2**level for level in range(self.depth))


class HoVerNetConfig(BaseModel):
    """MONAI's HoVerNet with a ResNet-50 encoder, from scratch.

    For GPUs: a training step costs about a hundred times one of the default U-Net.

    Attributes:
        hv_tanh: Whether tanh bounds the HV maps to (-1, 1); the published network has none.
        dropout: Probability of dropping a channel after each dense layer of the encoder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["hovernet"] = "hovernet"
    hv_tanh: bool = False
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)


class FlexibleUNetConfig(BaseModel):
    """MONAI's FlexibleUNet: a known image encoder by name, from scratch or from a file of weights.

    Attributes:
        backbone: The encoder.
        weights: A local file of the encoder's weights, `.pth` (as of efficientnet_pytorch or
            torchvision) or `.safetensors`; nothing is ever downloaded. `~` is the home folder, a
            relative path starts at the working directory. None: fresh weights.
        decoder_channels: Channels of the way up, coarsest first.
        decoders: `shared` feeds all heads from one decoder; `separate` gives each its own.
        dropout: Probability of dropping a value after each convolution of the decoder.
        hv_tanh: Whether tanh bounds the HV maps to (-1, 1).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["flexible_unet"] = "flexible_unet"
    backbone: Backbone = "efficientnet-b0"
    weights: Path | None = None
    decoder_channels: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt, PositiveInt] = (
        256,
        128,
        64,
        32,
        16,
    )
    decoders: Literal["shared", "separate"] = "shared"
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    hv_tanh: bool = True

    @field_validator("weights")
    @classmethod
    def _expand_home(cls, path: Path | None) -> Path | None:
        return path and path.expanduser()


class TokensConfig(BaseModel):
    """A frozen vision transformer of timm and a convolutional decoder on its patch tokens.

    The encoder is never trained, so what it makes of an image is computed once and kept on disk for
    all trials; a trial then loads the decoder alone. Images reach the encoder clipped to [0, 1] and
    normalised with the mean and the deviation that it was trained with; gray ones are repeated.

    Attributes:
        encoder: Any plain vision transformer of timm: `vit_*`, `deit*`, `eva02*`, `*dinov2*`,
            `*dinov3*`, with or without class and register tokens (they are dropped).
        weights: A local file of the encoder's weights, `.pth` or `.safetensors`. `~` is the home
            folder, a relative path starts at the working directory.
        pretrained: Whether timm may download its weights; without them and without a file the
            encoder is random, but the same in all trials.
        blocks: The transformer blocks whose tokens are used, put together; -1 is the last.
        zoom: How much the image is enlarged before it is encoded: a token then covers a square of
            `patch / zoom` pixels. Nuclei are small: 2 or 4 helps where a patch is as large as one.
        context: What the encoder sees for a training crop: `image`, the whole image (possible with
            augmentations that move whole pixels only: presets none and some), so that crops are
            cut from features that are there; or `crop`, the crop as it was augmented, encoded anew
            in every step.
        cache: Whether features of whole images are kept on disk; without, the same numbers are
            computed again each time.
        precision: Of the features that the decoder sees, in the cache and without it.
        width: Channels of the decoder at the coarsest level; each finer one has half as many, but
            at least 16.
        stem: Channels of a light convolutional stem over the image at full resolution, beside the
            tokens; 0: none.
        decoders: `shared` feeds all heads from one decoder; `separate` gives each its own.
        norm: Of the decoder: `batch`, `instance` or `group`.
        hv_tanh: Whether tanh bounds the HV maps to (-1, 1).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["tokens"] = "tokens"
    encoder: str = "vit_small_patch16_224"
    weights: Path | None = None
    pretrained: bool = False
    blocks: tuple[int, ...] = Field(default=(-1,), min_length=1)
    zoom: Literal[1, 2, 4] = 1
    context: Literal["image", "crop"] = "image"
    cache: bool = True
    precision: Literal["float16", "float32"] = "float16"
    width: int = Field(default=128, ge=16, le=1024)
    stem: int = Field(default=16, ge=0, le=256)
    decoders: Literal["shared", "separate"] = "shared"
    norm: Literal["batch", "instance", "group"] = "batch"
    hv_tanh: bool = True

    @field_validator("weights")
    @classmethod
    def _expand_home(cls, path: Path | None) -> Path | None:
        return path and path.expanduser()


def _name_of(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get("name", "unet")
    return getattr(value, "name", None)


ModelConfig = Annotated[
    Annotated[UNetConfig, Tag("unet")]
    | Annotated[HoVerNetConfig, Tag("hovernet")]
    | Annotated[FlexibleUNetConfig, Tag("flexible_unet")]
    | Annotated[TokensConfig, Tag("tokens")],
    Discriminator(_name_of),
]
"""A network, told apart by `name`; without a name it is the U-Net."""
