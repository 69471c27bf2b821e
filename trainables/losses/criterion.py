"""The terms of all heads together: one number to train on, all of them to look at."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor, nn

from trainables.losses.config import HVLossConfig
from trainables.losses.maps import HVAlignedLoss, HVGradientLoss, HVMagnitudeLoss, HVMSELoss
from trainables.losses.nuclei import NPBCELoss, NPDiceLoss
from trainables.losses.report import LossReport, add_up

__all__ = ["HVCriterion", "build_criterion"]


class HVCriterion(nn.Module):
    """Weighted sum of the terms of the NP and HV heads."""

    def __init__(self, config: HVLossConfig) -> None:
        super().__init__()
        self.terms = nn.ModuleDict(_build_terms(config))
        weights = config.weights
        self._weights = {name: weights[name] for name in self.terms}

    def set_epoch(self, epoch: int, num_epochs: int) -> None:
        """Does nothing: the weights are the same in all epochs."""

    def forward(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> LossReport:
        """Compares a network's outputs with the truth.

        Args:
            outputs: `np`: logits (B, 1, H, W); `hv`: maps (B, 2, H, W).
            targets: `np`: (B, 1, H, W) of 0 and 1; `hv`: maps (B, 2, H, W).

        Returns:
            Scalars in float32 (float64 for float64 outputs), also inside autocast.
        """
        inputs = _inputs_of_heads(outputs, targets)
        terms = {name: partial(term, *inputs[name[:2]]) for name, term in self.terms.items()}
        return add_up(terms, self._weights)


def build_criterion(config: HVLossConfig | Mapping[str, Any]) -> HVCriterion:
    """Builds the criterion from its settings, checked or as they come from YAML.

    Raises:
        pydantic.ValidationError: A mapping is not what `HVLossConfig` allows.
    """
    return HVCriterion(HVLossConfig.model_validate(config))


def _build_terms(config: HVLossConfig) -> dict[str, nn.Module]:
    """By name; the first two letters are those of the head, see `_inputs_of_heads`."""
    return {
        "np_bce": NPBCELoss(),
        "np_dice": NPDiceLoss(),
        "hv_mse": HVMSELoss(config.hv_region),
        "hv_gradient": HVGradientLoss(),
        "hv_magnitude": HVMagnitudeLoss(),
        "hv_aligned": HVAlignedLoss(),
    }


def _inputs_of_heads(
    outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, tuple[Tensor, ...]]:
    """What the terms of each head take."""
    nuclei = targets["np"]
    return {
        "np": (outputs["np"], nuclei),
        "hv": (outputs["hv"], targets["hv"], nuclei),
    }
