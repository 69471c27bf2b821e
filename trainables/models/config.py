"""Settings of the networks. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

__all__ = ["HoVerNetConfig", "ModelConfig", "UNetConfig"]


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


def _name_of(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get("name", "unet")
    return getattr(value, "name", None)


ModelConfig = Annotated[
    Annotated[UNetConfig, Tag("unet")] | Annotated[HoVerNetConfig, Tag("hovernet")],
    Discriminator(_name_of),
]
"""Either network, told apart by `name`; without a name it is the U-Net."""
