"""What a loss has to offer to be trained on, and its values by metric name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from torch import Tensor, nn

__all__ = ["Criterion", "LossTerms", "Outputs", "loss_values"]

Outputs = Mapping[str, Tensor]


class LossTerms(Protocol):
    """What a criterion returns: scalars with their gradient."""

    @property
    def total(self) -> Tensor:
        """What is minimised: the sum of `weighted`."""

    @property
    def raw(self) -> Mapping[str, Tensor]:
        """Every term before its weight."""

    @property
    def weighted(self) -> Mapping[str, Tensor]:
        """Every term times its weight, same names as `raw`."""


class Criterion(Protocol):
    """A loss of named outputs and targets; an `nn.Module`, since it may have weights to learn."""

    def __call__(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> LossTerms:
        """Computes all terms of a batch."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """Loss weights that are learnt; may be none."""

    def state_dict(self) -> dict[str, Any]:
        """As in `nn.Module`."""

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """As in `nn.Module`."""


def loss_values(terms: LossTerms, split: str) -> dict[str, Tensor]:
    """The values of a loss by metric name, cut off from the graph.

    Args:
        terms: Of one batch or image.
        split: `train` or `val`.

    Returns:
        `<split>/loss`, `<split>/loss/<term>` (unweighted) and `<split>/weighted/<term>`.
    """
    return {
        f"{split}/loss": terms.total.detach(),
        **{f"{split}/loss/{name}": value.detach() for name, value in terms.raw.items()},
        **{f"{split}/weighted/{name}": value.detach() for name, value in terms.weighted.items()},
    }
