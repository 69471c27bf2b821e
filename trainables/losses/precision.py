"""Keeps losses in single precision where the network runs in half."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor

__all__ = ["in_full_precision"]


def in_full_precision(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Makes a module's `forward(self, *tensors)` compute outside autocast, in float32 or float64.

    Sums over a batch exceed what half precision holds, and squares of small errors vanish in it.
    An argument may be None instead of a tensor, but not the first.
    """

    @wraps(loss)
    def forward(self: object, first: Tensor, *others: Tensor | None) -> Tensor:
        with torch.autocast(first.device.type, enabled=False):
            return loss(self, _widened(first), *map(_widened, others))

    return forward


def _widened(tensor: Tensor | None) -> Tensor | None:
    if tensor is None:
        return None
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
