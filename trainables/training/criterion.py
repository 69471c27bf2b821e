"""What a loss has to offer to be trained on, and its values by metric name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from torch import Tensor, nn

__all__ = ["Criterion", "LossTerms", "Outputs", "loss_values", "loss_weights"]

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
        """What every term adds to the total, same names as `raw`."""

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """What every raw term is multiplied by at the moment, same names; scalars."""


class Criterion(Protocol):
    """A loss of named outputs and targets; an `nn.Module`, since it may have weights to learn."""

    def __call__(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> LossTerms:
        """Computes all terms of a batch."""

    def set_epoch(self, epoch: int, num_epochs: int) -> None:
        """Says which epoch's weights hold from now on, for those that change from epoch to epoch.

        Called at the first step of every epoch, and when one goes on from a checkpoint: what holds
        depends on these two numbers and on the learnt weights alone.

        Args:
            epoch: From 1; the newest finished one after loading.
            num_epochs: How many will be trained.
        """

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


def loss_weights(terms: LossTerms) -> dict[str, Tensor]:
    """The weights that terms have at the moment, as `train/weight/<term>`."""
    return {f"train/weight/{name}": value.detach() for name, value in terms.weights.items()}
