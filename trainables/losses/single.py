"""Builds single losses from their settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from torch import nn

from trainables.losses.distances import BoundaryLoss, HausdorffDTLoss
from trainables.losses.leaf_config import LeafConfig
from trainables.losses.maps import HVAlignedLoss, HVGradientLoss, HVMagnitudeLoss
from trainables.losses.overlap import (
    DiceCELoss,
    DiceLoss,
    FocalTverskyLoss,
    IoULoss,
    TverskyLoss,
)
from trainables.losses.pixels import BCELoss, FocalLoss
from trainables.losses.values import MSELoss, SmoothL1Loss

__all__ = ["build_single_loss"]

_BUILDERS: Final[Mapping[str, Callable[[Any], nn.Module]]] = {
    "bce": BCELoss,
    "dice": DiceLoss,
    "iou": IoULoss,
    "dice_ce": DiceCELoss,
    "tversky": TverskyLoss,
    "focal_tversky": FocalTverskyLoss,
    "focal": FocalLoss,
    "boundary": BoundaryLoss,
    "hausdorff_dt": HausdorffDTLoss,
    "mse": MSELoss,
    "smooth_l1": SmoothL1Loss,
    "hv_gradient": lambda _: HVGradientLoss(),
    "hv_magnitude": lambda _: HVMagnitudeLoss(),
    "hv_aligned": lambda _: HVAlignedLoss(),
}


def build_single_loss(config: LeafConfig) -> nn.Module:
    """Builds the loss itself: `weight` and `name` are for those who add it to others.

    Returns:
        A module of values, target and mask, see `sets`; its answer is a scalar in float32
        (float64 for float64 values), also inside autocast.
    """
    return _BUILDERS[config.type](config)
