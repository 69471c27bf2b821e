"""The six terms together: one number to train on, all of them to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from trainables.losses.config import HVLossConfig
from trainables.losses.maps import HVAlignedLoss, HVGradientLoss, HVMagnitudeLoss, HVMSELoss
from trainables.losses.nuclei import NPBCELoss, NPDiceLoss

__all__ = ["HVCriterion", "LossReport", "build_loss"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """What a batch costs.

    Attributes:
        total: Scalar to call `backward` on; totals of different weightings can't be compared.
        raw: Unweighted terms by name, scalars without gradient, also those that weigh 0.
        weighted: The same times their weights; they add up to the total.
    """

    total: Tensor
    raw: dict[str, Tensor]
    weighted: dict[str, Tensor]


class HVCriterion(nn.Module):
    """Weighted sum of the NP and HV terms."""

    def __init__(self, config: HVLossConfig) -> None:
        super().__init__()
        self.weights = config.weights
        self.terms = nn.ModuleDict(
            {
                "np_bce": NPBCELoss(),
                "np_dice": NPDiceLoss(),
                "hv_mse": HVMSELoss(config.hv_region),
                "hv_gradient": HVGradientLoss(),
                "hv_magnitude": HVMagnitudeLoss(),
                "hv_aligned": HVAlignedLoss(),
            }
        )

    def forward(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> LossReport:
        """Compares a network's outputs with the truth.

        Args:
            outputs: `np`: logits (B, 1, H, W); `hv`: maps (B, 2, H, W).
            targets: `np`: (B, 1, H, W) of 0 and 1; `hv`: maps (B, 2, H, W).

        Returns:
            Scalars in float32 (float64 for float64 outputs), also inside autocast.
        """
        nuclei = targets["np"]
        arguments = {
            "np": (outputs["np"], nuclei),
            "hv": (outputs["hv"], targets["hv"], nuclei),
        }
        raw: dict[str, Tensor] = {}
        weighted: dict[str, Tensor] = {}
        for name, term in self.terms.items():
            weight = self.weights[name]
            # Without a weight there is nothing to differentiate, and 0 x inf must not be NaN.
            with torch.set_grad_enabled(torch.is_grad_enabled() and weight > 0):
                raw[name] = term(*arguments[name[:2]])
                weighted[name] = weight * raw[name] if weight else torch.zeros_like(raw[name])
        return LossReport(
            total=torch.stack(list(weighted.values())).sum(),
            raw={name: value.detach() for name, value in raw.items()},
            weighted={name: value.detach() for name, value in weighted.items()},
        )


def build_loss(config: HVLossConfig | Mapping[str, Any]) -> HVCriterion:
    """Builds the criterion from its settings, checked or as they come from YAML.

    Raises:
        pydantic.ValidationError: A mapping is not what `HVLossConfig` allows.
    """
    return HVCriterion(HVLossConfig.model_validate(config))
