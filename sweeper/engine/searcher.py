"""Gives Tune the trials that the ledger proposes."""

from __future__ import annotations

from typing import Any

from ray.tune.search import Searcher

from sweeper.engine.adapter import ORDER
from sweeper.engine.desk import Desk, NoOrder

__all__ = ["LedgerSearcher"]


class LedgerSearcher(Searcher):  # type: ignore[misc]
    """Proposes when there is room for a trial, so that a proposal knows all there is to know."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial's order; None: not now; FINISHED: no more."""
        match self._desk.next_order(trial_id):
            case NoOrder.NOT_NOW:
                return None
            case NoOrder.NO_MORE:
                return str(Searcher.FINISHED)
            case order:
                return {ORDER: order}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Nothing: the scheduler has told the ledger."""

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Tune lets go of a trial; of one whose actor died the scheduler has heard more."""
        self._desk.dismiss(trial_id)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study is the only record."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: the study is the only record."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Nothing: the study is the only record."""
