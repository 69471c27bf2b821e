"""What a user reads about mistakes in the settings of a search."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from trainables.decode_search import SearchSettings
from trainables.problems import find_problems


class Config(BaseModel):
    decode: SearchSettings


NP = {"type": "float", "low": 0.4, "high": 0.6, "step": 0.1}
DECODER = {"type": "choice", "values": ["flow", "watershed"]}
MARKER = {"type": "float", "low": 0.4, "high": 0.5}


def problems(**decode: Any) -> list[str]:
    return [f"{p.where}: {p.reason}" for p in find_problems(Config, {"decode": decode})]


def space_problems(**space: Any) -> list[str]:
    return problems(space=space)


def test_what_is_left_out() -> None:
    settings = SearchSettings()
    assert (settings.space, settings.choose_by, settings.grid()) == ({}, ("aji",), [{}])


def test_one_score_needs_no_list() -> None:
    assert SearchSettings.model_validate({"choose_by": "pq"}).choose_by == ("pq",)


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ({"np": NP, "decoder": DECODER, "marker": {**MARKER, "when": {"decoder": "flow"}}}, []),
        (
            {"np": {**NP, "low": 0.8}},
            ["decode.space.np.low: low 0.8 is not below high 0.6"],
        ),
        (
            {"np": {**NP, "low": "0.4"}},
            ["decode.space.np.low: should be a valid number, not '0.4'"],
        ),
        ({"np": {"type": "float", "low": 0.1}}, ["decode.space.np.high: is missing"]),
        (
            {"np": {**NP, "stp": 0.1}},
            ["decode.space.np.stp: unknown name, did you mean 'step'?"],
        ),
        ({"np": {"low": 0.1}}, ["decode.space.np.type: is missing"]),
        (
            {"np": {"type": "flaot"}},
            [
                "decode.space.np.type: should be 'float', 'int', 'choice', 'fixed', not 'flaot'",
            ],
        ),
        (
            {"np": 0.5},
            ["decode.space.np: should be a mapping of names to values, not 0.5"],
        ),
        (
            {"2np": NP},
            ["decode.space.2np: '2np' is not a dotted path of settings such as optim.lr"],
        ),
        (
            {"decoder": DECODER, "marker": {**MARKER, "when": {"decodr": "flow"}}},
            [
                "decode.space.marker.when.decodr: no parameter of the space; did you mean decoder?",
            ],
        ),
        (
            {"decoder": DECODER, "marker": {**MARKER, "when": {"decoder": "floe"}}},
            [
                "decode.space.marker.when.decoder: decoder can't be 'floe'; "
                "it is one of flow, watershed",
            ],
        ),
        (
            {
                "a": {**DECODER, "when": {"b": "flow"}},
                "b": {**DECODER, "when": {"a": "flow"}},
            },
            ["decode.space.a.when: conditions run in a circle: a -> b -> a"],
        ),
    ],
)
def test_space(space: dict[str, Any], expected: list[str]) -> None:
    assert space_problems(**space) == expected


@pytest.mark.parametrize(
    ("decode", "expected"),
    [
        (
            {"space": {"np": NP, "seed": NP}, "constraints": ["seed >= np", "sed < 1"]},
            ["decode.constraints.1: sed is no parameter of the space; did you mean seed?"],
        ),
        (
            {"space": {"a": NP, "b": NP}, "constraints": ["a < b", "b < a"]},
            ["decode.constraints: no combination of the space satisfies all of them"],
        ),
        (
            {"choose_by": ["aji", "voi_split"]},
            [
                "decode.choose_by.1: voi_split is no score between 0 and 1 to choose by; known: "
                "aji, aji_plus, dice, pq, dq, sq, are, are_precision, are_recall",
            ],
        ),
        (
            {"choose_by": ["aij"]},
            [
                "decode.choose_by.0: aij is no score between 0 and 1 to choose by; "
                "did you mean aji?",
            ],
        ),
        ({"choose_by": ["aji", "aji"]}, ["decode.choose_by.1: aji stands twice"]),
        (
            {"choose_by": []},
            ["decode.choose_by: should not be empty"],
        ),
        (
            {"combinations": 0},
            ["decode.combinations: should be greater than or equal to 1, not 0"],
        ),
        ({"seconds": 0}, ["decode.seconds: should be greater than 0, not 0"]),
        (
            {"sampler": "random"},
            ["decode.sampler: should be 'auto', 'grid' or 'tpe', not 'random'"],
        ),
        (
            {"sampler": "grid", "space": {"np": NP, "marker": MARKER}},
            [
                "decode.space.marker: a grid needs values that can be counted: add a step, or "
                "write a choice",
            ],
        ),
        (
            {"sampler": "grid", "space": {"a": NP, "b": NP}, "combinations": 8},
            ["decode.combinations: the grid has more than 8; raise it, or take another sampler"],
        ),
        ({"sampler": "grid", "space": {"a": NP, "b": NP}, "combinations": 9}, []),
    ],
)
def test_search(decode: dict[str, Any], expected: list[str]) -> None:
    assert problems(**decode) == expected


def test_sections_are_told_together() -> None:
    found = problems(choose_by=["x"], space={"a": {**NP, "when": {"b": 1}}})
    assert [problem.partition(":")[0] for problem in found] == [
        "decode.choose_by.0",
        "decode.space.a.when.b",
    ]
