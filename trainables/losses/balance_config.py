"""How terms are weighed against each other while a network is trained. Imports no torch."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal, assert_never

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "BalanceConfig",
    "FixedBalance",
    "Schedule",
    "ScheduledBalance",
    "SoftmaxBalance",
    "UncertaintyBalance",
    "check_balance",
]

_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class FixedBalance(BaseModel):
    """The weights stay as they are set."""

    model_config = _STRICT

    type: Literal["fixed"] = "fixed"


class Schedule(BaseModel):
    """What the weight of a term is multiplied by: linear between two epochs, constant beside them.

    The default is Kervadec's for the boundary loss, which is to take over slowly.

    Attributes:
        start: Factor up to `first_epoch`.
        end: Factor from `last_epoch` on.
        first_epoch: From 1.
        last_epoch: None: the last one of the trial. If it is not after `first_epoch`, the factor
            jumps there.
    """

    model_config = _STRICT

    start: float = Field(default=0.01, ge=0)
    end: float = Field(default=1.0, ge=0)
    first_epoch: int = Field(default=1, ge=1)
    last_epoch: int | None = Field(default=None, ge=1)

    def at(self, epoch: int, num_epochs: int) -> float:
        """The factor of an epoch, from 1, of a training of `num_epochs`."""
        last = num_epochs if self.last_epoch is None else self.last_epoch
        if epoch >= last:
            return self.end
        if epoch <= self.first_epoch:
            return self.start
        passed = (epoch - self.first_epoch) / (last - self.first_epoch)
        return self.start + passed * (self.end - self.start)


class ScheduledBalance(BaseModel):
    """Weights that rise or fall from epoch to epoch.

    Attributes:
        schedules: By the name of the term; the others keep their weights.
    """

    model_config = _STRICT

    type: Literal["scheduled"] = "scheduled"
    schedules: dict[str, Schedule] = Field(min_length=1)


class SoftmaxBalance(BaseModel):
    """Learnt shares: n softmax(a) times the weights, so that all start at their weights.

    Shares that are learnt run to the term that is the easiest to make small. The floor stops them:
    the softmax is mixed with equal shares, just as much as it takes.

    Attributes:
        entropy_floor: Least entropy of the shares, as a fraction of that of equal ones: 1 keeps
            them equal, 0 lets a single term take all.
    """

    model_config = _STRICT

    type: Literal["softmax"] = "softmax"
    entropy_floor: float = Field(default=0.9, ge=0, le=1)


class UncertaintyBalance(BaseModel):
    """Learnt scales: every term L of weight w becomes w (0.5 exp(-s) L + 0.5 s), s from 0.

    At its optimum exp(-s) is 1 / L: terms of any scale count alike, and the weights say how much.

    Source: Kendall, Gal, Cipolla 2018, arXiv:1705.07115.
    """

    model_config = _STRICT

    type: Literal["uncertainty"] = "uncertainty"


def _spell_out(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


BalanceConfig = Annotated[
    Annotated[
        FixedBalance | ScheduledBalance | SoftmaxBalance | UncertaintyBalance,
        Field(discriminator="type"),
    ],
    BeforeValidator(_spell_out),
]
"""One of them, told apart by `type`; its name alone stands for its defaults."""


def check_balance(
    balance: BalanceConfig, names: Collection[str], negative: Collection[str]
) -> None:
    """Looks whether terms can be balanced like this.

    Args:
        balance: How.
        names: Of the terms.
        negative: Of the terms that can be negative.

    Raises:
        ValueError: A schedule is of no term; or a term can be negative, of which no scale can be
            learnt.
    """
    match balance:
        case ScheduledBalance(schedules=schedules):
            unknown = [name for name in schedules if name not in names]
            if unknown:
                known = ", ".join(names)
                raise ValueError(f"schedules.{unknown[0]} is of no term, known are {known}")
        case UncertaintyBalance():
            for name in negative:
                raise ValueError(
                    f"{name} can be negative, balance `uncertainty` would make it endlessly so: "
                    "use `scheduled` or `softmax`"
                )
        case FixedBalance() | SoftmaxBalance():
            pass
        case _:
            assert_never(balance)
