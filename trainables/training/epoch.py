"""An epoch that may be left between two steps and gone on with later."""

from __future__ import annotations

from functools import partial

from trainables.optimization import LearningRate
from trainables.training.batches import BatchSource, batches_of
from trainables.training.divergence import diverged, require_finite
from trainables.training.history import StepHistory
from trainables.training.learner import Learner
from trainables.training.randomness import RandomStream
from trainables.training.settings import TrainerSettings
from trainables.training.watching import EpochWatch

__all__ = ["Epoch"]

_STEPS_BETWEEN_CHECKS = 16
_EPOCH_KEY = 1


class Epoch:
    """One pass over the batches, a step at a time.

    What it computes depends on the seed, the epoch and the weights that it began with: not on when
    its steps are taken, nor on random numbers that are drawn in between.
    """

    def __init__(
        self,
        number: int,
        *,
        learner: Learner,
        source: BatchSource,
        rate: LearningRate,
        watch: EpochWatch,
        settings: TrainerSettings,
    ) -> None:
        """Takes the parts; batches are prepared from the first step on.

        Args:
            number: From 1.
            learner: What is trained.
            source: Gives the batches.
            rate: The schedule over all epochs.
            watch: Looks at this epoch.
            settings: How to train.
        """
        self._number = number
        self._learner = learner
        self._num_steps = source.num_steps
        self._num_epochs = settings.epochs
        self._rate = rate
        self._watch = watch
        self._random = RandomStream(settings.device, settings.seed, _EPOCH_KEY, number)
        self._batches = batches_of(source, number, workers=settings.workers, pin=settings.on_gpu)
        self._history = StepHistory()
        self._num_taken = 0

    @property
    def has_steps(self) -> bool:
        """Whether there are steps to take."""
        return self._num_taken < self._num_steps

    def take_step(self) -> None:
        """Takes the next step; `has_steps` is true.

        Raises:
            DivergedError: A loss or a gradient is not finite; noticed within a few steps.
        """
        # An evaluation in between has left the network in another mode.
        self._learner.model.train()
        if self._num_taken == 0:
            self._learner.criterion.set_epoch(self._number, self._num_epochs)
        with self._random.drawn():
            look = partial(self._watch.look, self._num_taken)
            values = self._learner.step(next(self._batches), self._rate_of(self._num_taken), look)
        self._history.append(values)
        self._num_taken += 1
        if self._num_taken % _STEPS_BETWEEN_CHECKS == 0:
            self._require_finite()
            self._watch.read()

    def finish(self) -> dict[str, float]:
        """Looks back when all steps are taken.

        Returns:
            The mean of every scalar over the steps, what the watch has seen, and `lr` of the last
            step.

        Raises:
            DivergedError: A loss, a gradient or a weight is not finite.
        """
        self._require_finite()
        if not self._learner.has_finite_weights():
            raise diverged(self._number, "a weight is not finite")
        self._watch.read()
        return {
            **self._history.means(),
            **self._watch.finish(),
            "lr": self._rate_of(self._num_taken - 1),
        }

    def close(self) -> None:
        """Ends the threads that prepare batches; no step can be taken any more."""
        self._batches.close()

    def _rate_of(self, step: int) -> float:
        return self._rate.at((self._number - 1) * self._num_steps + step)

    def _require_finite(self) -> None:
        require_finite(self._history, self._number, ignored=self._learner.may_be_infinite)
