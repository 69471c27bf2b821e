"""How to train."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from trainables.optimization import OptimConfig

__all__ = ["TrainerSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerSettings:
    """How to train.

    Attributes:
        epochs: Epochs that the schedule spans, at least 1.
        optim: Optimizer and learning rate.
        amp: Mixed precision, on GPUs and on CPUs with AVX512-BF16 or AMX; no effect elsewhere.
        device: `cpu`, `cuda` or `cuda:N`.
        workers: Threads that prepare batches; 0: the training thread does.
        seed: Non-negative.
    """

    epochs: int
    optim: OptimConfig
    amp: bool
    device: torch.device
    workers: int
    seed: int

    @property
    def on_gpu(self) -> bool:
        """Whether the network is on a GPU."""
        return self.device.type == "cuda"
