"""The grid against a plain enumeration."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sweeper.parameters import Space, active_params, list_grid, parse_constraint
from sweeper.parameters.kinds import Parameter

NAMES = ("a", "b", "c", "d")


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    """Whole numbers, each under conditions on those before it; then in any order."""
    raw = {}
    for index, name in enumerate(NAMES):
        low = draw(st.integers(0, 2))
        raw[name] = {"type": "int", "low": low, "high": low + draw(st.integers(1, 2))}
        parents = draw(st.lists(st.sampled_from(NAMES[:index]), max_size=2)) if index else []
        raw[name]["when"] = {
            parent: draw(st.lists(st.integers(0, 4), min_size=1, max_size=3)) for parent in parents
        }
    order = draw(st.permutations(NAMES))
    found: Space = TypeAdapter(dict[str, Parameter]).validate_python({n: raw[n] for n in order})
    return found


SIDES = st.sampled_from([*NAMES, "1", "2.5"])
CONSTRAINTS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["<", "<=", ">", ">="]), SIDES).map(" ".join),
    max_size=2,
)


@given(space=spaces(), texts=CONSTRAINTS)
def test_grid_is_what_is_left_of_all_products(space: Space, texts: list[str]) -> None:
    constraints = [parse_constraint(text) for text in texts]
    ranges = [space[name].finite_values() or () for name in space]
    expected = []
    for product in itertools.product(*ranges):
        values = active_params(space, dict(zip(space, product, strict=True)))
        if values not in expected and all(c.holds(values) for c in constraints):
            expected.append(values)
    found = list_grid(space, constraints, 10_000)
    assert found is not None
    assert len(found) == len(expected)
    assert all(values in expected for values in found)
