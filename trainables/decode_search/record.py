"""What a search has seen so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweeper.parameters import Constraint
from trainables.decode_search.criteria import compromise
from trainables.decode_search.images import ImageScores
from trainables.decode_search.leaders import Leaders
from trainables.decode_search.result import SearchResult, Tried

__all__ = ["SearchRecord"]

Values = Mapping[str, Any]


class SearchRecord:
    """Collects blocks of decodings, each scored on all images."""

    def __init__(
        self,
        choose_by: Sequence[str],
        first_half: NDArray[np.bool_],
        constraints: Sequence[Constraint] = (),
    ) -> None:
        self._choose_by = choose_by
        self._constraints = constraints
        self._leaders = Leaders(first_half)
        self._tried: list[Tried] = []
        self._are_cut = np.zeros_like(first_half)
        self._cpu_s = 0.0

    @property
    def num_tried(self) -> int:
        """Decodings until now."""
        return len(self._tried)

    def add(
        self, *, values: Sequence[Values], settings: Sequence[Values], images: Sequence[ImageScores]
    ) -> list[float]:
        """Takes a block; those of its decodings that some image lacks are left out.

        Args:
            values: Of the parameters of the space, for each decoding.
            settings: Complete, for each decoding.
            images: What was found on each image.

        Returns:
            What decides, of each decoding that was taken: the mean over images.
        """
        for image in images:
            self._cpu_s += image.cpu_s
        num_whole = min(len(image.tables) for image in images)
        means = []
        for number in range(num_whole):
            scores = np.array([image.scores[number] for image in images], dtype=np.float64)
            by_name = {name: scores[:, index] for index, name in enumerate(self._choose_by)}
            criterion = compromise(by_name)
            are_cut = np.array([image.are_cut[number] for image in images], dtype=bool)
            tables = [image.tables[number] for image in images]
            is_allowed = all(each.holds(values[number]) for each in self._constraints)
            self._leaders.add(criterion, tables, is_allowed=is_allowed)
            self._are_cut |= are_cut
            self._tried.append(
                Tried(
                    settings=settings[number],
                    values=values[number],
                    scores=by_name,
                    criterion=criterion,
                    num_cut_images=int(are_cut.sum()),
                )
            )
            means.append(math.fsum(criterion) / criterion.size)
        return means

    def result(self, *, num_planned: int, wall_s: float) -> SearchResult:
        """The decision."""
        optimistic = self._leaders.optimistic()
        return SearchResult(
            tried=tuple(self._tried),
            chosen=self._tried[optimistic.decodings[0]],
            default=self._leaders.default(),
            honest=self._leaders.honest(),
            optimistic=optimistic,
            num_planned=num_planned,
            num_cut_images=int(self._are_cut.sum()),
            cpu_s=self._cpu_s,
            wall_s=wall_s,
        )
