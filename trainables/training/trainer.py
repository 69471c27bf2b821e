"""Trains a network, an epoch at a time.

All randomness comes from the seed and the epoch, so a run that is saved, loaded and continued gives
the same bits on a CPU as one that was never interrupted; so does one that has run ahead.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import nn

from trainables.training.ahead import EpochAhead
from trainables.training.batches import BatchSource
from trainables.training.checkpoints import copy_to_host, reading, write_state
from trainables.training.criterion import Criterion
from trainables.training.epoch import Epoch
from trainables.training.learner import Learner
from trainables.training.settings import TrainerSettings
from trainables.training.watching import Unwatched, Watch

__all__ = ["Trainer"]


class Trainer:
    """Trains one network, an epoch at a time.

    Attributes:
        epoch: Finished epochs; the one that fails counts.
        trained_s: Seconds that the newest epoch took, those of running ahead included.
    """

    def __init__(
        self,
        *,
        model: nn.Module,
        criterion: Criterion,
        source: BatchSource,
        settings: TrainerSettings,
        watch: Watch | None = None,
    ) -> None:
        """Takes the parts of a training run; nothing is trained yet.

        Args:
            model: On its device already.
            criterion: On the same device.
            source: Gives the batches.
            settings: How to train.
            watch: Looks at what the network answers while it is trained; None: nobody looks.
        """
        self.epoch = 0
        self.trained_s = 0.0
        self._source = source
        self._settings = settings
        self._rate = settings.optim.learning_rate(
            steps_per_epoch=source.num_steps, epochs=settings.epochs
        )
        self._learner = Learner(model, criterion, settings)
        self._watch = watch or Unwatched()
        self._set_epoch()
        self._ahead: EpochAhead | None = None

    @property
    def model(self) -> nn.Module:
        """The network as the finished epoch left it.

        Raises:
            RuntimeError: It has run ahead, so it is not that of the finished epoch.
        """
        self._require_not_ahead()
        return self._learner.model

    @property
    def criterion(self) -> Criterion:
        """The loss as the finished epoch left it.

        Raises:
            RuntimeError: It has run ahead, so it is not that of the finished epoch.
        """
        self._require_not_ahead()
        return self._learner.criterion

    def train_epoch(self) -> dict[str, float]:
        """Trains the next epoch, or what running ahead has left of it.

        Returns:
            `train/loss`, `train/loss/<term>`, `train/weighted/<term>`, `train/weight/<term>` and
            `grad_norm` (2-norm before clipping), each the mean over the epoch's steps with the
            weights as they were in that step, `lr` of the last step, and what the watch tells.

        Raises:
            DivergedError: A loss, a gradient or a weight is not finite.
        """
        start = time.perf_counter()
        self.epoch += 1
        epoch = self._next_epoch(self.epoch) if self._ahead is None else self._ahead.resumed()
        try:
            while epoch.has_steps:
                epoch.take_step()
            metrics = epoch.finish()
        finally:
            epoch.close()
        self.trained_s = time.perf_counter() - start
        if self._ahead is not None:
            self.trained_s += self._ahead.seconds
            self._ahead = None
        return metrics

    def train_ahead(self, go_on: Callable[[], bool]) -> None:
        """Uses time in which the training thread would wait: takes steps of the next epoch.

        The next `train_epoch` goes on from there, and all of its numbers are equal to the last bit
        to those without running ahead. Until then `epoch`, `save` and what was reported stay
        those of the finished epoch, of which a copy is kept in host memory: three times the
        network's weights. After the last epoch nothing is run ahead.

        A step that fails does so silently; the next `train_epoch` raises its error.

        Args:
            go_on: Asked before each step, on this thread; at the end of the epoch no more.
        """
        start = time.perf_counter()
        ahead = self._ahead
        while (ahead.has_steps if ahead else self.epoch < self._settings.epochs) and go_on():
            if ahead is None:
                ahead = EpochAhead(self._next_epoch(self.epoch + 1), copy_to_host(self._state()))
                self._ahead = ahead
            ahead.take_step()
        if ahead is not None:
            ahead.seconds += time.perf_counter() - start

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
            self._learner.step(batch, self._rate.at(step))
            if self._settings.on_gpu:
                torch.cuda.synchronize(self._settings.device)
            seconds.append(time.perf_counter() - start)
        return median(seconds[1:])

    def autocast(self) -> AbstractContextManager[None]:
        """The precision in which the network runs, for evaluation too."""
        return self._learner.autocast()

    def save(self, path: Path, numbers: Mapping[str, float] | None = None) -> None:
        """Writes everything that `load` needs into one file of tensors and plain values.

        Args:
            path: The file.
            numbers: What else the caller wants back from `load`.
        """
        state = self._state() if self._ahead is None else self._ahead.finished
        write_state(path, {**state, "numbers": dict(numbers or {})})

    def load(self, path: Path) -> dict[str, float]:
        """Goes on from what `save` wrote; steps that were run ahead are forgotten.

        Returns:
            The caller's own numbers, as they were given to `save`.

        Raises:
            TrialError: The file can't be read, or is of other settings.
        """
        self.close()
        with reading(path, self._settings.device) as state:
            self._learner.load_state(state)
            self._watch.load_state(state.get("watch", {}))
            self.epoch = state["epoch"]
            self._set_epoch()
            return dict(state["numbers"])

    def close(self) -> None:
        """Ends all threads; only `load` makes the trainer useful again if it has run ahead."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None

    def _state(self) -> dict[str, Any]:
        return {"epoch": self.epoch, **self._learner.state(), "watch": self._watch.state()}

    def _set_epoch(self) -> None:
        self._learner.criterion.set_epoch(max(1, self.epoch), self._settings.epochs)

    def _next_epoch(self, number: int) -> Epoch:
        return Epoch(
            number,
            learner=self._learner,
            source=self._source,
            rate=self._rate,
            watch=self._watch.begin(number, self._source.num_steps),
            settings=self._settings,
        )

    def _require_not_ahead(self) -> None:
        if self._ahead is not None:
            raise RuntimeError("the network has run ahead: evaluate it before train_ahead()")
