"""Settings of the losses. Imports no torch."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["TERMS", "HVLossConfig"]

#: Names of the terms, in the order in which they are reported.
TERMS: Final = ("np_bce", "np_dice", "hv_mse", "hv_gradient", "hv_magnitude", "hv_aligned")

_Weight = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class HVLossConfig(BaseModel):
    """Weights of the six terms; one that weighs 0 is measured and does not train.

    The magnitude term is off by default: it is blind to direction, and its part of the error is in
    `hv_mse` already.

    Attributes:
        np_bce: Binary cross-entropy of the nuclei's probability, per pixel.
        np_dice: Soft Dice loss of the nuclei's probability, over the batch.
        hv_mse: Squared error of the maps.
        hv_gradient: Squared error of the maps' slopes, in units of a kernel that answers 12 to a
            slope of 1 per pixel.
        hv_magnitude: Squared error of the vectors' lengths.
        hv_aligned: Squared error of the vectors' lengths along the true direction: a magnitude term
            that can't be satisfied by vectors that point elsewhere.
        lambda_np: Weight of both NP terms together.
        lambda_hv: Weight of the four HV terms together.
        hv_region: Where `hv_mse` is averaged: `nuclei`, or the whole `image`, which pulls the maps
            to 0 outside (the other HV terms look at nuclei alone).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    np_bce: _Weight = 1.0
    np_dice: _Weight = 1.0
    hv_mse: _Weight = 1.0
    hv_gradient: _Weight = 1.0
    hv_magnitude: _Weight = 0.0
    hv_aligned: _Weight = 0.0
    lambda_np: _Weight = 1.0
    lambda_hv: _Weight = 1.0
    hv_region: Literal["nuclei", "image"] = "nuclei"

    @model_validator(mode="after")
    def _check_something_trains(self) -> Self:
        if not any(self.weights.values()):
            raise ValueError("all weights are 0, nothing would be trained")
        return self

    @property
    def weights(self) -> dict[str, float]:
        """What each raw term is multiplied by: its own weight times that of its head."""
        heads = {"np": self.lambda_np, "hv": self.lambda_hv}
        return {name: getattr(self, name) * heads[name[:2]] for name in TERMS}
