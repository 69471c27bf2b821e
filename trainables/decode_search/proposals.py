"""Who says what is tried next: in blocks, so that the decodings of a block share work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from trainables.decode_search.blocks import OrderKey, Values, plan_blocks
from trainables.decode_search.candidates import SeenValues
from trainables.decode_search.settings import SearchSettings
from trainables.decode_search.spread import spread_order

__all__ = ["GridProposals", "Proposals", "open_proposals"]


class Proposals(Protocol):
    """Proposes values of active parameters; never any twice, never any that break a constraint."""

    @property
    def num_planned(self) -> int:
        """How many will be proposed in all, at most."""

    def next_block(self) -> Sequence[Values]:
        """What is tried next, neighbours alike; empty: there is nothing left.

        The very first one is the default, which may be impossible otherwise. Called only when the
        block before it was told.
        """

    def tell(self, criteria: Sequence[float]) -> None:
        """How good each of the last block was; larger is better."""


class GridProposals:
    """Every combination, in blocks that share work; beginnings are spread over the grid."""

    def __init__(
        self, grid: Sequence[Values], default: Values, order_key: OrderKey, seed: int
    ) -> None:
        self.num_planned = 1 + len(grid)
        first, *others = plan_blocks(default, grid, order_key)
        order = spread_order(len(others), seed)
        self._blocks = iter([first, *(others[index] for index in order)])

    def next_block(self) -> Sequence[Values]:
        """See `Proposals`."""
        return next(self._blocks, ())

    def tell(self, criteria: Sequence[float]) -> None:
        """A grid learns nothing."""
        del criteria


def open_proposals(settings: SearchSettings, default: Values, order_key: OrderKey) -> Proposals:
    """The proposals that the settings ask for.

    Args:
        settings: Of the search.
        default: What is proposed first.
        order_key: See `Bench.order_key`.
    """
    grid = settings.grid()
    seen = SeenValues()
    seen.add(default)
    if grid is not None:
        new = [values for values in grid if seen.add(values)]
        return GridProposals(new, default, order_key, settings.seed)
    # Optuna takes half a second to import.
    from trainables.decode_search.tpe import TpeProposals

    return TpeProposals(settings, default, seen, order_key)
