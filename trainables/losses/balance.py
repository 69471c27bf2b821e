"""What the weights of terms are multiplied by while a network is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import assert_never

import torch
from torch import Tensor, nn

from trainables.losses.balance_config import (
    BalanceConfig,
    FixedBalance,
    ScheduledBalance,
    SoftmaxBalance,
    UncertaintyBalance,
)

__all__ = ["Balance", "LearntScales", "LearntShares", "Schedules", "build_balance"]

_BISECTIONS = 60


class Balance(nn.Module):
    """Leaves all weights as they are; base of those that do not."""

    def set_epoch(self, epoch: int, num_epochs: int) -> None:
        """Says which epoch's factors hold from now on, see `Criterion.set_epoch`."""

    def factors(self) -> Mapping[str, float | Tensor]:
        """What the weights are multiplied by, by term; 1 for terms that are not there."""
        return {}

    def penalties(self) -> Mapping[str, Tensor]:
        """What terms cost beside their losses, times their weights; 0 if they are not there."""
        return {}


class Schedules(Balance):
    """Factors that depend on the epoch alone."""

    def __init__(self, config: ScheduledBalance) -> None:
        super().__init__()
        self._schedules = config.schedules
        self._factors = {name: schedule.start for name, schedule in config.schedules.items()}

    def set_epoch(self, epoch: int, num_epochs: int) -> None:
        """Says which epoch's factors hold from now on, see `Criterion.set_epoch`."""
        for name, schedule in self._schedules.items():
            self._factors[name] = schedule.at(epoch, num_epochs)

    def factors(self) -> Mapping[str, float]:
        """By the terms that have a schedule."""
        return self._factors


class LearntShares(Balance):
    """n times a softmax, mixed with equal shares so that their entropy never falls below a floor.

    The mix is chosen for the worst case, a softmax that gives all to one term.
    """

    def __init__(self, config: SoftmaxBalance, names: Sequence[str]) -> None:
        """Takes the terms that share."""
        super().__init__()
        self._names = tuple(names)
        self._equal_frac = _equal_frac(len(names), config.entropy_floor)
        self.scores = nn.Parameter(torch.zeros(len(names)))

    def factors(self) -> Mapping[str, Tensor]:
        """All at least 0; their mean is 1."""
        shares = self.scores.softmax(dim=0) * (len(self._names) * (1 - self._equal_frac))
        return dict(zip(self._names, (shares + self._equal_frac).unbind(), strict=True))


class LearntScales(Balance):
    """0.5 exp(-s) for each term, and 0.5 s as its penalty: the best s is log L."""

    def __init__(self, names: Sequence[str]) -> None:
        """Takes the terms that are scaled."""
        super().__init__()
        self._names = tuple(names)
        self.log_variances = nn.Parameter(torch.zeros(len(names)))

    def factors(self) -> Mapping[str, Tensor]:
        """All above 0, and 0.5 at first."""
        return dict(zip(self._names, (0.5 * torch.exp(-self.log_variances)).unbind(), strict=True))

    def penalties(self) -> Mapping[str, Tensor]:
        """Negative for terms below 1."""
        return dict(zip(self._names, (0.5 * self.log_variances).unbind(), strict=True))


def build_balance(config: BalanceConfig, weights: Mapping[str, float]) -> Balance:
    """Builds what the settings say.

    Args:
        config: Settings.
        weights: Of the terms; nothing is learnt for those that weigh 0.
    """
    weighing = [name for name, weight in weights.items() if weight]
    match config:
        case FixedBalance():
            return Balance()
        case ScheduledBalance():
            return Schedules(config)
        case SoftmaxBalance():
            return LearntShares(config, weighing)
        case UncertaintyBalance():
            return LearntScales(weighing)
        case _:
            assert_never(config)


def _equal_frac(num_terms: int, floor: float) -> float:
    """How much of equal shares keeps the entropy at the floor when one term has all the rest."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _entropy_frac(num_terms, middle) < floor:
            low = middle
        else:
            high = middle
    return high


def _entropy_frac(num_terms: int, equal_frac: float) -> float:
    """Entropy of 1 - equal_frac for one term and equal shares of the rest; 1 if all are equal."""
    if num_terms == 1:
        return 1.0
    least = equal_frac / num_terms
    shares = [1 - equal_frac + least, *[least] * (num_terms - 1)]
    return -sum(share * math.log(share) for share in shares if share) / math.log(num_terms)
