"""Losses that are means over pixels: cross-entropy and focal loss."""

from __future__ import annotations

from typing import Final

import torch
from monai.losses.focal_loss import sigmoid_focal_loss
from torch import Tensor, nn
from torch.nn import functional

from trainables.losses.leaf_config import BCEConfig, FocalConfig
from trainables.losses.precision import in_full_precision
from trainables.losses.sets import masked_mean, pixel_entropy, truth_of

__all__ = ["BCELoss", "FocalLoss"]

_SMALLEST: Final = 1e-7


class BCELoss(nn.Module):
    """Mean cross-entropy in nats: binary, or over classes."""

    def __init__(self, config: BCEConfig) -> None:
        super().__init__()
        self.pos_weight = config.pos_weight

    @in_full_precision
    def forward(self, logits: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Returns a scalar, at least 0.

        Args:
            logits: (B, C, *spatial), see `sets`.
            target: (B, 1 or C, *spatial).
            mask: (B, 1, *spatial), 1 where pixels count; None: everywhere.
        """
        true = truth_of(logits, target)
        if mask is None and self.pos_weight == 1 and logits.shape[1] == 1:
            return functional.binary_cross_entropy_with_logits(logits, true)
        entropy = pixel_entropy(logits, true)
        if self.pos_weight != 1:
            entropy = entropy * (1 + (self.pos_weight - 1) * _foreground(true))
        return masked_mean(entropy, mask)


class FocalLoss(nn.Module):
    """Mean of alpha (1 - p)^gamma (-log p), p the probability of the right answer.

    Differs: MONAI's loss of several classes is divided by their number, and its gradient is NaN
    where p is 1 and gamma between 0 and 1. Its binary one is used.

    Source: Lin et al. 2017, arXiv:1708.02002.
    """

    def __init__(self, config: FocalConfig) -> None:
        super().__init__()
        self.gamma = config.gamma
        self.alpha = config.alpha

    @in_full_precision
    def forward(self, logits: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Returns a scalar, at least 0.

        Args:
            logits: (B, C, *spatial), see `sets`.
            target: (B, 1 or C, *spatial).
            mask: (B, 1, *spatial), 1 where pixels count; None: everywhere.

        Raises:
            ValueError: There are not as many alphas as classes.
        """
        true = truth_of(logits, target)
        num_classes = logits.shape[1]
        if num_classes == 1:
            alpha = self._alphas(2)
            losses = sigmoid_focal_loss(logits, true, self.gamma)
            if alpha:
                losses = losses * (alpha[0] + (alpha[1] - alpha[0]) * true)
            return masked_mean(losses, mask)
        entropy = pixel_entropy(logits, true)
        missing = (-torch.expm1(-entropy)).clamp(min=_SMALLEST)
        losses = missing**self.gamma * entropy
        if alpha := self._alphas(num_classes):
            by_class = logits.new_tensor(alpha).reshape(-1, *[1] * (logits.ndim - 2))
            losses = losses * (true * by_class).sum(dim=1, keepdim=True)
        return masked_mean(losses, mask)

    def _alphas(self, num_classes: int) -> list[float]:
        """One weight for each class, the background first; none if all are 1."""
        match self.alpha:
            case None:
                return []
            case float():
                return [1 - self.alpha, *[self.alpha] * (num_classes - 1)]
            case alphas if len(alphas) == num_classes:
                return list(alphas)
            case alphas:
                raise ValueError(
                    f"alpha has {len(alphas)} values for {num_classes} classes, the background "
                    "among them"
                )


def _foreground(true: Tensor) -> Tensor:
    return true if true.shape[1] == 1 else true[:, 1:].sum(dim=1, keepdim=True)
