"""Settings of the losses. Imports no torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from trainables.losses.balance_config import BalanceConfig, FixedBalance, check_balance
from trainables.losses.leaf_config import BCEConfig, DiceConfig
from trainables.losses.library_config import (
    CompoundConfig,
    LossConfig,
    LossTerm,
    TrainableLossConfig,
    can_be_negative,
    terms_of,
)

__all__ = ["NP_TERMS", "TERMS", "TYPE_TERMS", "HVLossConfig"]

#: Names of the terms, in the order in which they are reported.
TERMS: Final = ("np_bce", "np_dice", "hv_mse", "hv_gradient", "hv_magnitude", "hv_aligned")
#: Those that come with types of nuclei.
TYPE_TERMS: Final = ("nt_ce", "nt_dice")
#: What the types of the library are called in place of the first two.
NP_TERMS: Final = (
    "np_bce",
    "np_dice",
    "np_iou",
    "np_dice_ce",
    "np_tversky",
    "np_focal_tversky",
    "np_focal",
    "np_boundary",
    "np_hausdorff_dt",
)

_Weight = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class HVLossConfig(BaseModel):
    """Weights of the terms; one that weighs 0 is measured and does not train.

    The magnitude term is off by default: it is blind to direction, and its part of the error is in
    `hv_mse` already.

    Attributes:
        np_bce: Binary cross-entropy of the nuclei's probability, per pixel.
        np_dice: Soft Dice loss of the nuclei's probability, over the batch.
        np: Losses of the library to train the nuclei's probability on, in place of these two, which
            are measured all the same: comparisons need them. The terms are called `np_<type>`, or
            `np_<name>`.
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
        balance: How the weights of all terms change while the network is trained.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    np_bce: _Weight = 1.0
    np_dice: _Weight = 1.0
    np: TrainableLossConfig | None = None
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
    balance: BalanceConfig = FixedBalance()

    @field_validator("np")
    @classmethod
    def _check_np(cls, loss: LossConfig | None) -> LossConfig | None:
        if loss is None:
            return None
        for part in (loss, *(term.loss for term in terms_of(loss))):
            if isinstance(part, CompoundConfig) and not isinstance(part.balance, FixedBalance):
                raise ValueError("its balance belongs to loss.balance, which balances all terms")
        for term in terms_of(loss):
            if f"np_{term.loss.type}" not in NP_TERMS:
                allowed = ", ".join(name.removeprefix("np_") for name in NP_TERMS)
                raise ValueError(
                    f"{term.loss.type} is no loss of probabilities: should be {allowed}, combined "
                    "or compound"
                )
            if f"np_{term.name}" in NP_TERMS and term.name != term.loss.type:
                raise ValueError(
                    f"a {term.loss.type} loss can't be called {term.name!r}, which is another loss"
                )
        return loss

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        for name in ("np_bce", "np_dice"):
            value = getattr(self, name)
            if self.np is not None and value not in (0, type(self).model_fields[name].default):
                raise ValueError(
                    f"{name} has no effect beside np: give its weight there, such as "
                    f"np: [{{type: {name[3:]}, weight: {value:g}}}]"
                )
        terms = self.np_terms
        negative = [term.name for term in terms if can_be_negative(term)]
        check_balance(self.balance, list(self.weights), negative)
        return self

    @model_validator(mode="after")
    def _check_something_trains(self) -> Self:
        # Types may be there or not; the shapes of nuclei have to be learnt.
        if not any(weight for name, weight in self.weights.items() if name not in TYPE_TERMS):
            raise ValueError("all weights are 0, nothing would be trained")
        return self

    @property
    def weights(self) -> dict[str, float]:
        """What each raw term is multiplied by: its own weight times that of its head."""
        heads = {"hv": self.lambda_hv, "nt": self.lambda_nt}
        others = [name for name in (*TERMS, *TYPE_TERMS) if name[:2] in heads]
        return {
            **{term.name: term.weight * self.lambda_np for term in self.np_terms},
            **{name: getattr(self, name) * heads[name[:2]] for name in others},
        }

    @property
    def np_terms(self) -> list[LossTerm]:
        """The terms of the nuclei's probability with their own weights."""
        plain = [
            LossTerm(name="np_bce", weight=self.np_bce, loss=BCEConfig()),
            LossTerm(name="np_dice", weight=self.np_dice, loss=DiceConfig()),
        ]
        if self.np is None:
            return plain
        chosen = [replace(term, name=f"np_{term.name}") for term in terms_of(self.np)]
        names = {term.name for term in chosen}
        measured = [replace(term, weight=0.0) for term in plain if term.name not in names]
        return [*measured, *chosen]
