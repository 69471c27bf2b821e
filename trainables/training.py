"""The epoch loop that 2-D and 3-D training share: optimizer, schedule, clipping, mixed precision.

All randomness comes from the seed and the epoch, so a run that is saved, loaded and continued gives
the same bits on a CPU as one that was never interrupted.
"""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from sweeper.protocol import DivergedError, TrialError
from trainables.batches import Batch, BatchSource, batches_of, derive_rng
from trainables.criterion import Criterion, Outputs, loss_values
from trainables.history import StepHistory
from trainables.optimization import OptimConfig

__all__ = [
    "Probe",
    "Trainer",
    "TrainerSettings",
    "channels_last",
    "diverged",
    "seed_torch",
]

Probe = Callable[[Outputs, Mapping[str, Tensor]], Mapping[str, Tensor]]

_FORMAT = 1
_STEPS_BETWEEN_CHECKS = 16
_EPOCH_KEY = 1
_UNREADABLE = (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError)


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


class Trainer:
    """Trains one network, an epoch at a time."""

    def __init__(
        self,
        *,
        model: nn.Module,
        criterion: Criterion,
        source: BatchSource,
        probe: Probe,
        settings: TrainerSettings,
    ) -> None:
        """Takes the parts of a training run; nothing is trained yet.

        Args:
            model: On its device already.
            criterion: On the same device.
            source: Gives the batches.
            probe: Further scalars of a batch to average over the epoch, without gradient.
            settings: How to train.
        """
        self.model = model
        self.criterion = criterion
        self.epoch = 0
        self._source = source
        self._probe = probe
        self._settings = settings
        self._rate = settings.optim.learning_rate(
            steps_per_epoch=source.num_steps, epochs=settings.epochs
        )
        self._parameters = [*model.parameters(), *criterion.parameters()]
        self._optimizer = torch.optim.AdamW(
            _parameter_groups(model, criterion, settings.optim.weight_decay),
            lr=settings.optim.lr,
            fused=True,
        )
        self._on_gpu = settings.device.type == "cuda"
        self._precision = _half_precision(settings)
        self._scaler = torch.amp.GradScaler(
            settings.device.type, enabled=self._precision is torch.float16
        )

    def train_epoch(self) -> dict[str, float]:
        """Trains the next epoch.

        Returns:
            `train/loss`, `train/loss/<term>`, `train/weighted/<term>`, `train/<probe>` and
            `grad_norm` (2-norm before clipping), each the mean over the epoch's steps with the
            weights as they were in that step, and `lr` of the last step.

        Raises:
            DivergedError: A loss, a gradient or a weight is not finite.
        """
        self.epoch += 1
        seed_torch(self._settings.seed, _EPOCH_KEY, self.epoch)
        self.model.train()
        history = StepHistory()
        first = (self.epoch - 1) * self._source.num_steps
        rate = 0.0
        batches = batches_of(
            self._source, self.epoch, workers=self._settings.workers, pin=self._on_gpu
        )
        for step, batch in enumerate(batches):
            rate = self._rate.at(first + step)
            history.append(self._step(batch.to(self._settings.device), rate))
            if step % _STEPS_BETWEEN_CHECKS == _STEPS_BETWEEN_CHECKS - 1:
                self._require_finite(history)
        self._require_finite(history)
        self._require_finite_weights()
        return {**history.means(), "lr": rate}

    def measure_step_s(self, num_steps: int) -> float:
        """Times real steps after an untimed one; the trainer is of no use for training afterwards.

        Args:
            num_steps: How many, at least 1.

        Returns:
            The median of their seconds, the making of the batch included.
        """
        self.model.train()
        seconds = []
        for step in range(num_steps + 1):
            start = time.perf_counter()
            batch = self._source.batch(1, step % self._source.num_steps)
            self._step(batch.to(self._settings.device), self._rate.at(step))
            if self._on_gpu:
                torch.cuda.synchronize(self._settings.device)
            seconds.append(time.perf_counter() - start)
        return median(seconds[1:])

    def autocast(self) -> AbstractContextManager[None]:
        """The precision in which the network runs, for evaluation too."""
        return torch.autocast(
            self._settings.device.type,
            dtype=self._precision,
            enabled=self._precision is not torch.float32,
        )

    def save(self, path: Path, numbers: Mapping[str, float] | None = None) -> None:
        """Writes everything that `load` needs into one file of tensors and plain values.

        Args:
            path: The file.
            numbers: What else the caller wants back from `load`.
        """
        torch.save(
            {
                "format": _FORMAT,
                "epoch": self.epoch,
                "model": self.model.state_dict(),
                "criterion": self.criterion.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "scaler": self._scaler.state_dict(),
                "numbers": dict(numbers or {}),
            },
            path,
        )

    def load(self, path: Path) -> dict[str, float]:
        """Goes on from what `save` wrote.

        Returns:
            The caller's own numbers, as they were given to `save`.

        Raises:
            TrialError: The file can't be read, or is of other settings.
        """
        try:
            state = torch.load(path, map_location=self._settings.device, weights_only=True)
            if state["format"] != _FORMAT:
                raise TrialError(f"{path}: a checkpoint of another version of the program")
            self.model.load_state_dict(state["model"])
            self.criterion.load_state_dict(state["criterion"])
            self._optimizer.load_state_dict(state["optimizer"])
            self._scaler.load_state_dict(state["scaler"])
            self.epoch = state["epoch"]
            return dict(state["numbers"])
        except _UNREADABLE as error:
            raise TrialError(f"{path}: not a checkpoint of these settings ({error})") from error

    def _step(self, batch: Batch, rate: float) -> dict[str, Tensor]:
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with self.autocast():
            outputs = self.model(channels_last(batch.inputs))
        outputs = {name: output.float() for name, output in outputs.items()}
        terms = self.criterion(outputs, batch.targets)
        self._optimizer.zero_grad()
        self._scaler.scale(terms.total).backward()
        self._scaler.unscale_(self._optimizer)
        norm = nn.utils.clip_grad_norm_(
            self._parameters, self._settings.optim.clip_norm or math.inf
        )
        self._scaler.step(self._optimizer)
        self._scaler.update()
        with torch.no_grad():
            probed = self._probe(outputs, batch.targets)
            return {
                **loss_values(terms, "train"),
                "grad_norm": norm,
                **{f"train/{name}": value for name, value in probed.items()},
            }

    def _require_finite(self, history: StepHistory) -> None:
        # The fp16 scaler provokes infinite gradients now and then, and skips those steps.
        ignored = {"grad_norm"} if self._scaler.is_enabled() else set()
        bad = {name: value for name, value in history.not_finite().items() if name not in ignored}
        for name, value in bad.items():
            raise diverged(self.epoch, f"{name.removeprefix('train/')} is {value}")

    def _require_finite_weights(self) -> None:
        finite = torch.stack([parameter.isfinite().all() for parameter in self._parameters])
        if not bool(finite.all()):
            raise diverged(self.epoch, "a weight is not finite")


