"""The search as a whole, on decodings whose scores are written down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from trainables.decode_search import DecodingSearch, SearchItem, SearchResult, SearchSettings
from trainables.metrics.instance_scores import compute_mean_scores

Search = Callable[..., DecodingSearch]

# Images are rows, decodings columns.
TENTHS = [[5, 7, 9, 4], [5, 7, 3, 4], [5, 7, 9, 4], [5, 6, 9, 4]]


def found(result: SearchResult) -> dict[str, Any]:
    """All that a result says, but for the time."""
    return {
        "tried": [
            (t.values, t.settings, t.criterion.tolist(), t.num_cut_images) for t in result.tried
        ],
        "chosen": result.chosen.values,
        "scored": [
            (s.criterion, s.decodings.tolist(), [t.counts.tolist() for t in s.tables])
            for s in (result.default, result.honest, result.optimistic)
        ],
        "numbers": (result.num_planned, result.num_cut_images, result.optimism),
    }


def test_default_first_then_all_others_once(scored_search: Search) -> None:
    result = scored_search(TENTHS).result()
    assert result.tried[0].values == {"which": 0}
    assert sorted(t.values["which"] for t in result.tried) == [0, 1, 2, 3]
    assert (result.num_tried, result.num_planned) == (4, 4)
    columns = np.array(TENTHS).T / 10
    for tried in result.tried:
        assert tried.scores["aji"].tolist() == columns[tried.values["which"]].tolist()
        assert tried.criterion.tolist() == tried.scores["aji"].tolist()


def test_best_on_all_images_is_chosen(scored_search: Search) -> None:
    result = scored_search(TENTHS).result()
    # Means 0.5, 0.675, 0.75, 0.4.
    assert result.chosen.values == {"which": 2}
    assert result.default.criterion == 0.5
    assert result.optimistic.criterion == pytest.approx(0.75)
    assert result.optimism == result.optimistic.criterion - result.honest.criterion


def test_tables_give_the_same_scores(scored_search: Search) -> None:
    result = scored_search(TENTHS).result()
    for scored in (result.default, result.honest, result.optimistic):
        assert compute_mean_scores(scored.tables)["aji"] == pytest.approx(scored.criterion)
        for image, table in enumerate(scored.tables):
            criterion = result.tried[scored.decodings[image]].criterion
            assert table.aji() == criterion[image]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("sampler", ["grid", "tpe"])
def test_threads_change_nothing(scored_search: Search, workers: int, sampler: str) -> None:
    tenths = np.random.default_rng(0).integers(0, 10, size=(7, 40)).tolist()
    settings = {"sampler": sampler}
    inline = scored_search(tenths, settings=settings).result()
    search = scored_search(tenths, settings=settings, workers=workers)
    search.start()
    assert found(search.result()) == found(inline)
    assert search.is_done


@pytest.mark.parametrize("sampler", ["grid", "tpe"])
def test_seed_decides_order_and_halves(scored_search: Search, sampler: str) -> None:
    tenths = np.random.default_rng(0).integers(0, 10, size=(20, 40)).tolist()
    results = [
        found(scored_search(tenths, settings={"sampler": sampler, "seed": seed}).result())
        for seed in (0, 0, 1)
    ]
    assert results[0] == results[1]
    assert results[0]["tried"] != results[2]["tried"]
    assert results[0]["scored"][1] != results[2]["scored"][1]
    assert results[0]["tried"][0] == results[2]["tried"][0]


def test_settings_are_complete_and_values_are_those_in_use(
    scored_items: Callable[..., list[SearchItem]],
) -> None:
    space = {
        "decoder": {"type": "choice", "values": ["flow", "watershed"]},
        "marker": {"type": "choice", "values": [3, 4], "when": {"decoder": "watershed"}},
        "small": {"type": "fixed", "value": 7, "when": {"decoder": "watershed"}},
    }
    default = {"decoder": "flow", "marker": 3, "small": 5, "np": 0.5}
    built: list[dict[str, Any]] = []

    def build(settings: Any) -> int:
        built.append(dict(settings))
        return 0

    result = DecodingSearch(
        scored_items([[3]]), SearchSettings.model_validate({"space": space}), default, build
    ).result()
    assert [t.values for t in result.tried] == [
        {"decoder": "flow"},
        {"decoder": "watershed", "marker": 3, "small": 7},
        {"decoder": "watershed", "marker": 4, "small": 7},
    ]
    assert [t.settings for t in result.tried] == [default | t.values for t in result.tried]
    assert all(settings in [t.settings for t in result.tried] for settings in built)


def test_default_may_lie_outside_of_the_space(scored_search: Search) -> None:
    space = {"which": {"type": "choice", "values": [1, 2]}}
    result = scored_search(
        TENTHS, settings={"space": space, "constraints": ["which >= 2"]}
    ).result()
    assert [t.values["which"] for t in result.tried] == [0, 2]


def test_nothing_to_search(scored_search: Search) -> None:
    result = scored_search(TENTHS, settings={"space": {}}).result()
    assert result.chosen is result.tried[0]
    assert (result.num_tried, result.num_planned, result.optimism) == (1, 1, 0)
    assert result.chosen.values == {}
    assert result.chosen.settings == {"which": 0}


def test_one_image(scored_search: Search) -> None:
    result = scored_search([[5, 9]]).result()
    assert result.chosen.values == {"which": 1}
    assert result.honest.decodings.tolist() == [0]
    assert result.optimism == pytest.approx(0.4)


def test_several_scores_are_averaged(scored_search: Search) -> None:
    result = scored_search(TENTHS, settings={"choose_by": ["aji", "are", "dice"]}).result()
    for tried in result.tried:
        aji, are, dice = (tried.scores[name] for name in ("aji", "are", "dice"))
        tenths = np.array(TENTHS)[:, tried.values["which"]] / 10
        assert aji == pytest.approx(tenths)
        assert dice == pytest.approx(2 * tenths / (1 + tenths))
        assert tried.criterion == pytest.approx((aji + 1 - are + dice) / 3)


def test_an_error_is_better_when_it_is_smaller(scored_search: Search) -> None:
    result = scored_search(TENTHS[:1], settings={"choose_by": ["are"]}).result()
    assert result.chosen.values == {"which": 2}
    assert result.chosen.criterion == 1 - result.chosen.scores["are"]


def test_given_up_early_is_counted(scored_search: Search) -> None:
    result = scored_search([[5, 0, 0], [5, 5, 0], [5, 5, 5]]).result()
    cut = {t.values["which"]: t.num_cut_images for t in result.tried}
    assert cut == {0: 0, 1: 1, 2: 2}
    assert result.num_cut_images == 2


def test_no_image() -> None:
    with pytest.raises(ValueError, match="no images"):
        DecodingSearch([], SearchSettings(), {}, dict)


MANY = [[5] * 40, [5] * 40]


@pytest.mark.parametrize("sampler", ["grid", "tpe"])
def test_time_ends_it_with_what_it_has(
    scored_search: Search, ticking: Callable[[], float], sampler: str
) -> None:
    # A block of 8 on 2 images reads the clock 17 times.
    settings = {"sampler": sampler, "seconds": 40, "combinations": 40}
    result = scored_search(MANY, settings=settings, clock=ticking).result()
    assert (result.num_tried, result.num_planned) == (16, 40 if sampler == "grid" else 41)
    whole = scored_search(MANY, settings={**settings, "seconds": None}).result()
    assert found(result)["tried"] == found(whole)["tried"][: result.num_tried]


@pytest.mark.parametrize("limit", ["seconds", "wait"])
def test_the_default_is_never_cut(
    scored_search: Search, ticking: Callable[[], float], limit: str
) -> None:
    settings = {"seconds": 1e-9} if limit == "seconds" else {}
    search = scored_search(MANY, settings=settings, clock=ticking)
    result = search.result(max_wait_s=0 if limit == "wait" else None)
    assert (result.num_tried, result.num_planned) == (1, 40)
    assert result.chosen is result.tried[0]


def test_result_is_kept(scored_search: Search) -> None:
    search = scored_search(TENTHS)
    assert not search.is_done
    assert (search.num_tried, search.num_planned) == (0, 49)
    search.start()
    assert not search.is_done
    result = search.result()
    assert search.is_done
    assert (search.num_tried, search.num_planned) == (4, 4)
    assert search.result(max_wait_s=0) is result


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_what_a_decoder_raises_reaches_result(scored_search: Search, workers: int) -> None:
    search = scored_search([[5, 5], [5, -1], [5, 5]], workers=workers)
    search.start()
    with pytest.raises(ArithmeticError, match="decoder 1 broke"):
        search.result()


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_close_ends_threads(scored_search: Search, workers: int) -> None:
    search = scored_search(MANY, workers=workers)
    search.start()
    search.close()
    names = [thread.name for thread in threading.enumerate()]
    assert not any(name.startswith(("decode-search", "ahead")) for name in names)
    # It may have been done before it was closed.
    if not search.is_done or workers == 0:
        with pytest.raises(RuntimeError, match="was closed"):
            search.result()
    search.close()
