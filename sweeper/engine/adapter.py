"""A Tune class trainable around a `Session`; its actor is reused from trial to trial."""

from __future__ import annotations

import logging
from typing import Any

from ray import tune

from sweeper.engine.session import Order, Session

__all__ = ["ORDER", "REPORT", "TrialActor"]

ORDER = "order"
REPORT = "report"


class TrialActor(tune.Trainable):  # type: ignore[misc]
    """Never raises: mistakes travel as reports, so that the actor lives on for the next trial."""

    def setup(self, config: dict[str, Any]) -> None:
        """Begins the first trial of this actor."""
        logging.getLogger().setLevel(logging.INFO)  # to the trial's log; Ray shows nothing of it
        self._session = Session()
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begins the next trial."""
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """One epoch."""
        return {REPORT: self._session.next_report()}

    def cleanup(self) -> None:
        """Ends the actor."""
        self._session.close()

    def _begin(self, config: dict[str, Any]) -> None:
        order = config[ORDER]
        assert isinstance(order, Order)
        self._session.begin(order)
