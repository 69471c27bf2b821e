"""Settings of the losses. Imports no torch."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["TERMS", "TYPE_TERMS", "HVLossConfig"]

#: Names of the terms, in the order in which they are reported.
TERMS: Final = ("np_bce", "np_dice", "hv_mse", "hv_gradient", "hv_magnitude", "hv_aligned")
#: Those that come with types of nuclei.
TYPE_TERMS: Final = ("nt_ce", "nt_dice")

_Weight = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class HVLossConfig(BaseModel):
    """Weights of the terms; one that weighs 0 is measured and does not train.

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
        nt_ce: Cross-entropy of the nuclei's types, per pixel. Where nuclei have no types, nothing
            that begins with `nt` has a meaning.
        nt_dice: Soft Dice loss of the types, over the batch; every type counts the same.
        nt_rarity_power: Nuclei of a type weigh in `nt_ce` in proportion to the number of training
            nuclei of that type to minus this power: 0 all the same, 1 all types the same. Means
            over types, like `val/mpq`, ask as much for the rarest type as for the commonest, which
            may be a hundred times commoner; far above 0 the rare ones are found where they are not.
        lambda_np: Weight of both NP terms together.
        lambda_hv: Weight of the four HV terms together.
        lambda_nt: Weight of both NT terms together.
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
    nt_ce: _Weight = 1.0
    nt_dice: _Weight = 1.0
    nt_rarity_power: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    lambda_np: _Weight = 1.0
    lambda_hv: _Weight = 1.0
    lambda_nt: _Weight = 1.0
    hv_region: Literal["nuclei", "image"] = "nuclei"

    @model_validator(mode="after")
    def _check_something_trains(self) -> Self:
        # Types may be there or not; the shapes of nuclei have to be learnt.
        if not any(self.weights[name] for name in TERMS):
            raise ValueError("all weights are 0, nothing would be trained")
        return self

    @property
    def weights(self) -> dict[str, float]:
        """What each raw term is multiplied by: its own weight times that of its head."""
        heads = {"np": self.lambda_np, "hv": self.lambda_hv, "nt": self.lambda_nt}
        return {name: getattr(self, name) * heads[name[:2]] for name in (*TERMS, *TYPE_TERMS)}
