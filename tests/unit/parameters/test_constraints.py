"""Constraints: what they say, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from sweeper.parameters import Space, check_constraints, parse_constraint
from sweeper.parameters.kinds import Parameter


def space(**parameters: dict[str, Any]) -> Space:
    found: Space = TypeAdapter(dict[str, Parameter]).validate_python(parameters)
    return found


SPACE = space(
    decoder={"type": "choice", "values": ["flow", "watershed"]},
    seed={"type": "float", "low": 0.5, "high": 0.9, "step": 0.1},
    foreground={"type": "float", "low": 0.1, "high": 0.9, "step": 0.1},
    sides={"type": "choice", "values": [3, 5, 7]},
    area={"type": "fixed", "value": 10},
    step={"type": "float", "low": 0.0, "high": 1.0},
)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("seed >= foreground", {"seed": 0.5, "foreground": 0.5}, True),
        ("seed > foreground", {"seed": 0.5, "foreground": 0.5}, False),
        ("seed<=foreground", {"seed": 0.5, "foreground": 0.6}, True),
        ("seed < foreground", {"seed": 0.7, "foreground": 0.6}, False),
        (" seed <\tforeground ", {"seed": 0.5, "foreground": 0.6}, True),
        ("seed < 0.5", {"seed": 0.4}, True),
        ("seed < .5", {"seed": 0.5}, False),
        ("-1e-3 <= seed", {"seed": 0}, True),
        ("decode.seed >= 1", {"decode.seed": 0}, False),
        # What is not active is asked for nothing.
        ("seed < foreground", {"seed": 0.7}, True),
        ("seed < foreground", {}, True),
        ("foreground < 0", {"seed": 0.7}, True),
    ],
)
def test_holds(text: str, values: dict[str, Any], *, expected: bool) -> None:
    assert parse_constraint(text).holds(values) is expected


def test_reads_as_it_was_written() -> None:
    assert str(parse_constraint("seed>=foreground")) == "seed >= foreground"
    assert str(parse_constraint("0.5 < a.b")) == "0.5 < a.b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' compares nothing; write a <= b, or a < 0.5"),
        ("seed foreground", "'seed foreground' compares nothing; write a <= b, or a < 0.5"),
        (
            "0 < seed < 1",
            "'0 < seed < 1' compares more than two sides; write one constraint for each pair",
        ),
        ("seed == 1", "'seed == 1': == can't be used; known: <, <=, >, >="),
        ("seed => 1", "'seed => 1': => can't be used; known: <, <=, >, >="),
        ("seed ≤ 1", "'seed ≤ 1': ≤ can't be used; known: <, <=, >, >="),
        ("seed <", "'seed <': a side is missing"),
        ("seed < 2 * area", "'seed < 2 * area': '2 * area' is neither a parameter nor a number"),
        ("seed < nan", "'seed < nan': nan is not finite"),
        ("seed < 1e999", "'seed < 1e999': 1e999 is not finite"),
        ("1 < 2", "'1 < 2' has no parameter"),
    ],
)
def test_is_no_constraint(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        parse_constraint(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("seed >= forground", "forground is no parameter of the space; did you mean foreground?"),
        (
            "decoder < 3",
            "decoder is one of flow, watershed; only numbers are smaller or larger than others",
        ),
        ("seed < seed", "compares seed with itself"),
        ("seed < 0.5", "never holds: seed is a number from 0.5 to 0.9 in steps of 0.1"),
        ("0.95 <= seed", "never holds: seed is a number from 0.5 to 0.9 in steps of 0.1"),
        ("area > sides", None),
        (
            "sides > area",
            "never holds: sides is one of 3, 5, 7; area is fixed to 10",
        ),
        ("seed >= foreground", None),
        ("seed <= foreground", None),
        ("sides > 5", None),
        ("step > seed", None),
    ],
)
def test_mistakes_in_a_space(text: str, reason: str | None) -> None:
    expected = [] if reason is None else [((1,), reason)]
    assert list(check_constraints(SPACE, ["seed > 0.6", text])) == expected


def test_all_mistakes_at_once() -> None:
    found = list(check_constraints(SPACE, ["a < 1", "seed", "b < 1"]))
    assert [path for path, _ in found] == [(0,), (1,), (2,)]


def test_what_only_together_never_holds() -> None:
    countable = {name: SPACE[name] for name in ("seed", "foreground")}
    texts = ["seed <= foreground", "foreground < 0.7", "seed > 0.6"]
    reason = "no combination of the space satisfies all of them"
    assert list(check_constraints(countable, texts)) == [((), reason)]
    assert list(check_constraints(countable, texts[:2])) == []
    assert list(check_constraints(SPACE, texts)) == [((), reason)]
