"""One step of gradient descent, and everything that it changes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn

from trainables.optimization import OptimConfig
from trainables.training.batches import Batch
from trainables.training.criterion import Criterion, loss_values, loss_weights
from trainables.training.layout import channels_last
from trainables.training.precision import Precision
from trainables.training.settings import TrainerSettings
from trainables.training.watching import Look

__all__ = ["Learner"]


class Learner:
    """A network, its loss and its optimizer."""

    def __init__(self, model: nn.Module, criterion: Criterion, settings: TrainerSettings) -> None:
        """Takes what is trained, see `Trainer`."""
        self.model = model
        self.criterion = criterion
        self._device = settings.device
        self._clip_norm = settings.optim.clip_norm or math.inf
        self._parameters = [*model.parameters(), *criterion.parameters()]
        self._optimizer = _build_optimizer(model, criterion, settings.optim)
        self._precision = Precision(settings.device, amp=settings.amp)
        self._scaler = self._precision.scaler

    def step(self, batch: Batch, rate: float, look: Look | None = None) -> dict[str, Tensor]:
        """Learns from a batch.

        Args:
            batch: On the host.
            rate: Learning rate.
            look: To be shown what the network answered; None: nobody looks.

        Returns:
            `train/...` scalars with the weights as they were before, and `grad_norm` before
            clipping; on the network's device.
        """
        batch = batch.to(self._device)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with self.autocast():
            outputs = self.model(*map(channels_last, batch.seen))
        outputs = {name: output.float() for name, output in outputs.items()}
        terms = self.criterion(outputs, batch.targets)
        self._optimizer.zero_grad()
        self._scaler.scale(terms.total).backward()
        self._scaler.unscale_(self._optimizer)
        norm = nn.utils.clip_grad_norm_(self._parameters, self._clip_norm)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        with torch.no_grad():
            if look is not None:
                look(outputs, batch.targets)
            return {**loss_values(terms, "train"), **loss_weights(terms), "grad_norm": norm}

    def autocast(self) -> AbstractContextManager[None]:
        """The precision in which the network runs, for evaluation too."""
        return self._precision.autocast()

    @property
    def may_be_infinite(self) -> frozenset[str]:
        """Scalars of a step that are infinite now and then without harm."""
        # The fp16 scaler provokes infinite gradients, and skips those steps.
        return frozenset({"grad_norm"} if self._scaler.is_enabled() else ())

    def has_finite_weights(self) -> bool:
        """Whether all weights are finite, those of the loss included."""
        finite = torch.stack([parameter.isfinite().all() for parameter in self._parameters])
        return bool(finite.all())

    def state(self) -> dict[str, Any]:
        """Everything that a step changes; the tensors are the ones in use, no copies."""
        return {
            "model": self.model.state_dict(),
            "criterion": self.criterion.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes on from a `state`, or from a copy of one on any device.

        Raises:
            KeyError: A part is missing.
            RuntimeError, ValueError: The state is of another network, loss or optimizer.
        """
        self.model.load_state_dict(state["model"])
        self.criterion.load_state_dict(state["criterion"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._scaler.load_state_dict(state["scaler"])


def _build_optimizer(
    model: nn.Module, criterion: Criterion, optim: OptimConfig
) -> torch.optim.AdamW:
    """Decays matrices and kernels only: not norms, biases or the loss weights that are learnt."""
    decayed = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    free = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": optim.weight_decay},
        {"params": [*free, *criterion.parameters()], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=optim.lr, fused=True)
