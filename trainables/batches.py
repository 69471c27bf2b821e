"""Batches as a pure function of seed, epoch and step: nothing to save, any thread may make them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from trainables.ahead import map_ahead

__all__ = ["Batch", "BatchSource", "ShuffledOrder", "batches_of", "derive_rng"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one training step sees.

    Attributes:
        inputs: `(B, C, *spatial)` float32.
        targets: `(B, K, *spatial)` float32 by name.
    """

    inputs: Tensor
    targets: dict[str, Tensor]

    def pinned(self) -> Batch:
        """The same batch in page-locked memory, from where copies to a GPU need not wait."""
        return Batch(
            inputs=self.inputs.pin_memory(),
            targets={name: target.pin_memory() for name, target in self.targets.items()},
        )

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(
            inputs=self.inputs.to(device, non_blocking=True),
            targets={
                name: target.to(device, non_blocking=True) for name, target in self.targets.items()
            },
        )


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


class ShuffledOrder:
    """An endless sequence of shuffles of `range(length)`: every item comes equally often.

    Epochs are windows of it, so an epoch may be shorter or longer than the data.
    """

    def __init__(self, length: int, *, seed: int) -> None:
        if length < 1:
            raise ValueError("nothing to draw from")
        self._length = length
        self._seed = seed

    def window(self, first: int, count: int) -> list[int]:
        """The `count` items from a position on; positions start at 0 and have no end."""
        items: list[int] = []
        while len(items) < count:
            shuffle, offset = divmod(first + len(items), self._length)
            shuffled = derive_rng(self._seed, shuffle).permutation(self._length)
            items += shuffled[offset : offset + count - len(items)].tolist()
        return items


def batches_of(source: BatchSource, epoch: int, *, workers: int, pin: bool) -> Iterator[Batch]:
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
