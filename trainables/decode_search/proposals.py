"""Who says what is tried next: in blocks, so that the decodings of a block share work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from trainables.decode_search.candidates import SeenValues
from trainables.decode_search.settings import SearchSettings
from trainables.decode_search.spread import spread_order

__all__ = ["BLOCK_SIZE", "GridProposals", "OrderKey", "Proposals", "open_proposals"]

Values = Mapping[str, Any]
OrderKey = Callable[[Values], Any]

#: Decodings that are tried on one image before the next image: enough to share most of the work,
#: few enough for a search that is cut short to have seen all regions.
BLOCK_SIZE = 8


class Proposals(Protocol):
    """Proposes values of active parameters; never any twice, never any that break a constraint."""

    @property
    def num_planned(self) -> int:
        """How many will be proposed in all, at most."""

    def next_block(self) -> Sequence[Values]:
        """What is tried next, neighbours alike; empty: there is nothing left.

        Called only when the block before it was told.
        """

    def tell(self, criteria: Sequence[float]) -> None:
        """How good each of the last block was; larger is better."""


class GridProposals:
    """Every combination, in blocks of neighbours; the blocks come from all over the grid."""

    def __init__(self, grid: Sequence[Values], order_key: OrderKey, seed: int) -> None:
        ordered = sorted(grid, key=order_key)
        num_blocks = -(-len(ordered) // BLOCK_SIZE)
        ends = [len(ordered) * index // num_blocks for index in range(1, num_blocks + 1)]
        blocks = [ordered[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        self.num_planned = len(ordered)
        self._blocks = iter([blocks[index] for index in spread_order(num_blocks, seed)])

    def next_block(self) -> Sequence[Values]:
        """See `Proposals`."""
        return next(self._blocks, ())

    def tell(self, criteria: Sequence[float]) -> None:
        """A grid learns nothing."""
        del criteria


def open_proposals(settings: SearchSettings, seen: SeenValues, order_key: OrderKey) -> Proposals:
    """The proposals that the settings ask for.

    Args:
        settings: Of the search.
        seen: What needs no proposing.
        order_key: Values in the order of these keys share most with their neighbours.
    """
    grid = settings.grid()
    if grid is not None:
        return GridProposals([v for v in grid if seen.add(v)], order_key, settings.seed)
    # Optuna takes half a second to import.
    from trainables.decode_search.tpe import TpeProposals

    return TpeProposals(settings, seen, order_key)
