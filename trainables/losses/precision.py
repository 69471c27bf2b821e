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
    """

    @wraps(loss)
    def forward(self: object, *tensors: Tensor) -> Tensor:
        wide = [tensor.to(torch.promote_types(tensor.dtype, torch.float32)) for tensor in tensors]
        with torch.autocast(tensors[0].device.type, enabled=False):
            return loss(self, *wide)

    return forward
