"""Losses of distances to boundaries."""

from __future__ import annotations

import monai.losses
import torch
from monai.transforms.utils import distance_transform_edt
from torch import Tensor, nn

from trainables.losses.leaf_config import BoundaryConfig, HausdorffDTConfig
from trainables.losses.precision import in_full_precision
from trainables.losses.sets import Sets, sets_of

__all__ = ["BoundaryLoss", "HausdorffDTLoss", "distance_fields"]


class _DistanceLoss(nn.Module):
    """A loss of MONAI that measures distances in units of the smallest side of a pixel."""

    def __init__(self, loss: nn.Module, config: BoundaryConfig | HausdorffDTConfig) -> None:
        super().__init__()
        self.loss = loss
        self.include_background = config.include_background

    @in_full_precision
    def forward(self, logits: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Returns a scalar; 0 of an image and class that is nowhere or everywhere.

        Distances are computed on the host: of tensors on a GPU the training waits for them.

        Args:
            logits: (B, C, *spatial), see `sets`.
            target: (B, 1 or C, *spatial).
            mask: (B, 1, *spatial), 1 where pixels count, the others are background; None:
                everywhere.

        Raises:
            ValueError: The spacing is not of as many axes as the tensors.
        """
        sets = sets_of(logits, target, mask, include_background=self.include_background)
        loss = self.loss(*sets)
        if mask is None:
            return loss
        return loss * (mask.numel() / mask.sum().clamp(min=1))


class BoundaryLoss(_DistanceLoss):
    """Mean of probability times signed distance to the boundary, negative inside.

    The pixels at the boundary's inside have distance 0, so that an object needs a width of three
    pixels to be asked for.

    Differs: MONAI's does not know about spacing.

    Source: MONAI's `BoundaryLoss`; Kervadec et al. 2019, arXiv:1812.07032.
    """

    def __init__(self, config: BoundaryConfig) -> None:
        super().__init__(_SpacedBoundary(config.spacing), config)


class HausdorffDTLoss(_DistanceLoss):
    """Mean of squared error times (d_pred^alpha + d_true^alpha), d the distances to the boundaries.

    The predicted boundary is that of the pixels above 0.5. The loss is in pixels to the power of
    alpha: hundreds, where Dice is 1 at most.

    Differs: MONAI's does not know about spacing.

    Source: MONAI's `HausdorffDTLoss`; Karimi and Salcudean 2019, arXiv:1904.10030.
    """

    def __init__(self, config: HausdorffDTConfig) -> None:
        super().__init__(_SpacedHausdorff(config.alpha, config.spacing), config)


class _SpacedBoundary(monai.losses.BoundaryLoss):
    def __init__(self, spacing: list[float] | None) -> None:
        super().__init__()
        self.spacing = spacing

    @torch.no_grad()
    def compute_distance_map(self, target: Tensor) -> Tensor:
        inside, outside = distance_fields(target, self.spacing)
        return outside - (inside - 1).clamp(min=0)


class _SpacedHausdorff(monai.losses.HausdorffDTLoss):
    def __init__(self, alpha: float, spacing: list[float] | None) -> None:
        super().__init__(alpha=alpha, include_background=True)
        self.spacing = spacing

    @torch.no_grad()
    def distance_field(self, img: Tensor) -> Tensor:
        inside, outside = distance_fields(img, self.spacing)
        return inside + outside


def distance_fields(sets: Tensor, spacing: list[float] | None) -> Sets:
    """How far pixels are from the other side of the boundary.

    Args:
        sets: (B, C, *spatial), above 0.5 inside.
        spacing: Size of a pixel along each axis, any unit; None: equal.

    Returns:
        Of pixels inside and of pixels outside, both (B, C, *spatial), in units of the smallest side
        of a pixel; 0 on the other side, and everywhere if there is no other side.

    Raises:
        ValueError: The spacing is not of as many axes as the sets.
    """
    num_axes = sets.ndim - 2
    if spacing is not None and len(spacing) != num_axes:
        raise ValueError(f"spacing {spacing} should have one number for each of {num_axes} axes")
    sampling = [side / min(spacing) for side in spacing] if spacing else None
    is_inside = sets > 0.5
    fields = [torch.zeros_like(sets) for _ in range(2)]
    for image, channel in torch.cartesian_prod(*map(torch.arange, sets.shape[:2])).tolist():
        part = is_inside[image, channel : channel + 1]
        if part.any() and not part.all():
            for field, side in zip(fields, (part, ~part), strict=True):
                field[image, channel] = distance_transform_edt(side, sampling=sampling)[0]
    return Sets(*fields)
