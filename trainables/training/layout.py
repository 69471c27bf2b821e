"""How tensors lie in memory."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["channels_last"]


def channels_last(inputs: Tensor) -> Tensor:
    """The same values with the channels innermost in memory, which convolutions run faster on."""
    if inputs.ndim == 5:
        return inputs.contiguous(memory_format=torch.channels_last_3d)
    return inputs.contiguous(memory_format=torch.channels_last)
