"""Decodings in an order, their panels and their colours."""

from __future__ import annotations

import dataclasses

import pytest

from sweeper.decoding.panels import constants, find_groups, find_panels
from sweeper.decoding.ranking import optimism, ranked, score_names, setting_names
from sweeper.protocol import Decoding, DecodingTable


def decoding(score: float, **settings) -> Decoding:
    return Decoding(settings=settings, scores={"dice": 1.0, "aji": score})


TRIED = [
    decoding(0.5, method="melt", cut=0.5, size=3, on=True),
    decoding(0.7, method="melt", cut=0.4, size=3, on=False),
    decoding(0.9, method="split", cut=0.4, size=3, on=True, depth=2),
    decoding(0.7, method="split", cut=0.4, size=3, on=True, depth=None),
]
TABLE = DecodingTable(
    tried=TRIED,
    chosen=2,
    default=TRIED[0].scores,
    honest={"dice": 1.0, "aji": 0.8},
    optimistic=TRIED[2].scores,
    choose_by="aji",
    goal="maximize",
    criterion="mean AJI",
    num_images=2,
    num_planned=4,
)


def test_order():
    assert ranked(TABLE) == [2, 1, 3, 0]
    assert score_names(TABLE) == ["aji", "dice"]
    assert setting_names(TABLE) == ["method", "cut", "size", "on", "depth"]


def test_smaller_may_be_better():
    smaller = dataclasses.replace(TABLE, goal="minimize", chosen=0)
    assert ranked(smaller) == [0, 1, 3, 2]


def test_the_chosen_one_comes_first_among_equals():
    assert ranked(dataclasses.replace(TABLE, chosen=3))[0] == 3


@pytest.mark.parametrize(("goal", "expected"), [("maximize", 0.1), ("minimize", -0.1)])
def test_optimism_has_the_direction_of_better(goal, expected):
    assert optimism(dataclasses.replace(TABLE, goal=goal)) == pytest.approx(expected)


def test_a_panel_for_each_setting_that_varies():
    panels = {panel.path: panel for panel in find_panels(TABLE)}
    assert list(panels) == ["cut", "method", "on", "depth"]
    assert [panel.is_numeric for panel in panels.values()] == [True, False, False, False]
    assert panels["cut"].values == {0: 0.5, 1: 0.4, 2: 0.4, 3: 0.4}
    assert panels["depth"].values == {2: "2", 3: "null"}  # a threshold that may be off
    assert constants(TABLE) == {"size": 3}


def test_colours_tell_settings_apart_that_are_no_numbers():
    groups = {group.label: list(group.indices) for group in find_groups(TABLE)}
    assert groups == {
        "melt, true": [0],
        "melt, false": [1],
        "split, true, 2": [2],
        "split, true, null": [3],
    }


def test_lines_only_where_all_combinations_were_tried():
    grid = [decoding(0.1, method="melt", cut=cut, size=n) for cut in (0.1, 0.2) for n in (1, 2, 3)]
    drawn = [decoding(0.1, method="split", cut=n / 7, size=(3 * n) % 5) for n in range(6)]
    table = dataclasses.replace(TABLE, tried=[TRIED[0], *grid, *drawn], chosen=0)
    assert {group.label: group.is_grid for group in find_groups(table)} == {
        "melt": True,
        "split": False,
    }


def test_no_more_colours_than_the_eye_tells_apart():
    tried = [decoding(0.1, method=f"m{n}", on=n % 2 == 0) for n in range(20)]
    table = dataclasses.replace(TABLE, tried=tried, chosen=0)
    assert [group.label for group in find_groups(table)] == ["true", "false"]


def test_one_decoding_has_one_group_and_no_panel():
    table = dataclasses.replace(TABLE, tried=TRIED[:1], chosen=0)
    assert find_panels(table) == []
    assert [(group.label, list(group.indices)) for group in find_groups(table)] == [("", [0])]
