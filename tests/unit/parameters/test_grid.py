"""Every combination once."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from sweeper.parameters import Space, list_grid, parse_constraint
from sweeper.parameters.kinds import Parameter


def space(**parameters: dict[str, Any]) -> Space:
    found: Space = TypeAdapter(dict[str, Parameter]).validate_python(parameters)
    return found


WATERSHED = {"decoder": "watershed"}
SPACE = space(
    marker={"type": "float", "low": 0.4, "high": 0.5, "step": 0.05, "when": WATERSHED},
    decoder={"type": "choice", "values": ["flow", "watershed"]},
    np={"type": "choice", "values": [0.4, 0.5]},
    small={"type": "fixed", "value": 3, "when": {"marker": [0.4, 0.45]}},
)


def test_conditions_make_no_further_combinations() -> None:
    flow = [{"decoder": "flow", "np": 0.4}, {"decoder": "flow", "np": 0.5}]
    watershed = [
        {"marker": marker, "decoder": "watershed", "np": np, **small}
        for marker, small in ((0.4, {"small": 3}), (0.45, {"small": 3}), (0.5, {}))
        for np in (0.4, 0.5)
    ]
    found = list_grid(SPACE, [], 100)
    assert found is not None
    assert sorted(map(str, found)) == sorted(map(str, flow + watershed))


def test_constraints_ask_nothing_of_what_is_not_active() -> None:
    found = list_grid(SPACE, [parse_constraint("marker >= np")], 100)
    assert found is not None
    pairs = [(values.get("marker"), values["np"]) for values in found]
    assert pairs == [(None, 0.4), (None, 0.5), (0.4, 0.4), (0.45, 0.4), (0.5, 0.4), (0.5, 0.5)]


@pytest.mark.parametrize(("max_size", "fits"), [(7, False), (8, True)])
def test_fits_or_not(max_size: int, *, fits: bool) -> None:
    assert (list_grid(SPACE, [], max_size) is not None) is fits


def test_a_space_without_parameters_has_one_combination() -> None:
    assert list_grid({}, [], 1) == [{}]


def test_what_can_not_be_counted() -> None:
    assert list_grid(space(a={"type": "float", "low": 0, "high": 1}), [], 10_000) is None


def test_gives_up_where_nearly_all_breaks_a_constraint() -> None:
    wide = {"type": "int", "low": 0, "high": 9_999}
    assert list_grid(space(a=wide, b=wide), [parse_constraint("a > b")], 1) is None
