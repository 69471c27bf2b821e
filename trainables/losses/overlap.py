"""Losses that compare sets of pixels: Dice, intersection over union, Tversky."""

from __future__ import annotations

from typing import Final

import monai.losses
from torch import Tensor, nn

from trainables.losses.leaf_config import (
    BCEConfig,
    DiceCEConfig,
    DiceConfig,
    FocalTverskyConfig,
    IoUConfig,
    TverskyConfig,
)
from trainables.losses.pixels import BCELoss
from trainables.losses.precision import in_full_precision
from trainables.losses.sets import sets_of

__all__ = ["DiceCELoss", "DiceLoss", "FocalTverskyLoss", "IoULoss", "TverskyLoss"]

_SMALLEST: Final = 1e-6


class _OverlapLoss(nn.Module):
    """A loss of MONAI, averaged over the sets that have true pixels; without one it is 0.

    Of an empty set the loss is 1 whatever is predicted, which would drown the others.
    """

    def __init__(self, loss: nn.Module, *, include_background: bool, exponent: float = 1.0) -> None:
        """Takes the loss.

        Args:
            loss: Of probabilities and truth; one value for each set, or for each image and set.
            include_background: Whether class 0 of several classes counts.
            exponent: Power to which the loss of each set is taken.
        """
        super().__init__()
        self.loss = loss
        self.include_background = include_background
        self.exponent = exponent

    @in_full_precision
    def forward(self, logits: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Returns a scalar in [0, 1].

        Args:
            logits: (B, C, *spatial), see `sets`.
            target: (B, 1 or C, *spatial).
            mask: (B, 1, *spatial), 1 where pixels count; None: everywhere.
        """
        sets = sets_of(logits, target, mask, include_background=self.include_background)
        is_there = sets.true.flatten(2).any(dim=2)
        if self.loss.batch:
            is_there = is_there.any(dim=0)
        losses = self.loss(*sets).reshape(is_there.shape)
        if self.exponent != 1:
            # The slope of a root at 0 is infinite.
            losses = losses.clamp(min=_SMALLEST) ** self.exponent
        return (losses * is_there).sum() / is_there.sum().clamp(min=1)


class DiceLoss(_OverlapLoss):
    """1 - 2 TP / (2 TP + FP + FN) of soft sets, over the batch or an image at a time.

    Source: MONAI's `DiceLoss`; Milletari et al. 2016, doi:10.1109/3DV.2016.79, without squares.
    """

    def __init__(self, config: DiceConfig | IoUConfig | DiceCEConfig) -> None:
        loss = monai.losses.DiceLoss(
            jaccard=config.type == "iou",
            batch=config.batch,
            reduction="none",
            smooth_nr=config.smooth,
            smooth_dr=config.smooth,
        )
        super().__init__(loss, include_background=config.include_background)


class IoULoss(DiceLoss):
    """1 - TP / (TP + FP + FN) of soft sets, over the batch or an image at a time.

    Source: MONAI's `DiceLoss` with `jaccard`.
    """

    def __init__(self, config: IoUConfig) -> None:
        super().__init__(config)


class TverskyLoss(_OverlapLoss):
    """1 - TP / (TP + fp_weight FP + fn_weight FN) of soft sets.

    Recall asks for fn_weight > fp_weight. MONAI and the paper call them alpha and beta; there are
    codes that swap the two.

    Source: MONAI's `TverskyLoss`; Salehi et al. 2017, arXiv:1706.05721.
    """

    def __init__(self, config: TverskyConfig | FocalTverskyConfig, exponent: float = 1.0) -> None:
        loss = monai.losses.TverskyLoss(
            alpha=config.fp_weight,
            beta=config.fn_weight,
            batch=config.batch,
            reduction="none",
            smooth_nr=config.smooth,
            smooth_dr=config.smooth,
        )
        super().__init__(loss, include_background=config.include_background, exponent=exponent)


class FocalTverskyLoss(TverskyLoss):
    """The Tversky loss of each set to a power.

    Source: Abraham and Khan 2019, arXiv:1810.07842, whose 1 / gamma is our `exponent`.
    """

    def __init__(self, config: FocalTverskyConfig) -> None:
        super().__init__(config, config.exponent)


class DiceCELoss(nn.Module):
    """Dice plus cross-entropy.

    Differs: MONAI's `DiceCELoss` counts empty sets.
    """

    def __init__(self, config: DiceCEConfig) -> None:
        super().__init__()
        self.dice_weight, self.ce_weight = config.dice_weight, config.ce_weight
        self.dice = DiceLoss(config)
        self.ce = BCELoss(BCEConfig())

    def forward(self, logits: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Returns a scalar, at least 0.

        Args:
            logits: (B, C, *spatial), see `sets`.
            target: (B, 1 or C, *spatial).
            mask: (B, 1, *spatial), 1 where pixels count; None: everywhere.
        """
        dice = self.dice(logits, target, mask)
        return self.dice_weight * dice + self.ce_weight * self.ce(logits, target, mask)
