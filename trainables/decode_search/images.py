"""Decoding and scoring images, one at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trainables.decode_search.criteria import measure
from trainables.decode_search.items import Decoder, SearchItem
from trainables.metrics import OverlapTable, Truth

__all__ = ["ImageScores", "SearchImages"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageScores:
    """One image under the decodings of a block.

    Attributes:
        tables: One per decoding.
        scores: Those that are chosen by, for each decoding.
        are_cut: Whether the decoder gave up early, for each decoding.
        cpu_s: Seconds of computing.
    """

    tables: Sequence[OverlapTable]
    scores: Sequence[Sequence[float]]
    are_cut: Sequence[bool]
    cpu_s: float


class SearchImages:
    """The images of a search. Different images may be scored by different threads."""

    def __init__(self, items: Sequence[SearchItem], choose_by: Sequence[str]) -> None:
        self._items = items
        self._choose_by = choose_by
        self._truths = [Truth(item.labels) for item in items]

    def __len__(self) -> int:
        return len(self._items)

    def score(
        self, image: int, decoders: Sequence[Decoder], go_on: Callable[[int], bool]
    ) -> ImageScores:
        """Decodes an image in several ways, on a bench of its own that is given up then.

        Args:
            image: Its position.
            decoders: In an order in which neighbours share much.
            go_on: Asked before each decoding, by its position.

        Returns:
            As many decodings as there were until it was not to go on.
        """
        start_s = time.thread_time()
        item, truth = self._items[image], self._truths[image]
        bench = item.open_bench(item.outputs)
        tables, are_cut = [], []
        pixels, truth_there = None, None
        for position, decoder in enumerate(decoders):
            if not go_on(position):
                break
            decoded = bench.decode(decoder)
            # Decodings that share a mask share the very array of its pixels.
            if truth_there is None or decoded.pixels is not pixels:
                pixels = decoded.pixels
                truth_there = truth.at(pixels)
            tables.append(truth_there.table(decoded.values))
            are_cut.append(decoded.is_cut)
        return ImageScores(
            tables=tables,
            scores=[measure(table, self._choose_by) for table in tables],
            are_cut=are_cut,
            cpu_s=time.thread_time() - start_s,
        )

    def order_key(self, decoder: Decoder) -> tuple[Any, ...]:
        """See `Bench`."""
        item = self._items[0]
        return item.open_bench(item.outputs).order_key(decoder)
