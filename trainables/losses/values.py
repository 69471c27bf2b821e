"""Losses of values such as distances, not of probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.losses.leaf_config import MSEConfig, SmoothL1Config
from trainables.losses.precision import in_full_precision
from trainables.losses.sets import masked_mean

__all__ = ["MSELoss", "SmoothL1Loss"]

_ACTIVATIONS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "none": lambda values: values,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


class MSELoss(nn.Module):
    """Mean squared error over pixels and channels."""

    def __init__(self, config: MSEConfig) -> None:
        super().__init__()
        self.activation = config.activation

    @in_full_precision
    def forward(self, values: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Returns a scalar, at least 0.

        Args:
            values: (B, C, *spatial), before the activation.
            target: Of the same shape.
            mask: (B, 1, *spatial), 1 where pixels count; None: everywhere.

        Raises:
            ValueError: The shapes differ.
        """
        values = _activated(values, target, self.activation)
        return masked_mean(functional.mse_loss(values, target, reduction="none"), mask)


class SmoothL1Loss(nn.Module):
    """Mean over pixels and channels of e^2 / (2 beta) below beta, |e| - beta / 2 above."""

    def __init__(self, config: SmoothL1Config) -> None:
        super().__init__()
        self.beta = config.beta
        self.activation = config.activation

    @in_full_precision
    def forward(self, values: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Returns a scalar, at least 0.

        Args:
            values: (B, C, *spatial), before the activation.
            target: Of the same shape.
            mask: (B, 1, *spatial), 1 where pixels count; None: everywhere.

        Raises:
            ValueError: The shapes differ.
        """
        values = _activated(values, target, self.activation)
        errors = functional.smooth_l1_loss(values, target, beta=self.beta, reduction="none")
        return masked_mean(errors, mask)


def _activated(values: Tensor, target: Tensor, activation: str) -> Tensor:
    if values.shape != target.shape:
        raise ValueError(
            f"values {tuple(values.shape)} and target {tuple(target.shape)} should have one shape"
        )
    return _ACTIVATIONS[activation](values)
