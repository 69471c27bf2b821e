"""A place from which to look at what a network answers while it is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from torch import Tensor

from trainables.training.criterion import Outputs

__all__ = ["EpochWatch", "Look", "Unwatched", "Watch"]

Look = Callable[[Outputs, Mapping[str, Tensor]], None]


class EpochWatch(Protocol):
    """Looks at the steps of one epoch. Nothing that it does may change the training."""

    def look(self, step: int, outputs: Outputs, targets: Mapping[str, Tensor]) -> None:
        """Called after every step, without gradient; must not wait for the device.

        Args:
            step: From 0.
            outputs: What the network answered, with its weights as they were before the step.
            targets: The truth, on the same device.
        """

    def read(self) -> None:
        """Called now and then when the device has been waited for anyway, and after all steps."""

    def finish(self) -> dict[str, float]:
        """Called once if all steps went well, and only when their epoch counts as finished.

        Returns:
            Finite values by metric name.
        """


class Watch(Protocol):
    """Goes from one epoch to the next; what it keeps is saved and loaded with the training."""

    def begin(self, epoch: int, num_steps: int) -> EpochWatch:
        """Looks at an epoch, which may be begun again: what was not finished leaves no trace.

        Args:
            epoch: From 1.
            num_steps: Of the epoch.
        """

    def state(self) -> dict[str, Any]:
        """Plain values, as of the newest finished epoch."""

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes on from a `state`; from the beginning if it is empty."""


class Unwatched:
    """Looks at nothing."""

    def begin(self, epoch: int, num_steps: int) -> Unwatched:
        """See `Watch`."""
        del epoch, num_steps
        return self

    def look(self, step: int, outputs: Outputs, targets: Mapping[str, Tensor]) -> None:
        """See `EpochWatch`."""

    def read(self) -> None:
        """See `EpochWatch`."""

    def finish(self) -> dict[str, float]:
        """No metrics."""
        return {}

    def state(self) -> dict[str, Any]:
        """Nothing to keep."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """See `Watch`."""
