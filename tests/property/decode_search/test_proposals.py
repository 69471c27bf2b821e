"""Proposals are new, possible, and as many as there can be."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.parameters import active_params, list_grid
from trainables.decode_search import SearchSettings
from trainables.decode_search.blocks import plan_blocks
from trainables.decode_search.proposals import Proposals, open_proposals
from trainables.decode_search.spread import spread_order

DEFAULT = {"decoder": "flow", "seed": 0.3, "foreground": 0.3}
RANGED = {"type": "float", "low": 0.1, "high": 0.5, "step": 0.1}


@st.composite
def search_settings(draw: st.DrawFn, sampler: str) -> SearchSettings:
    continuous = sampler == "tpe" and draw(st.booleans())
    space: dict[str, Any] = {
        "marker": {"type": "int", "low": 0, "high": 3, "when": {"decoder": "watershed"}},
        "decoder": {"type": "choice", "values": ["flow", "watershed"]},
        "seed": {"type": "float", "low": 0.0, "high": 0.6} if continuous else RANGED,
        "foreground": RANGED,
    }
    texts = ["seed >= foreground", "marker > 0", "foreground <= 0.3"]
    return SearchSettings.model_validate(
        {
            "space": space,
            "constraints": draw(st.lists(st.sampled_from(texts), unique=True)),
            "combinations": 125 if sampler == "grid" else draw(st.integers(1, 20)),
            "sampler": sampler,
            "seed": draw(st.integers(0, 99)),
        }
    )


def propose_all(proposals: Proposals) -> list[Any]:
    found: list[Any] = []
    while block := proposals.next_block():
        assert len(block) <= 33
        found.extend(block)
        proposals.tell([values["seed"] for values in block])
    return found


def order_key(values: Any) -> Any:
    return values["decoder"], values["foreground"]


@given(search_settings(sampler="grid"))
def test_grid_is_complete(chosen: SearchSettings) -> None:
    grid = list_grid(chosen.space, chosen.parsed_constraints(), 1000)
    assert grid
    found = propose_all(open_proposals(chosen, DEFAULT, order_key))
    others = [str(values) for values in grid if values != DEFAULT]
    assert found[0] == DEFAULT
    assert sorted(map(str, found[1:])) == sorted(others)


@given(search_settings(sampler="tpe"))
@settings(max_examples=25, deadline=None)
def test_tpe_proposes_nothing_invalid_and_nothing_twice(chosen: SearchSettings) -> None:
    constraints = chosen.parsed_constraints()
    proposals = open_proposals(chosen, DEFAULT, order_key)
    found = propose_all(proposals)
    assert found[0] == DEFAULT
    assert len(found) == proposals.num_planned <= 1 + chosen.combinations
    assert len({str(values) for values in found}) == len(found)
    for values in found[1:]:
        assert all(constraint.holds(values) for constraint in constraints)
        assert active_params(chosen.space, values) == values
        assert all(chosen.space[name].contains(value) for name, value in values.items())


def test_tpe_ends_when_nothing_is_left() -> None:
    space = {"seed": {"type": "choice", "values": [1, 2, 3]}}
    chosen = SearchSettings.model_validate({"space": space, "sampler": "tpe"})
    proposals = open_proposals(chosen, {"seed": 2.0}, lambda values: (values["seed"],))
    assert proposals.num_planned == 49
    assert sorted(values["seed"] for values in propose_all(proposals)) == [1, 2, 3]
    assert proposals.num_planned == 3


@given(
    keys=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=200),
    default=st.integers(0, 10),
)
def test_blocks_keep_kin_together(keys: list[tuple[int, int]], default: int) -> None:
    numbered = [{"key": key, "number": number} for number, key in enumerate(keys)]
    first, *others = plan_blocks({"key": (default, 0)}, numbered, lambda values: values["key"])
    assert first[0] == {"key": (default, 0)}
    assert all(values["key"][0] == default for values in first)
    planned = [values for block in (first[1:], *others) for values in block]
    assert sorted(values["number"] for values in planned) == list(range(len(keys)))
    # Only the last one may be small, and a group is in two blocks only if it is large.
    assert all(8 <= len(block) <= 39 for block in others[:-1])
    for beginning in range(10):
        parts = [b for b in (first, *others) if any(v["key"][0] == beginning for v in b)]
        num_kin = sum(key[0] == beginning for key in keys)
        assert len(parts) <= 1 + num_kin // 32


@given(length=st.integers(0, 200), seed=st.integers(0, 99), data=st.data())
def test_beginnings_are_spread(length: int, seed: int, data: st.DataObject) -> None:
    order = spread_order(length, seed)
    assert sorted(order) == list(range(length))
    if length > 1:
        end = data.draw(st.integers(1, length))
        # No gap on the circle is longer than four times the even one, but for rounding.
        taken = sorted(order[:end])
        gaps = [b - a for a, b in zip(taken, [*taken[1:], taken[0] + length], strict=True)]
        assert max(gaps) <= 4 * length / end + 1
