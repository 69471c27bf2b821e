"""Losses of the NP head: is this pixel in a nucleus?"""

from __future__ import annotations

from typing import Final

from monai.losses import DiceLoss
from torch import Tensor, nn
from torch.nn import functional

from trainables.losses.precision import in_full_precision

__all__ = ["NPBCELoss", "NPDiceLoss"]

#: As in MONAI's HoVerNetLoss; in pixels, so it matters for a handful of them only.
_SMOOTH_PX: Final = 1e-3


class NPBCELoss(nn.Module):
    """Mean binary cross-entropy over all pixels, in nats."""

    @in_full_precision
    def forward(self, logits: Tensor, nuclei: Tensor) -> Tensor:
        """Returns a scalar, at least 0.

        Args:
            logits: (B, 1, H, W).
            nuclei: (B, 1, H, W), 1 in nuclei, else 0.
        """
        return functional.binary_cross_entropy_with_logits(logits, nuclei)


class NPDiceLoss(nn.Module):
    """1 - soft Dice over the pixels of the whole batch.

    Over the batch, since the Dice of an image without nuclei says nothing; where the whole batch
    has none, the loss is 0.

    Source: MONAI's `DiceLoss`; Milletari et al. 2016, doi:10.1109/3DV.2016.79, without squares.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dice = DiceLoss(sigmoid=True, batch=True, smooth_nr=_SMOOTH_PX, smooth_dr=_SMOOTH_PX)

    @in_full_precision
    def forward(self, logits: Tensor, nuclei: Tensor) -> Tensor:
        """Returns a scalar in [0, 1].

        Args:
            logits: (B, 1, H, W).
            nuclei: (B, 1, H, W), 1 in nuclei, else 0.
        """
        return self.dice(logits, nuclei) * nuclei.any()
