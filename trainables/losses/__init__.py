"""A library of losses, the criterion of the 2-D heads, and what the HV maps are worth.

Importing the package loads no torch: a driver that only checks settings reads `config`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trainables.losses.config import NP_TERMS, TERMS, TYPE_TERMS, HVLossConfig

if TYPE_CHECKING:
    from trainables.losses.classes import NTCELoss, NTDiceLoss
    from trainables.losses.compound import CompoundLoss, build_loss
    from trainables.losses.criterion import HVCriterion, build_criterion
    from trainables.losses.foreground import NPStatistics
    from trainables.losses.maps import HVAlignedLoss, HVGradientLoss, HVMagnitudeLoss, HVMSELoss
    from trainables.losses.report import LossReport
    from trainables.losses.statistics import HVStatistics

__all__ = [
    "NP_TERMS",
    "TERMS",
    "TYPE_TERMS",
    "CompoundLoss",
    "HVAlignedLoss",
    "HVCriterion",
    "HVGradientLoss",
    "HVLossConfig",
    "HVMSELoss",
    "HVMagnitudeLoss",
    "HVStatistics",
    "LossReport",
    "NPStatistics",
    "NTCELoss",
    "NTDiceLoss",
    "build_criterion",
    "build_loss",
]

_NEEDS_TORCH = {
    "CompoundLoss": "trainables.losses.compound",
    "HVAlignedLoss": "trainables.losses.maps",
    "HVCriterion": "trainables.losses.criterion",
    "HVGradientLoss": "trainables.losses.maps",
    "HVMSELoss": "trainables.losses.maps",
    "HVMagnitudeLoss": "trainables.losses.maps",
    "HVStatistics": "trainables.losses.statistics",
    "LossReport": "trainables.losses.report",
    "NPStatistics": "trainables.losses.foreground",
    "NTCELoss": "trainables.losses.classes",
    "NTDiceLoss": "trainables.losses.classes",
    "build_criterion": "trainables.losses.criterion",
    "build_loss": "trainables.losses.compound",
}


def __getattr__(name: str) -> Any:
    if name not in _NEEDS_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_NEEDS_TORCH[name]), name)
