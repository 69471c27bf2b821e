"""The terms of all heads together: one number to train on, all of them to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from torch import Tensor, nn

from trainables.losses.balance import build_balance
from trainables.losses.classes import NTCELoss, NTDiceLoss, rarity_weights
from trainables.losses.compound import build_term
from trainables.losses.config import HVLossConfig
from trainables.losses.maps import HVAlignedLoss, HVGradientLoss, HVMagnitudeLoss, HVMSELoss
from trainables.losses.report import LossReport, add_up

__all__ = ["HVCriterion", "build_criterion"]


class HVCriterion(nn.Module):
    """Weighted sum of the terms of the NP and HV heads, and of the NT head if there are types.

    Attributes:
        terms: By name.
        balance: What their weights are multiplied by; may have weights to learn.
    """

    def __init__(self, config: HVLossConfig, type_counts: Sequence[int] = ()) -> None:
        super().__init__()
        self.terms = nn.ModuleDict(_build_terms(config, type_counts))
        weights = config.weights
        self._weights = {name: weights[name] for name in self.terms}
        self.balance = build_balance(config.balance, self._weights)

    def set_epoch(self, epoch: int, num_epochs: int) -> None:
        """Says which epoch's weights hold from now on, see `Criterion.set_epoch`."""
        self.balance.set_epoch(epoch, num_epochs)

    def forward(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> LossReport:
        """Compares a network's outputs with the truth.

        Args:
            outputs: `np`: logits (B, 1, H, W); `hv`: maps (B, 2, H, W); with types `nt`: logits
                (B, 1 + types, H, W).
            targets: `np`: (B, 1, H, W) of 0 and 1; `hv`: maps (B, 2, H, W); with types `nt`:
                (B, 1, H, W), 0 background, the type, or -1 for unknown.

        Returns:
            Scalars in float32 (float64 for float64 outputs), also inside autocast.
        """
        inputs = _inputs_of_heads(outputs, targets)
        terms = {name: partial(term, *inputs[name[:2]]) for name, term in self.terms.items()}
        return add_up(terms, self._weights, self.balance)


def build_criterion(
    config: HVLossConfig | Mapping[str, Any], type_counts: Sequence[int] = ()
) -> HVCriterion:
    """Builds the criterion from its settings, checked or as they come from YAML.

    Args:
        config: The settings.
        type_counts: Training nuclei of each type; empty: nuclei have no types, there are no terms
            of an NT head.

    Raises:
        pydantic.ValidationError: A mapping is not what `HVLossConfig` allows.
    """
    return HVCriterion(HVLossConfig.model_validate(config), type_counts)


def _build_terms(config: HVLossConfig, type_counts: Sequence[int]) -> dict[str, nn.Module]:
    """By name; the first two letters are those of the head, see `_inputs_of_heads`."""
    terms: dict[str, nn.Module] = {
        **{term.name: build_term(term.loss) for term in config.np_terms},
        "hv_mse": HVMSELoss(config.hv_region),
        "hv_gradient": HVGradientLoss(),
        "hv_magnitude": HVMagnitudeLoss(),
        "hv_aligned": HVAlignedLoss(),
    }
    if type_counts:
        terms["nt_ce"] = NTCELoss(rarity_weights(type_counts, config.nt_rarity_power))
        terms["nt_dice"] = NTDiceLoss()
    return terms


def _inputs_of_heads(
    outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, tuple[Tensor, ...]]:
    """What the terms of each head take."""
    nuclei = targets["np"]
    inputs: dict[str, tuple[Tensor, ...]] = {
        "np": (outputs["np"], nuclei),
        "hv": (outputs["hv"], targets["hv"], nuclei),
    }
    if "nt" in targets:
        inputs["nt"] = (outputs["nt"], targets["nt"])
    return inputs