def seed_torch(seed: int, *keys: int) -> None:
    """Sets torch's global generators, for initial weights and dropout."""
    torch.manual_seed(int(derive_rng(seed, *keys).integers(2**63)))


def channels_last(inputs: Tensor) -> Tensor:
    """The same values with the channels innermost in memory, which convolutions run faster on."""
    if inputs.ndim == 5:
        return inputs.contiguous(memory_format=torch.channels_last_3d)
    return inputs.contiguous(memory_format=torch.channels_last)


def diverged(epoch: int, what: str) -> DivergedError:
    """The error of a trial that can't be trained on, like "diverged at epoch 3: loss is nan"."""
    return DivergedError(
        f"diverged at epoch {epoch}: {what}",
        hint="lower optim.lr, lengthen optim.warmup_epochs or set optim.clip_norm",
    )


def _half_precision(settings: TrainerSettings) -> torch.dtype:
    """The precision of the network's inner layers: half only where the hardware computes in it."""
    if not settings.amp:
        return torch.float32
    if settings.device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    in_hardware = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if in_hardware else torch.float32


def _parameter_groups(
    model: nn.Module, criterion: Criterion, weight_decay: float
) -> list[dict[str, Any]]:
    """Decays matrices and kernels only: not norms, biases or the loss weights that are learnt."""
    decayed = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    free = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": [*free, *criterion.parameters()], "weight_decay": 0.0},
    ]
