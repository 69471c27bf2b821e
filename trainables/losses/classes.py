"""Losses of the NT head: of which class is the nucleus at this pixel?

Logits are (B, 1 + classes, H, W), channel 0 the background; targets (B, 1, H, W): 0 background, the
class on nuclei, negative on nuclei of unknown class, which are left out. Each loss is a scalar, at
least 0, and 0 where no pixel's class is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from monai.losses import DiceLoss
from torch import Tensor, nn
from torch.nn import functional

from trainables.losses.precision import in_full_precision

__all__ = ["NTCELoss", "NTDiceLoss", "rarity_weights"]

#: As in `DiceConfig`.
_SMOOTH_PX: Final = 1e-3


def rarity_weights(counts: Sequence[int], power: float) -> list[float]:
    """Weights that make rare classes count more.

    Args:
        counts: Nuclei of each class; a class without any weighs as if it had one.
        power: 0: all weigh 1; 1: all nuclei of a class together weigh the same for every class.

    Returns:
        One per class, proportional to count^-power; the mean over all nuclei is 1, so that nuclei
        and background weigh as they do without.
    """
    sizes = torch.tensor(counts, dtype=torch.float64).clamp(min=1)
    weights = sizes.pow(-power)
    mean = (weights * sizes).sum() / sizes.sum()
    return [float(weight) for weight in weights / mean]


class NTCELoss(nn.Module):
    """Mean cross-entropy over all pixels of known class, those of the background too, in nats.

    Differs from HoVer-Net by the weights.
    """

    weights: Tensor

    def __init__(self, class_weights: Sequence[float]) -> None:
        """Takes the weight of each class; the background weighs 1."""
        super().__init__()
        self.register_buffer("weights", torch.tensor([1.0, *class_weights]), persistent=False)

    @in_full_precision
    def forward(self, logits: Tensor, types: Tensor) -> Tensor:
        """Returns the scalar, see the module."""
        target, known = _known(types)
        weights = self.weights.to(logits)[target] * known
        values = functional.cross_entropy(logits, target, reduction="none")
        return (values * weights).sum() / weights.sum().clamp(min=_SMOOTH_PX)


class NTDiceLoss(nn.Module):
    """Mean over the classes of 1 - soft Dice over the pixels of the whole batch.

    Classes that the batch does not show have no Dice to speak of and are left out, and so is the
    background, which is what the NP head looks at. Every class counts the same, however rare.

    Source: MONAI's `DiceLoss`; Milletari et al. 2016, doi:10.1109/3DV.2016.79, without squares.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dice = DiceLoss(
            batch=True, smooth_nr=_SMOOTH_PX, smooth_dr=_SMOOTH_PX, reduction="none"
        )

    @in_full_precision
    def forward(self, logits: Tensor, types: Tensor) -> Tensor:
        """Returns the scalar in [0, 1], see the module."""
        target, known = _known(types)
        one_hot = functional.one_hot(target, logits.shape[1]).movedim(-1, 1)[:, 1:].to(logits)
        shown = (one_hot * known[:, None]).amax(dim=(0, 2, 3))
        probability = logits.softmax(dim=1)[:, 1:] * known[:, None]
        losses = self.dice(probability, one_hot * known[:, None]).flatten()
        return (losses * shown).sum() / shown.sum().clamp(min=1)


def _known(types: Tensor) -> tuple[Tensor, Tensor]:
    """The classes (B, H, W) int64, 0 where they are unknown, and where they are known, 0 or 1."""
    known = types[:, 0] >= 0
    return types[:, 0].clamp(min=0).long(), known.to(types)
