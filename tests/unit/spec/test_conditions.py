"""Which parameters a trial has."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from sweeper.parameters.conditions import condition_values, is_active, parents_first
from sweeper.parameters.kinds import Parameter, Space


def space(**parameters: dict[str, Any]) -> Space:
    found: Space = TypeAdapter(dict[str, Parameter]).validate_python(parameters)
    return found


SPACE = space(
    child={"type": "int", "low": 0, "high": 9, "when": {"kind": ["a", "b"], "on": True}},
    grandchild={"type": "fixed", "value": 1, "when": {"child": 3}},
    kind={"type": "choice", "values": ["a", "b", "c"]},
    on={"type": "choice", "values": [True, False]},
    weights={"type": "choice", "values": [[1, 1], [1, 2]]},
)


def test_parents_first_else_as_in_the_file() -> None:
    assert parents_first(SPACE) == ["kind", "on", "child", "grandchild", "weights"]


@pytest.mark.parametrize("values", [{"kind": "a", "on": True}, {"kind": "b", "on": True}])
def test_all_conditions_hold(values: dict[str, Any]) -> None:
    assert is_active(SPACE, "child", values)


@pytest.mark.parametrize(
    "values",
    [{"kind": "c", "on": True}, {"kind": "a", "on": False}, {"kind": "a", "on": 1}, {"on": True}],
)
def test_a_condition_does_not_hold(values: dict[str, Any]) -> None:
    assert not is_active(SPACE, "child", values)


def test_a_child_of_an_inactive_parent_is_inactive() -> None:
    assert is_active(SPACE, "grandchild", {"child": 3})
    assert not is_active(SPACE, "grandchild", {"kind": "c"})


def test_a_list_may_be_a_value_or_values() -> None:
    assert condition_values(SPACE, "weights", [1, 2]) == ([1, 2],)
    assert condition_values(SPACE, "weights", [[1, 2], [1, 1]]) == [[1, 2], [1, 1]]
    assert condition_values(SPACE, "kind", ["a"]) == ["a"]
    assert condition_values(SPACE, "kind", "a") == ("a",)
