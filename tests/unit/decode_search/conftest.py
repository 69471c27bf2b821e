"""Decodings whose scores are written down: `which` names a column of a score matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from trainables.decode_search import DecodingSearch, SearchItem, SearchSettings

NUM_PX = 10


@dataclass(frozen=True)
class Found:
    values: Any
    is_cut: bool
    pixels: Any


@dataclass
class Bench:
    """Finds so many of the 10 pixels of the one object; AJI, PQ, ... are tenths of that."""

    outputs: Mapping[str, Any]

    def decode(self, decoder: int) -> Found:
        tenths = int(self.outputs["tenths"][decoder])
        if tenths < 0:
            raise ArithmeticError(f"decoder {decoder} broke")
        pixels = np.arange(NUM_PX)
        return Found(values=(pixels < tenths).astype(np.int32), is_cut=tenths == 0, pixels=pixels)

    def order_key(self, decoder: int) -> tuple[int, ...]:
        return (decoder // 8, decoder)


def items(tenths: Sequence[Sequence[int]]) -> list[SearchItem]:
    """One image a row, one decoding a column."""
    return [
        SearchItem(
            outputs={"tenths": np.array(row)},
            labels=np.ones(NUM_PX, dtype=np.int32),
            open_bench=Bench,
        )
        for row in tenths
    ]


def search(tenths: Sequence[Sequence[int]], **options: Any) -> DecodingSearch:
    space = {"which": {"type": "choice", "values": list(range(len(tenths[0])))}}
    settings = {"space": space, **options.pop("settings", {})}
    return DecodingSearch(
        items(tenths),
        SearchSettings.model_validate(settings),
        {"which": 0},
        lambda values: values["which"],
        **options,
    )


@pytest.fixture
def scored_search() -> Callable[..., DecodingSearch]:
    """Searches all columns of a matrix with a row for each image; the first is the default.

    Scores are tenths; 0 is told as given up early, and a decoding below 0 breaks.
    """
    return search


@pytest.fixture
def ticking() -> Callable[[], float]:
    """A clock that goes on by a second whenever it is read."""
    seconds = iter(range(1_000_000))
    return lambda: float(next(seconds))


@pytest.fixture
def scored_items() -> Callable[..., list[SearchItem]]:
    """The images of such a matrix."""
    return items
