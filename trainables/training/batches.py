"""Batches as a pure function of seed, epoch and step: nothing to save, any thread may make them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeGuard

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.ahead import map_ahead

__all__ = ["Batch", "BatchSource", "EvenDraws", "batches_of", "derive_rng"]

_ORDER_KEY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one training step sees.

    Attributes:
        inputs: `(B, C, *spatial)` float32.
        targets: `(B, K, *spatial)` float32 by name.
        features: What a frozen encoder made of the inputs, `(B, K, *cells)`; None: the network sees
            the inputs alone.
    """

    inputs: Tensor
    targets: dict[str, Tensor]
    features: Tensor | None = None

    @property
    def seen(self) -> tuple[Tensor, ...]:
        """What the network is called with."""
        return (self.inputs,) if self.features is None else (self.inputs, self.features)

    def pinned(self) -> Batch:
        """The same batch in page-locked memory, from where copies to a GPU need not wait."""
        return Batch(
            inputs=self.inputs.pin_memory(),
            targets={name: target.pin_memory() for name, target in self.targets.items()},
            # An encoder on the GPU has left them there.
            features=self.features.pin_memory() if _on_host(self.features) else self.features,
        )

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(
            inputs=self.inputs.to(device, non_blocking=True),
            targets={
                name: target.to(device, non_blocking=True) for name, target in self.targets.items()
            },
            features=None if self.features is None else self.features.to(device, non_blocking=True),
        )


def _on_host(tensor: Tensor | None) -> TypeGuard[Tensor]:
    return tensor is not None and tensor.device.type == "cpu"


class BatchSource(Protocol):
    """Where a trainer gets its batches."""

    @property
    def num_steps(self) -> int:
        """Steps of an epoch, at least 1."""

    def batch(self, epoch: int, step: int) -> Batch:
        """The batch of a step; equal arguments give equal batches, on any thread.

        Args:
            epoch: From 1.
            step: From 0, below `num_steps`.
        """


def derive_rng(seed: int, *keys: int) -> np.random.Generator:
    """An independent generator for each combination of a seed and keys, all non-negative."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, *keys))))


class EvenDraws:
    """Which items an epoch shows, and in what order.

    Every item comes as often as its weight says, rounded down or up (systematic sampling): with
    equal weights, and as many draws as there are items, exactly once.
    """

    def __init__(self, weights: Sequence[float], *, seed: int) -> None:
        """Takes the relative frequency of each item.

        Raises:
            ValueError: There is no item, or a weight is not above 0.
        """
        if not len(weights) or min(weights) <= 0:
            raise ValueError("needs items to draw from, with weights above 0")
        self._weights = np.asarray(weights, dtype=np.float64)
        self._seed = seed

    def epoch(self, epoch: int, count: int) -> NDArray[np.int64]:
        """The `count` items of an epoch, in a shuffled order that depends on it alone."""
        rng = derive_rng(self._seed, _ORDER_KEY, epoch)
        # Neighbours in a listing are alike; shuffled, every stretch of draws is a fair sample.
        items = rng.permutation(self._weights.size)
        upper = np.cumsum(self._weights[items])
        places = (np.arange(count) + rng.random()) * (upper[-1] / count)
        # Rounding must not push the last place beyond the last item.
        drawn = np.minimum(np.searchsorted(upper, places, side="right"), items.size - 1)
        return rng.permutation(items[drawn])


def batches_of(
    source: BatchSource, epoch: int, *, workers: int, pin: bool
) -> Generator[Batch, None, None]:
    """All batches of an epoch in order.

    Args:
        source: Asked once for each step.
        epoch: From 1.
        workers: Threads that prepare batches ahead; 0: each is made when it is asked for.
        pin: Whether batches are put into page-locked memory.

    Returns:
        The same batches for any number of workers.
    """

    def made(step: int) -> Batch:
        batch = source.batch(epoch, step)
        return batch.pinned() if pin else batch

    return map_ahead(made, range(source.num_steps), workers)
