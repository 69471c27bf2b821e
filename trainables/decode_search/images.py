"""Decoding and scoring images, one at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trainables.decode_search.criteria import measure
from trainables.decode_search.items import Bench, Decoder, SearchItem
from trainables.metrics import OverlapTable, Truth

__all__ = ["ImageScores", "SearchImages"]

# Benches of so many pixels are kept from one block to the next; the others are opened anew.
_MAX_KEPT_PX = 32_000_000


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
        self._benches: list[Bench | None] = [None] * len(items)
        self._truths = [Truth(item.labels) for item in items]
        self._is_kept: list[bool] = []
        num_px = 0
        for item in items:
            num_px += item.labels.size
            self._is_kept.append(num_px <= _MAX_KEPT_PX)

    def score(
        self, image: int, decoders: Sequence[Decoder], go_on: Callable[[], bool]
    ) -> ImageScores | None:
        """Decodes an image in several ways.

        Args:
            image: Its position.
            decoders: In an order in which neighbours share much.
            go_on: Asked before each decoding.

        Returns:
            None if it was not to go on.
        """
        start_s = time.thread_time()
        bench, truth = self._bench(image), self._truths[image]
        tables, are_cut = [], []
        for decoder in decoders:
            if not go_on():
                return None
            decoded = bench.decode(decoder)
            tables.append(truth.table(decoded.labels))
            are_cut.append(decoded.is_cut)
        return ImageScores(
            tables=tables,
            scores=[measure(table, self._choose_by) for table in tables],
            are_cut=are_cut,
            cpu_s=time.thread_time() - start_s,
        )

    def order_key(self, decoder: Decoder) -> Any:
        """See `Bench`."""
        return self._bench(0).order_key(decoder)

    def _bench(self, image: int) -> Bench:
        kept = self._benches[image]
        if kept is not None:
            return kept
        item = self._items[image]
        bench = item.open_bench(item.outputs)
        if self._is_kept[image]:
            self._benches[image] = bench
        return bench
