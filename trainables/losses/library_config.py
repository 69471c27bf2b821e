"""Settings of any loss of the library: a single one, or several together. Imports no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, RootModel, model_validator

from trainables.losses.balance_config import BalanceConfig, FixedBalance, check_balance
from trainables.losses.leaf_config import (
    BCEConfig,
    DiceConfig,
    FocalConfig,
    LeafConfig,
    LossSettings,
    Weight,
)

__all__ = [
    "CombinedConfig",
    "CompoundConfig",
    "LossConfig",
    "LossSetting",
    "LossTerm",
    "TrainableLossConfig",
    "can_be_negative",
    "single_losses",
    "terms_of",
]


class CombinedConfig(LossSettings):
    """Cross-entropy, Dice and focal loss; the numbers are their weights."""

    type: Literal["combined"] = "combined"
    bce: Weight = 0.4
    dice: Weight = 0.4
    focal: Weight = 0.2
    gamma: float = Field(default=2.0, ge=0, le=10)

    @property
    def terms(self) -> list[LossConfig]:
        """The three."""
        return [
            BCEConfig(weight=self.bce),
            DiceConfig(weight=self.dice),
            FocalConfig(weight=self.focal, gamma=self.gamma),
        ]

    @property
    def balance(self) -> BalanceConfig:
        """Their weights stay."""
        return FixedBalance()


class CompoundConfig(LossSettings):
    """Several losses of the same values; a list of losses stands for it.

    Attributes:
        terms: Each with its `weight` and, where two are of the same type, its `name`. Compounds
            among them whose weights are fixed are taken apart.
        balance: How they are weighed against each other.
    """

    type: Literal["compound"] = "compound"
    terms: list[LossConfig] = Field(min_length=1)
    balance: BalanceConfig = FixedBalance()

    @model_validator(mode="after")
    def _check_terms(self) -> Self:
        terms = terms_of(self)
        counts = Counter(term.name for term in terms)
        for name, count in counts.items():
            if count > 1:
                raise ValueError(
                    f"{count} terms are called {name!r}: give them, or the compounds that they are "
                    "in, a `name` each"
                )
        if not any(term.weight for term in terms):
            raise ValueError("all weights are 0, nothing would be trained")
        check_balance(self.balance, list(counts), [t.name for t in terms if can_be_negative(t)])
        return self


def _spell_out(value: Any) -> Any:
    match value:
        case str():
            return {"type": value}
        case list():
            return {"type": "compound", "terms": value}
        case _:
            return value


LossConfig = Annotated[
    Annotated[LeafConfig | CombinedConfig | CompoundConfig, Field(discriminator="type")],
    BeforeValidator(_spell_out),
]
"""A loss, told apart by `type`; its name alone stands for its defaults, a list for a compound."""

CompoundConfig.model_rebuild()


@dataclass(frozen=True, slots=True, kw_only=True)
class LossTerm:
    """A loss among others.

    Attributes:
        name: Its own, or its type; behind that of the compound that it was in, if that has one.
        weight: Its own, times those of the compounds that it was in.
        loss: A single loss, or a compound whose weights change.
    """

    name: str
    weight: float
    loss: LeafConfig | CompoundConfig


def terms_of(loss: LossConfig) -> list[LossTerm]:
    """The terms of a compound or of `combined`; a single loss is its own only term."""
    if not isinstance(loss, CombinedConfig | CompoundConfig):
        return [LossTerm(name=loss.name or loss.type, weight=loss.weight, loss=loss)]
    return [term for each in loss.terms for term in _taken_apart(each, "", loss.weight)]


def _taken_apart(loss: LossConfig, prefix: str, weight: float) -> list[LossTerm]:
    weight *= loss.weight
    name = prefix + (loss.name or loss.type)
    if isinstance(loss, CombinedConfig) or (
        isinstance(loss, CompoundConfig) and isinstance(loss.balance, FixedBalance)
    ):
        inner = f"{name}_" if loss.name else prefix
        return [term for each in loss.terms for term in _taken_apart(each, inner, weight)]
    return [LossTerm(name=name, weight=weight, loss=loss)]


def single_losses(loss: LossConfig) -> Iterator[LeafConfig]:
    """All losses that are no compounds and weigh something, however deep."""
    for term in terms_of(loss):
        if not term.weight:
            continue
        if isinstance(term.loss, CompoundConfig):
            yield from single_losses(term.loss)
        else:
            yield term.loss


def can_be_negative(term: LossTerm) -> bool:
    """Whether a term weighs something and is not bounded by 0."""
    losses = single_losses(term.loss) if term.weight else ()
    return any(single.type == "boundary" for single in losses)


def _check_not_alone(loss: LossConfig) -> LossConfig:
    if {single.type for single in single_losses(loss)} == {"boundary"}:
        raise ValueError(
            "boundary can't be trained on alone, since its minimum is no segmentation: should be a "
            "list with a loss such as dice in it"
        )
    return loss


TrainableLossConfig = Annotated[LossConfig, AfterValidator(_check_not_alone)]
"""A loss that can be trained on as it is."""


class LossSetting(RootModel[TrainableLossConfig]):
    """Reads what `build_loss` is given."""
