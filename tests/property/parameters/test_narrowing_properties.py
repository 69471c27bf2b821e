"""What constraints leave of a space, against a plain enumeration."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sweeper.parameters import (
    Constraint,
    Narrowing,
    Space,
    Span,
    active_params,
    check_constraints,
    parse_constraint,
)
from sweeper.parameters.kinds import Parameter

NAMES = ("a", "b", "c", "d")
#: Enough for every order of four numbers between the values that can be counted.
FINE = [index / 20 for index in range(81)]


@st.composite
def spaces(draw: st.DrawFn, kinds: Sequence[str] = ("int", "choice", "step", "fixed")) -> Space:
    """Numbers of 0 to 4, each perhaps under conditions on those before it; then in any order."""
    raw: dict[str, Any] = {}
    for index, name in enumerate(NAMES):
        low = draw(st.integers(0, 2))
        match draw(st.sampled_from(kinds)):
            case "int":
                raw[name] = {"type": "int", "low": low, "high": low + draw(st.integers(1, 2))}
            case "choice":
                values = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True))
                raw[name] = {"type": "choice", "values": values}
            case "step":
                raw[name] = {"type": "float", "low": low, "high": low + 1.5, "step": 0.5}
            case "fixed":
                raw[name] = {"type": "fixed", "value": low}
            case _:
                raw[name] = {"type": "float", "low": low, "high": low + draw(st.integers(1, 2))}
        parents = [n for n in NAMES[:index] if raw[n]["type"] != "float" or "step" in raw[n]]
        chosen = draw(st.lists(st.sampled_from(parents), max_size=2)) if parents else []
        raw[name]["when"] = {
            parent: draw(st.lists(st.integers(0, 4), min_size=1, max_size=3)) for parent in chosen
        }
    order = draw(st.permutations(NAMES))
    found: Space = TypeAdapter(dict[str, Parameter]).validate_python({n: raw[n] for n in order})
    return found


SIDES = st.sampled_from([*NAMES, "1", "2.5"])
CONSTRAINTS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["<", "<=", ">", ">="]), SIDES)
    .filter(lambda sides: sides[0] != sides[2])
    .map(" ".join),
    max_size=4,
).map(lambda texts: [parse_constraint(text) for text in texts])


def everything(space: Space, constraints: list[Constraint]) -> list[dict[str, Any]]:
    ranges = [
        FINE if (counted := parameter.finite_values()) is None else counted
        for parameter in space.values()
    ]
    ranges = [
        [value for value in values if parameter.contains(value)]
        for values, parameter in zip(ranges, space.values(), strict=True)
    ]
    found = []
    for product in itertools.product(*ranges):
        values = active_params(space, dict(zip(space, product, strict=True)))
        if all(c.holds(values) for c in constraints):
            found.append(values)
    return found


def chooser(seed: int) -> Any:
    source = random.Random(seed)

    def choose(name: str, left: Sequence[Any] | Span) -> Any:
        del name
        if isinstance(left, Span):
            return source.choice([left.low, left.high, source.uniform(left.low, left.high)])
        return source.choice(left)

    return choose


@settings(deadline=None, max_examples=300)
@given(space=spaces(), constraints=CONSTRAINTS, data=st.data())
def test_completes_exactly_what_can_be_completed(
    space: Space, constraints: list[Constraint], data: st.DataObject
) -> None:
    allowed = everything(space, constraints)
    narrowing = Narrowing(space, constraints)
    assert narrowing.is_possible({}) == bool(allowed)
    names = data.draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))
    known = {
        name: data.draw(st.sampled_from(space[name].finite_values()))
        for name in names
        if space[name].type != "fixed"
    }
    fitting = [v for v in allowed if all(v.get(name, known[name]) == known[name] for name in known)]
    assert narrowing.is_possible(known) == bool(fitting)
    found = narrowing.complete(known, chooser(data.draw(st.integers(0, 9))))
    assert (found in fitting) if fitting else (found is None)


@settings(deadline=None, max_examples=60)
@given(
    space=spaces(kinds=("int", "float", "step")),
    constraints=CONSTRAINTS,
    seed=st.integers(0, 99),
    order=st.permutations(NAMES),
)
def test_continuous_values_are_found_too(
    space: Space, constraints: list[Constraint], seed: int, order: list[str]
) -> None:
    narrowing = Narrowing(space, constraints)
    found = narrowing.complete({}, chooser(seed))
    if found is None:
        # Finer than the enumeration is only what lies strictly between two equal numbers.
        assert everything(space, constraints) == []
        return
    assert active_params(space, found) == found
    assert all(space[name].contains(value) for name, value in found.items())
    assert all(c.holds(found) for c in constraints)
    ordered = narrowing.complete({}, chooser(seed), order=order)
    assert ordered is None or all(c.holds(ordered) for c in constraints)


@settings(deadline=None)
@given(space=spaces(kinds=("int", "float")), constraints=CONSTRAINTS)
def test_a_space_in_which_nothing_is_left_is_a_mistake(
    space: Space, constraints: list[Constraint]
) -> None:
    texts = [str(constraint) for constraint in constraints]
    assert [parse_constraint(text) for text in texts] == constraints
    is_mistaken = any(check_constraints(space, texts))
    if not Narrowing(space, constraints).is_possible({}):
        assert is_mistaken
