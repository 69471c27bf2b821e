"""Types of nuclei inside a trial, scored with the decoding that is honest for each image."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from trainables.ahead import map_ahead
from trainables.decode_search import SearchResult
from trainables.hv.trial_decoding import decode_honestly
from trainables.metrics import ClassCounts
from trainables.metrics.type_scores import compute_type_scores, count_types

if TYPE_CHECKING:
    from trainables.hv.evaluation import Evaluation

__all__ = ["TypeScoring"]


class TypeScoring:
    """Scores the types of an evaluation when its decoding has been searched.

    Each image is decoded once more, with what was chosen without it; the search itself, which
    decodes it a hundred times, does not look at types.

    Attributes:
        metrics: `val/<score>` of `compute_type_scores` and `time/types_s`; empty until then, and
            where nuclei have no types.
    """

    def __init__(self, evaluation: Evaluation, type_names: Sequence[str], *, workers: int) -> None:
        """Takes the images.

        Args:
            evaluation: With `nt` among its outputs, if there are types.
            type_names: Of the classes; empty: there is nothing to do.
            workers: Threads that decode; with 0 or 1 the calling thread does.
        """
        self.metrics: dict[str, float] = {}
        self._evaluation = evaluation
        self._type_names = type_names
        self._workers = workers if workers > 1 else 0

    def __call__(self, result: SearchResult) -> None:
        """Decodes and scores all images."""
        if not self._type_names:
            return
        start = time.perf_counter()
        counts = map_ahead(
            lambda item: self._count(result, item),
            range(len(self._evaluation.labels)),
            self._workers,
        )
        scores = compute_type_scores(list(counts), self._type_names)
        self.metrics = {f"val/{name}": value for name, value in scores.items()}
        self.metrics["time/types_s"] = time.perf_counter() - start

    def _count(self, result: SearchResult, item: int) -> ClassCounts:
        outputs = self._evaluation.outputs[item]
        found = decode_honestly(result, outputs, item)
        true, types = self._evaluation.labels[item], self._evaluation.types[item]
        return count_types(true, types, found, outputs["nt"])
