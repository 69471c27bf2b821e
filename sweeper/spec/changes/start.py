"""Sets of values to try first: as long as no trial has begun with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from sweeper.parameters.kinds import FixedParameter
from sweeper.parameters.values import same_value
from sweeper.spec.changes.change import Change, History
from sweeper.spec.differences import brief, find_differences
from sweeper.spec.sweep_spec import SweepSpec

__all__ = ["changes_of_start"]

_Values = Mapping[str, Any]


def changes_of_start(before: SweepSpec, after: SweepSpec, history: History) -> Iterator[Change]:
    """Sets that came, went or differ, whatever their order."""
    old, new = _sets(before), _sets(after)
    places = _unmatched(new, old)
    gone = [old[index] for index in _unmatched(old, new)]
    for index, (was, place) in enumerate(zip_longest(gone, places)):
        refusal = ""
        if was is not None:
            kept = _count(was, new) + _count(was, gone[:index])
            if kept < _count(was, list(history.started.values())):
                refusal = "a trial has begun with these values"
        yield from _set_changes(was, None if place is None else new[place], place, refusal)


def _set_changes(
    was: _Values | None, now: _Values | None, place: int | None, refusal: str
) -> Iterator[Change]:
    if place is None or now is None:
        yield Change(path=("start",), words=f"removed: {_listed(was or {})}", refusal=refusal)
    elif was is None:
        yield Change(path=("start", place), words=f"added: {_listed(now)}")
    else:
        for found in find_differences(was, now, ("start", place)):
            yield Change(path=found.path, words=found.words, refusal=refusal)


def _sets(spec: SweepSpec) -> list[_Values]:
    """The sets without values that do not vary anyway."""
    return [
        {
            name: value
            for name, value in values.items()
            if not isinstance(spec.space[name], FixedParameter)
        }
        for values in spec.start
    ]


def _unmatched(sets: Sequence[_Values], others: Sequence[_Values]) -> list[int]:
    """The places of the sets that have no equal among the others; each equal counts once."""
    return [
        index
        for index, values in enumerate(sets)
        if _count(values, sets[: index + 1]) > _count(values, others)
    ]


def _count(values: _Values, sets: Sequence[_Values]) -> int:
    return sum(same_value(values, other) for other in sets)


def _listed(values: _Values) -> str:
    shown = [f"{name} {brief(value)}" for name, value in values.items()]
    return ", ".join(shown[:3] + (["..."] if len(shown) > 3 else []))
