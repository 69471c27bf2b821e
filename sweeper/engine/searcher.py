"""Gives Tune the trials that the ledger proposes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ray.tune.search import Searcher

from sweeper.engine.adapter import ORDER
from sweeper.engine.desk import Desk
from sweeper.engine.session import Order
from sweeper.study.ledger import Ticket

__all__ = ["LedgerSearcher"]


class LedgerSearcher(Searcher):  # type: ignore[misc]
    """Proposes when there is room for a trial, so that a proposal knows all there is to know."""

    def __init__(self, desk: Desk, place_order: Callable[[Ticket], Order]) -> None:
        super().__init__()
        self._desk = desk
        self._place_order = place_order

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial's order; None: not now; FINISHED: no more."""
        if self._desk.is_closing:
            return str(Searcher.FINISHED)
        if not self._desk.has_room:
            return None
        ticket = self._desk.admit(trial_id)
        if ticket is None:
            return str(Searcher.FINISHED)
        return {ORDER: self._place_order(ticket)}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Nothing: the scheduler has told the ledger."""

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Tune lets go of a trial: because we said so, or because its actor died."""
        self._desk.dismiss(trial_id, died=error)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study is the only record."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: the study is the only record."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Nothing: the study is the only record."""
