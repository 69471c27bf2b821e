"""Asks the ledger after every epoch whether a trial goes on."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from sweeper.engine.adapter import REPORT
from sweeper.engine.desk import Desk

__all__ = ["LedgerScheduler"]


class LedgerScheduler(FIFOScheduler):  # type: ignore[misc]
    """First come, first served; stops what the ledger has ended."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Records the epoch, then says CONTINUE or STOP."""
        goes_on = self._desk.hear(trial.trial_id, result[REPORT])
        return str(TrialScheduler.CONTINUE if goes_on else TrialScheduler.STOP)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """An actor died; the ledger says what becomes of its trial."""
        words = ""
        if trial.error_file is not None:  # Tune keeps some errors there only
            with contextlib.suppress(OSError):
                words = Path(trial.error_file).read_text(encoding="utf-8", errors="replace")
        self._desk.lose(trial.trial_id, words)
