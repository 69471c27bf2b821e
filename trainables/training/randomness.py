"""Random numbers that depend on a seed and keys alone, whatever is drawn in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from trainables.training.batches import derive_rng

__all__ = ["RandomStream", "seed_torch"]


def seed_torch(seed: int, *keys: int) -> None:
    """Sets torch's global generators, for initial weights and dropout."""
    torch.manual_seed(int(derive_rng(seed, *keys).integers(2**63)))


class RandomStream:
    """A sequence of torch's global random numbers of which nobody else takes any.

    Networks draw from the global generators (dropout). Inside `drawn` these belong to the stream;
    outside they are as if it did not exist.
    """

    def __init__(self, device: torch.device, seed: int, *keys: int) -> None:
        """Takes what the numbers depend on.

        Args:
            device: Where the network is; the CPU's generator always belongs to the stream too.
            seed: Non-negative.
            keys: Non-negative.
        """
        self._devices = [device] if device.type == "cuda" else []
        self._keys = (seed, *keys)
        self._states: list[Tensor] = []

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Goes on with the sequence where it was left."""
        with torch.random.fork_rng(self._devices):
            if self._states:
                self._restore()
            else:
                seed_torch(*self._keys)
            yield
            gpus = [torch.cuda.get_rng_state(device) for device in self._devices]
            self._states = [torch.get_rng_state(), *gpus]

    def _restore(self) -> None:
        torch.set_rng_state(self._states[0])
        for device, state in zip(self._devices, self._states[1:], strict=True):
            torch.cuda.set_rng_state(state, device)
