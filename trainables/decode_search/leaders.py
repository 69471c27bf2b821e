"""The best decodings so far, on all images and on each half: only their tables are kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainables.decode_search.result import Scored
from trainables.metrics import OverlapTable

__all__ = ["Leaders"]

Tables = Sequence[OverlapTable]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Entry:
    number: int
    criterion: NDArray[np.float64]
    tables: Tables


class Leaders:
    """Follows a search; the order in which decodings come decides ties: the earlier one stays.

    With one image there is no other half to choose by: then the honest choice is the default.
    A default that breaks a constraint is scored, but chosen only if there is nothing else.
    """

    def __init__(self, first_half: NDArray[np.bool_]) -> None:
        self._parts = (np.ones_like(first_half), first_half, ~first_half)
        self._num_entries = 0
        self._default: _Entry | None = None
        self._best: list[tuple[float, _Entry] | None] = [None, None, None]

    def add(
        self, criterion: NDArray[np.float64], tables: Tables, *, is_allowed: bool = True
    ) -> None:
        """Takes the next decoding, the default first.

        Args:
            criterion: Shape (images,); larger is better.
            tables: One per image.
            is_allowed: Whether it keeps to the constraints.
        """
        entry = _Entry(number=self._num_entries, criterion=criterion, tables=tables)
        self._num_entries += 1
        self._default = self._default or entry
        if not is_allowed:
            return
        for index, part in enumerate(self._parts):
            mean, best = _mean(criterion[part]), self._best[index]
            if best is None or mean > best[0]:
                self._best[index] = mean, entry

    def default(self) -> Scored:
        """All images under the first decoding."""
        return self._scored([self._entry(None)] * self._parts[0].size)

    def optimistic(self) -> Scored:
        """All images under the best."""
        return self._scored([self._entry(0)] * self._parts[0].size)

    def honest(self) -> Scored:
        """The images of each half under the best of the other half."""
        in_first = self._parts[1]
        if in_first.all() or not in_first.any():
            return self.default()
        first, second = self._entry(1), self._entry(2)
        return self._scored([second if inside else first for inside in in_first])

    def _entry(self, part: int | None) -> _Entry:
        best = None if part is None else self._best[part]
        entry = best[1] if best else self._default
        if entry is None:
            raise RuntimeError("no decoding was scored")
        return entry

    @staticmethod
    def _scored(entries: Sequence[_Entry]) -> Scored:
        images = range(len(entries))
        return Scored(
            decodings=np.array([entry.number for entry in entries], dtype=np.intp),
            tables=[entries[image].tables[image] for image in images],
            criterion=_mean(np.array([entries[image].criterion[image] for image in images])),
        )


def _mean(values: NDArray[np.float64]) -> float:
    # Correctly rounded, so that equal scores tie in whatever order they are added.
    return math.fsum(values) / values.size if values.size else 0.0
