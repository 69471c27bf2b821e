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

__all__ = ["Backbone", "FlexibleUNetConfig", "HoVerNetConfig", "ModelConfig", "UNetConfig"]

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


def _name_of(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get("name", "unet")
    return getattr(value, "name", None)


ModelConfig = Annotated[
    Annotated[UNetConfig, Tag("unet")]
    | Annotated[HoVerNetConfig, Tag("hovernet")]
    | Annotated[FlexibleUNetConfig, Tag("flexible_unet")],
    Discriminator(_name_of),
]
"""A network, told apart by `name`; without a name it is the U-Net."""
