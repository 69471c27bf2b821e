"""What a batch costs, term by term."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from trainables.losses.balance import Balance

__all__ = ["LossReport", "add_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """What a batch costs.

    Attributes:
        total: Scalar to call `backward` on; totals of different weightings can't be compared.
        raw: Unweighted terms by name, scalars without gradient, also those that weigh 0.
        weighted: What each adds to the total: raw times weight, plus the penalty of a learnt scale.
        weights: What each raw term is multiplied by at the moment.
    """

    total: Tensor
    raw: dict[str, Tensor]
    weighted: dict[str, Tensor]
    weights: dict[str, Tensor]


def add_up(
    terms: Mapping[str, Callable[[], Tensor]], weights: Mapping[str, float], balance: Balance
) -> LossReport:
    """Computes terms and adds them up.

    Args:
        terms: Compute a scalar each, by name.
        weights: At least 0, by the same names.
        balance: What the weights are multiplied by.
    """
    factors, penalties = balance.factors(), balance.penalties()
    raw: dict[str, Tensor] = {}
    weighted: dict[str, Tensor] = {}
    current: dict[str, Tensor] = {}
    for name, compute in terms.items():
        weight = weights[name] * factors.get(name, 1.0)
        is_off = isinstance(weight, float) and not weight
        # Without a weight there is nothing to differentiate, and 0 x inf must not be NaN.
        with torch.set_grad_enabled(torch.is_grad_enabled() and not is_off):
            raw[name] = compute()
            weighted[name] = torch.zeros_like(raw[name]) if is_off else weight * raw[name]
        if name in penalties:
            weighted[name] = weighted[name] + weights[name] * penalties[name]
        current[name] = torch.full_like(raw[name], weight) if isinstance(weight, float) else weight
    return LossReport(
        total=torch.stack(list(weighted.values())).sum(),
        raw={name: value.detach() for name, value in raw.items()},
        weighted={name: value.detach() for name, value in weighted.items()},
        weights={name: value.detach() for name, value in current.items()},
    )
