"""Several losses of the same values, and how any loss of the library is built."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from torch import Tensor, nn

from trainables.losses.balance import build_balance
from trainables.losses.balance_config import BalanceConfig, FixedBalance
from trainables.losses.leaf_config import LeafConfig
from trainables.losses.library_config import (
    CombinedConfig,
    CompoundConfig,
    LossSetting,
    LossTerm,
    terms_of,
)
from trainables.losses.report import LossReport, add_up
from trainables.losses.single import build_single_loss

__all__ = ["CompoundLoss", "build_loss", "build_term"]


class CompoundLoss(nn.Module):
    """Weighted sum of losses of the same values; its weights may change or be learnt.

    What is learnt is among `parameters()`: give it to the optimizer, without weight decay.

    Attributes:
        terms: The losses by name.
        balance: What their weights are multiplied by.
    """

    def __init__(self, terms: Sequence[LossTerm], balance: BalanceConfig) -> None:
        """Takes what is added up, and how the weights change."""
        super().__init__()
        self._weights = {term.name: term.weight for term in terms}
        self.terms = nn.ModuleDict({term.name: build_term(term.loss) for term in terms})
        self.balance = build_balance(balance, self._weights)

    def set_epoch(self, epoch: int, num_epochs: int) -> None:
        """Says which epoch's weights hold from now on, for schedules; at first those of epoch 1.

        Args:
            epoch: From 1.
            num_epochs: How many will be trained.
        """
        self.balance.set_epoch(epoch, num_epochs)
        for term in self.terms.values():
            if isinstance(term, CompoundLoss):
                term.set_epoch(epoch, num_epochs)

    def forward(self, values: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Returns the weighted sum, a scalar; arguments as those of the losses."""
        return self.report(values, target, mask).total

    def report(self, values: Tensor, target: Tensor, mask: Tensor | None = None) -> LossReport:
        """Returns the sum and what it is made of; arguments as those of the losses."""
        terms = {name: partial(term, values, target, mask) for name, term in self.terms.items()}
        return add_up(terms, self._weights, self.balance)


def build_loss(config: Any) -> nn.Module:
    """Builds a loss of the library.

    Args:
        config: A mapping with a `type`, a name alone, a list of both (a compound of fixed
            weights), or settings that are checked already. Compounds may hold compounds.

    Returns:
        A module of values, target and mask, see `sets`; its answer is a scalar in float32
        (float64 for float64 values), also inside autocast. A `CompoundLoss`, unless it is a single
        loss of weight 1.

    Raises:
        pydantic.ValidationError: There is no such loss, or it can't be trained on.
    """
    loss = LossSetting.model_validate(config).root
    if isinstance(loss, CombinedConfig | CompoundConfig):
        return CompoundLoss(terms_of(loss), loss.balance)
    if loss.weight == 1:
        return build_single_loss(loss)
    return CompoundLoss(terms_of(loss), FixedBalance())


def build_term(loss: LeafConfig | CompoundConfig) -> nn.Module:
    """Builds what stands in a `LossTerm`."""
    if isinstance(loss, CompoundConfig):
        # Its own weight is that of the term.
        return CompoundLoss(terms_of(loss.model_copy(update={"weight": 1.0})), loss.balance)
    return build_single_loss(loss)
