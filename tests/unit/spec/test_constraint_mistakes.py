"""Mistakes in constraints, and in sets to try first that break them.

A row: what is put behind the space, then the messages without the name of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sweeper.spec import dump_spec, find_notes, load_spec, spec_hash
from sweeper.spec.schema import json_schema

TEXT = """\
name: s
trainable: a:B
space:
  a: {type: float, low: 0, high: 1}
  b: {type: float, low: 0.5, high: 2}
  n: {type: int, low: 1, high: 4}
  sides: {type: choice, values: [3, 5]}
  kind: {type: choice, values: [x, y]}
  only_y: {type: float, low: 0.8, high: 1, when: {kind: y}}
  cap: {type: fixed, value: 0.75}
MORE
objective: {metric: m, goal: minimize}
budget: {trials: 4, epochs: 1}
"""

TABLE: dict[str, tuple[str, list[str]]] = {
    "not a list": ("constraints: a < b", ["11: constraints: must be a list, not 'a < b'"]),
    "not a text": (
        "constraints: [3]",
        ["11: constraints.0: must be a text, not 3; put it in quotes"],
    ),
    "no relation": (
        "constraints:\n- a < b\n- a b",
        ["13: constraints.1: 'a b' compares nothing; write a <= b, or a < 0.5"],
    ),
    "misspelt": (
        "constraints: [a < onlyy]",
        ["11: constraints.0: onlyy is no parameter of the space; did you mean only_y?"],
    ),
    "a text": (
        "constraints: [a < kind]",
        ["11: constraints.0: kind is one of x, y; only numbers are smaller or larger than others"],
    ),
    "never": (
        "constraints:\n  - n > 4",
        ["12: constraints.0: never holds: n is a whole number from 1 to 4"],
    ),
    "not together": (
        "constraints: [a > n, n > b]",
        [
            "11: constraints.0: never holds: a is a number from 0 to 1; n is a whole number from "
            "1 to 4"
        ],
    ),
    "in a circle": (
        "constraints: [a < b, b <= cap, cap < a]",
        ["11: constraints: no combination of the space satisfies all of them"],
    ),
    "start breaks one": (
        "constraints: [a <= b, b < 1.5]\nstart:\n  - {a: 0.2}\n  - {a: 0.9, b: 0.8}",
        ["14: start.1.a: breaks a <= b: a is 0.9 and b is 0.8"],
    ),
    "start against a fixed value": (
        "constraints: [a < cap]\nstart: [{a: 0.8}]",
        ["12: start.0.a: breaks a < cap: a is 0.8 and cap is 0.75"],
    ),
    "start leaves nothing": (
        "constraints: [n < sides, a >= only_y]\nstart:\n- {a: 0.5}\n- {a: 0.5, kind: y}",
        [
            "14: start.1: leaves no values for the other parameters that satisfy a >= only_y",
        ],
    ),
    "start leaves nothing to several": (
        "constraints: [a <= b, b <= 0.6, only_y <= b]\nstart: [{kind: y}, {kind: x}]",
        ["12: start.0: leaves no values for the other parameters that satisfy all constraints"],
    ),
    "start outside": (
        "constraints: [a <= b]\nstart: [{a: 7}]",
        ["12: start.0.a: can't be 7; it is a number from 0 to 1"],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_mistake(messages: Callable[..., list[str]], case: str) -> None:
    more, expected = TABLE[case]
    assert messages(TEXT.replace("MORE", more)) == expected


def test_names_are_checked_in_a_space_with_mistakes(messages: Callable[..., list[str]]) -> None:
    text = TEXT.replace("MORE", "constraints: [a < b, a < c, a]").replace("high: 2", "high: 0")
    assert messages(text) == [
        "5: space.b.low: low 0.5 is not below high 0",
        "11: constraints.1: c is no parameter of the space; known: a, b, n, sides, kind, only_y, "
        "cap",
        "11: constraints.2: 'a' compares nothing; write a <= b, or a < 0.5",
    ]


def test_a_grid_counts_what_is_allowed(messages: Callable[..., list[str]]) -> None:
    text = """\
name: s
trainable: a:B
space:
  n: {type: int, low: 1, high: 4}
  sides: {type: choice, values: [3, 5]}
constraints: [n < sides]
objective: {metric: m, goal: minimize}
sampler: grid
budget: {trials: 7, epochs: 1}
"""
    # 1 and 2 go with 3, and all four with 5.
    assert messages(text) == [
        "9: budget.trials: 7 trials, but the grid has only 6 points that keep to the constraints"
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "s.yaml"
    more = "constraints:\n  - a <= b\n  - a < 0.5\nstart: [{a: 0.4}]"
    file.write_text(TEXT.replace("MORE", more), encoding="utf-8")
    return file


def test_reads_back(file: Path) -> None:
    spec = load_spec(file)
    assert spec.constraints == ("a <= b", "a < 0.5")
    frozen = file.with_name("frozen.yaml")
    frozen.write_text(dump_spec(spec), encoding="utf-8")
    assert load_spec(frozen) == spec
    assert "constraints" in json_schema()["properties"]


def test_without_constraints_nothing_is_written(file: Path) -> None:
    spec = load_spec(file)
    free = load_spec(file, ["constraints=[]"])
    assert "constraints" not in dump_spec(free)
    assert spec_hash(free) != spec_hash(spec)
    # As it was before there were constraints.
    assert spec_hash(free) == "450134919daebc35a3e2c7954987de11e9140fae2f9bc9c8ea282ff722c42181"


def test_overrides(file: Path, messages: Callable[..., list[str]]) -> None:
    assert load_spec(file, ["constraints.1=a < 0.3", "start=[]"]).constraints[1] == "a < 0.3"
    more = "constraints: [a <= b]"
    assert messages(TEXT.replace("MORE", more), "b=0.5", "a=0.6") == [
        "11: constraints.0: never holds: a is fixed to 0.6; b is fixed to 0.5"
    ]


def test_notes_count_the_allowed_points_of_a_grid(tmp_path: Path) -> None:
    text = TEXT.replace("MORE", "constraints: [n < sides]").replace(
        "budget", "sampler: grid\nbudget"
    )
    lines = [line for line in text.splitlines() if not line.startswith(("  a", "  b", "  only"))]
    file = tmp_path / "s.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert find_notes(load_spec(file)) == ["the grid has 12 points, of which 4 are tried"]
