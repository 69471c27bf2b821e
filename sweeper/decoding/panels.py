"""What the plot of a search shows, as values: a panel for each setting that varies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from sweeper.decoding.ranking import setting_names
from sweeper.protocol import DecodingTable

__all__ = ["Group", "Panel", "constants", "find_groups", "find_panels", "shown"]

_MAX_GROUPS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A setting and the decodings that have it.

    Attributes:
        path: Of the setting.
        is_numeric: Whether its values are numbers; else they are shown in no order.
        values: By index of the decoding.
    """

    path: str
    is_numeric: bool
    values: Mapping[int, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Decodings of one colour.

    Attributes:
        label: What they have in common; empty if there is but one group.
        indices: Of the decodings.
        is_grid: Whether they are the combinations of few values, or most of these; only then does
            the best at a value say more than chance.
    """

    label: str
    indices: Sequence[int]
    is_grid: bool


def find_panels(table: DecodingTable) -> list[Panel]:
    """A panel for each setting with more than one value, numbers first."""
    panels = []
    for path in setting_names(table):
        values = _values(table, path)
        if len({shown(value) for value in values.values()}) > 1:
            is_numeric = all(map(_is_number, values.values()))
            texts = values if is_numeric else {i: shown(value) for i, value in values.items()}
            panels.append(Panel(path=path, is_numeric=is_numeric, values=texts))
    return sorted(panels, key=lambda panel: not panel.is_numeric)


def find_groups(table: DecodingTable) -> list[Group]:
    """Decodings by the settings that are no numbers, as far as colours can tell them apart."""
    by: list[str] = []
    for panel in find_panels(table):
        if not panel.is_numeric and len(_split(table, [*by, panel.path])) <= _MAX_GROUPS:
            by.append(panel.path)
    return [
        Group(label=label, indices=found, is_grid=_is_grid(table, found))
        for label, found in _split(table, by).items()
    ]


def constants(table: DecodingTable) -> dict[str, Any]:
    """Settings that all decodings have in common."""
    return {
        path: next(iter(values.values()))
        for path in setting_names(table)
        if len(values := _values(table, path)) == len(table.tried)
        and len({shown(value) for value in values.values()}) == 1
    }


def shown(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def _is_grid(table: DecodingTable, indices: Sequence[int]) -> bool:
    found = [table.tried[index].settings for index in indices if index]  # the default lies anywhere
    paths = {path for settings in found for path in settings}
    counts = [
        len({shown(settings[path]) for settings in found if path in settings}) for path in paths
    ]
    return len(found) > 1 and prod(counts) <= 2 * len(found)


def _split(table: DecodingTable, by: Sequence[str]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for index, decoding in enumerate(table.tried):
        parts = [shown(decoding.settings[path]) for path in by if path in decoding.settings]
        groups.setdefault(", ".join(parts), []).append(index)
    return groups


def _values(table: DecodingTable, path: str) -> dict[int, Any]:
    return {
        index: decoding.settings[path]
        for index, decoding in enumerate(table.tried)
        if path in decoding.settings
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
