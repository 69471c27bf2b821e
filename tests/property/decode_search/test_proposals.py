"""Proposals are new, possible, and as many as there can be."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.parameters import active_params, list_grid
from trainables.decode_search import SearchSettings
from trainables.decode_search.candidates import SeenValues
from trainables.decode_search.proposals import BLOCK_SIZE, Proposals, open_proposals
from trainables.decode_search.spread import spread_order

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
        assert len(block) <= BLOCK_SIZE
        found.extend(block)
        proposals.tell([values["seed"] for values in block])
    return found


def order_key(values: Any) -> Any:
    return values["decoder"], values["foreground"]


@given(search_settings(sampler="grid"))
def test_grid_is_complete(chosen: SearchSettings) -> None:
    grid = list_grid(chosen.space, chosen.parsed_constraints(), 1000)
    assert grid
    seen = SeenValues()
    default = {"decoder": "flow", "seed": 0.3, "foreground": 0.3}
    seen.add(default)
    found = propose_all(open_proposals(chosen, seen, order_key))
    assert sorted(map(str, found)) == sorted(str(values) for values in grid if values != default)


@given(search_settings(sampler="tpe"))
@settings(max_examples=25, deadline=None)
def test_tpe_proposes_nothing_invalid_and_nothing_twice(chosen: SearchSettings) -> None:
    constraints = chosen.parsed_constraints()
    proposals = open_proposals(chosen, SeenValues(), order_key)
    found = propose_all(proposals)
    assert len(found) == proposals.num_planned <= chosen.combinations
    assert len({str(values) for values in found}) == len(found)
    for values in found:
        assert all(constraint.holds(values) for constraint in constraints)
        assert active_params(chosen.space, values) == values
        assert all(chosen.space[name].contains(value) for name, value in values.items())


def test_tpe_ends_when_nothing_is_left() -> None:
    space = {"seed": {"type": "choice", "values": [1, 2, 3]}}
    chosen = SearchSettings.model_validate({"space": space, "sampler": "tpe"})
    seen = SeenValues()
    seen.add({"seed": 2.0})
    proposals = open_proposals(chosen, seen, lambda values: values["seed"])
    assert proposals.num_planned == 48
    assert sorted(values["seed"] for values in propose_all(proposals)) == [1, 3]
    assert proposals.num_planned == 2


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
