"""Decodings inside a trial: searched on outputs that it has, reported as metrics. No torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweeper.parameters import FloatParameter, IntParameter
from sweeper.protocol import Decoding, DecodingTable
from trainables.decode_search import (
    ERRORS,
    DecodingSearch,
    Scored,
    SearchItem,
    SearchResult,
    SearchSettings,
    Tried,
)
from trainables.decode_search.config import DecodeConfig, Thresholds
from trainables.decoding import Decoder, DecodingBench
from trainables.metrics import OverlapTable
from trainables.metrics.instance_scores import compute_mean_scores

__all__ = [
    "build_decoder",
    "decode_honestly",
    "decoding_metrics",
    "open_search",
    "paths_of",
    "search_items",
    "tabulate",
]

_SECTION = "decode"
_COMPROMISE = "compromise"
_POLL_S = 0.1


def build_decoder(settings: Mapping[str, Any]) -> Decoder:
    """The decoder of settings by name; what is left out has its default."""
    return Thresholds.model_validate(settings).build()


def search_items(
    outputs: Sequence[Mapping[str, NDArray[np.floating]]], labels: Sequence[NDArray[np.int32]]
) -> list[SearchItem]:
    """The images of a search: their outputs and their truth, in one order."""
    return [
        SearchItem(outputs=maps, labels=truth, open_bench=DecodingBench)
        for maps, truth in zip(outputs, labels, strict=True)
    ]


def open_search(
    config: DecodeConfig,
    items: Sequence[SearchItem],
    *,
    workers: int,
    is_nested: bool,
) -> DecodingSearch:
    """A search that has not begun.

    Args:
        config: The default decoding, and what is searched.
        items: The images.
        workers: Threads; 0: none.
        is_nested: Whether the space is searched; otherwise the default alone is scored.
    """
    chosen = {name: getattr(config, name) for name in SearchSettings.model_fields}
    settings = SearchSettings(**(chosen if is_nested else {"choose_by": config.choose_by}))
    return DecodingSearch(items, settings, config.values(), build_decoder, workers=workers)


def decode_honestly(
    result: SearchResult, outputs: Mapping[str, NDArray[np.floating]], item: int
) -> NDArray[np.int32]:
    """The nuclei of an image, decoded by what was chosen without it.

    Args:
        result: Of the search.
        outputs: Of the image.
        item: Its index in the search.

    Returns:
        (H, W) int32: 0 background, nuclei 1 to n without gaps.
    """
    decoder = build_decoder(result.tried[result.honest.decodings[item]].settings)
    return decoder.decode(outputs)


def decoding_metrics(result: SearchResult, *, is_nested: bool) -> dict[str, float]:
    """The instance scores of an evaluation, by metric name.

    Args:
        result: Of the search.
        is_nested: Whether a space was searched.

    Returns:
        `val/<score>`: with the decoding that was chosen without the image, or the only one.
        Searched: `val/default/<score>`, `val/optimistic/<score>` for what is chosen by,
        `val/decode_optimism`, `val/decode_tried` (decodings) and `val/decode_planned`. Always
        `val/decode_cut`: images on which a decoder gave up early; and `time/decode_s`, summed
        over threads. Scores are means over images; `..._pooled` puts the images together.
    """
    metrics = {
        **_named("val/", result.honest.tables),
        "val/decode_cut": float(result.num_cut_images),
        "time/decode_s": result.cpu_s,
    }
    if not is_nested:
        return metrics
    optimistic = compute_mean_scores(result.optimistic.tables)
    return {
        **metrics,
        **_named("val/default/", result.default.tables),
        **{f"val/optimistic/{name}": optimistic[name] for name in result.chosen.scores},
        "val/decode_optimism": result.optimism,
        "val/decode_tried": float(result.num_tried),
        "val/decode_planned": float(result.num_planned),
    }


def paths_of(tried: Tried) -> dict[str, Any]:
    """The settings of a decoding that were searched, by dotted path of the configuration."""
    return {f"{_SECTION}.{name}": value for name, value in tried.values.items()}


def tabulate(
    search: DecodingSearch, config: DecodeConfig, progress: Callable[[int, int], None]
) -> DecodingTable:
    """Runs a search to its end.

    Args:
        search: Not begun, with at least one worker.
        config: What it was opened with.
        progress: Told how many decodings of how many were tried.
    """
    search.start()
    while not search.is_done:
        progress(search.num_tried, search.num_planned)
        time.sleep(_POLL_S)
    result = search.result()
    progress(result.num_tried, result.num_tried)
    choose_by, goal, criterion = _criterion(config)
    return DecodingTable(
        tried=[
            Decoding(settings=paths_of(one), scores=_means(one, choose_by)) for one in result.tried
        ],
        chosen=next(i for i, one in enumerate(result.tried) if one is result.chosen),
        default=_scores(result.default, choose_by),
        honest=_scores(result.honest, choose_by),
        optimistic=_scores(result.optimistic, choose_by),
        choose_by=choose_by,
        goal=goal,
        criterion=criterion,
        num_images=len(result.default.tables),
        num_planned=result.num_planned,
        notes=[*_notes(result), *_edges(result.chosen, config)],
    )


def _named(prefix: str, tables: Sequence[OverlapTable]) -> dict[str, float]:
    return {f"{prefix}{name}": value for name, value in compute_mean_scores(tables).items()}


def _criterion(config: DecodeConfig) -> tuple[str, str, str]:
    """What decides: its name among the scores, which way is better, and what it is in words."""
    names = config.choose_by
    if len(names) == 1:
        goal = "minimize" if names[0] in ERRORS else "maximize"
        return names[0], goal, f"mean {names[0]} over images"
    turned = [f"1 - {name}" if name in ERRORS else name for name in names]
    return _COMPROMISE, "maximize", f"mean over images of the mean of {', '.join(turned)}"


def _means(tried: Tried, choose_by: str) -> dict[str, float]:
    means = {name: float(values.mean()) for name, values in tried.scores.items()}
    if choose_by == _COMPROMISE:
        means[_COMPROMISE] = float(tried.criterion.mean())
    return means


def _scores(scored: Scored, choose_by: str) -> dict[str, float]:
    scores = compute_mean_scores(scored.tables)
    if choose_by == _COMPROMISE:
        scores[_COMPROMISE] = scored.criterion
    return scores


def _notes(result: SearchResult) -> list[str]:
    notes = []
    if result.num_tried < result.num_planned:
        notes.append(
            f"time was up after {result.num_tried} of {result.num_planned} decodings; "
            "raise decode.seconds to see all"
        )
    if result.num_cut_images:
        notes.append(
            f"on {result.num_cut_images} images a decoder gave up small markers: there were too "
            "many, as on the maps of an untrained network"
        )
    if len(result.default.tables) == 1:
        notes.append("one image can't be split: nothing could be chosen without it")
    return notes


def _edges(chosen: Tried, config: DecodeConfig) -> list[str]:
    """Where the best may lie outside of what was searched."""
    return [
        f"the best {name} is {chosen.values[name]:g}, an end of its range; "
        f"widen decode.space.{name}"
        for name, parameter in config.space.items()
        if isinstance(parameter, FloatParameter | IntParameter)
        and chosen.values.get(name) in {parameter.low, parameter.high}
    ]
