"""A Tune class trainable around a `Session`; its actor is reused from trial to trial."""

from __future__ import annotations

import logging
import signal
from typing import Any

from ray import tune

from sweeper.engine.session import Failure, Order, Report, Session
from sweeper.engine.vigil import Vigil
from sweeper.paths import TrialPaths

__all__ = ["ORDER", "REPORT", "TrialActor"]

ORDER = "order"
REPORT = "report"


class SpentError(Exception):
    """Tells Tune to take a new process for the next trial; the failure was reported before."""


class TrialActor(tune.Trainable):  # type: ignore[misc]
    """Mistakes travel as reports, so that the actor lives on for the next trial.

    After a failure that may have damaged the process, the driver asks for one step more, and this
    raises: Tune reuses every actor that does not.

    A trial begins with its first step: Tune may start an actor for a trial, then give the trial to
    another one that has become free.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Takes the order for the first trial of this actor."""
        # Ray would raise SystemExit in training code, which looks like a mistake of that code.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        logging.getLogger().setLevel(logging.INFO)  # to the trial's log; Ray shows nothing of it
        logging.raiseExceptions = False  # a full disk must not flood Ray's logs
        self._session = Session()
        self._vigil = Vigil()
        self._spent = False
        self._order: Order | None = config[ORDER]

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Takes the order for the next trial."""
        self._order = new_config[ORDER]
        return True

    def step(self) -> dict[str, Any]:
        """One epoch."""
        if self._spent:
            raise SpentError
        order, self._order = self._order, None
        if order is not None:
            self._vigil.begin(TrialPaths(order.trial_dir), order.hang_s)
            self._vigil.work()
            self._session.begin(order)
        self._vigil.work()
        report: Report = self._session.next_report()
        self._vigil.rest()
        self._spent = isinstance(report, Failure) and report.spent
        return {REPORT: report}

    def cleanup(self) -> None:
        """Ends the actor."""
        self._session.close()
        self._vigil.end()
