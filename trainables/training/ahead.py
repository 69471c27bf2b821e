"""Steps of an epoch that are taken before it is asked for."""

from __future__ import annotations

import traceback
from typing import Any

from trainables.training.epoch import Epoch

__all__ = ["EpochAhead"]


class EpochAhead:
    """An epoch under way while the one before it still counts as the newest.

    Attributes:
        finished: The training state that the epoch before it ended with, in host memory.
        seconds: That were spent on running ahead.
    """

    def __init__(self, epoch: Epoch, finished: dict[str, Any]) -> None:
        """Takes an epoch of which no step is taken yet, and the state before it."""
        self.finished = finished
        self.seconds = 0.0
        self._epoch = epoch
        self._fault: Exception | None = None

    @property
    def has_steps(self) -> bool:
        """Whether a step can be taken: none after a fault."""
        return self._fault is None and self._epoch.has_steps

    def take_step(self) -> None:
        """Takes the next step; an error of it is kept for `resumed`."""
        try:
            self._epoch.take_step()
        except Exception as fault:  # noqa: BLE001 - of the next epoch, whatever it is
            # What the step had in memory must not stay there, least of all if there was too little.
            traceback.clear_frames(fault.__traceback__)
            self._fault = fault
            self._epoch.close()

    def resumed(self) -> Epoch:
        """The epoch, to be gone on with.

        Raises:
            Exception: What a step of it has raised.
        """
        if self._fault is not None:
            raise self._fault
        return self._epoch

    def close(self) -> None:
        """Ends the threads that prepare batches."""
        self._epoch.close()
