"""The search on real decoders: the same labels and scores as one decoding after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from trainables.decode_search import DecodingSearch, SearchItem, SearchResult, SearchSettings
from trainables.decoding import Decoder, DecodingBench, HVFlow, HVWatershed, hv_targets
from trainables.metrics import OverlapTable

DEFAULT = {"decoder": "flow", "np_threshold": 0.5, "min_object_px": 10, "marker_threshold": 0.48}
SPACE = {
    "decoder": {"type": "choice", "values": ["flow", "watershed"]},
    "np_threshold": {"type": "choice", "values": [0.4, 0.5, 0.6]},
    "marker_threshold": {"type": "choice", "values": [0.4, 0.5], "when": {"decoder": "watershed"}},
    "min_object_px": {"type": "choice", "values": [5, 20]},
}


def build(settings: Mapping[str, Any]) -> Decoder:
    shared = {name: settings[name] for name in ("np_threshold", "min_object_px")}
    if settings["decoder"] == "flow":
        return HVFlow(**shared)
    return HVWatershed(marker_threshold=settings["marker_threshold"], **shared)


def item(seed: int) -> SearchItem:
    """Squares of 8 px that touch each other, with noise on their maps."""
    rng = np.random.default_rng(seed)
    tiles = rng.permutation(np.repeat([0, 1], [4, 12])).reshape(4, 4)
    labels = np.kron(tiles * np.arange(1, 17).reshape(4, 4), np.ones((8, 8), dtype=np.int32))
    foreground = (labels > 0) * 0.6 + 0.4 * rng.random(labels.shape)
    maps = hv_targets(labels) + rng.normal(0, 0.3, (2, *labels.shape))
    outputs = {"np": foreground.astype(np.float32), "hv": maps.astype(np.float32)}
    return SearchItem(outputs=outputs, labels=labels, open_bench=DecodingBench)


@pytest.fixture(scope="module")
def items() -> list[SearchItem]:
    return [item(seed) for seed in range(5)]


def search(items: list[SearchItem], workers: int) -> SearchResult:
    settings = SearchSettings.model_validate({"space": SPACE, "choose_by": ["aji", "pq"]})
    return DecodingSearch(items, settings, DEFAULT, build, workers=workers).result()


def test_same_as_one_after_the_other(items: list[SearchItem]) -> None:
    result = search(items, workers=2)
    assert result.num_tried == 3 * 2 * (1 + 2) + 1
    for tried in result.tried:
        for image, each in enumerate(items):
            labels = build(tried.settings).decode(each.outputs)
            table = OverlapTable.from_labels(each.labels, labels)
            assert tried.scores["aji"][image] == table.aji()
            assert tried.scores["pq"][image] == table.panoptic_quality().pq
    assert 0.5 < result.honest.criterion <= result.optimistic.criterion
    assert result.default.criterion == result.tried[0].criterion.mean()


def test_what_shares_work_comes_together(items: list[SearchItem]) -> None:
    thresholds = [t.settings["np_threshold"] for t in search(items, workers=0).tried]
    assert thresholds[:7] == [0.5] * 7
    assert thresholds[7:13] in ([0.4] * 6, [0.6] * 6)
