"""Decodings in an order, and how they compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sweeper.protocol import DecodingTable

__all__ = ["optimism", "ranked", "score_names", "setting_names", "summary_names"]


def ranked(table: DecodingTable) -> list[int]:
    """Indices of the decodings that were tried, the best first; of equals the earlier first."""
    sign = -1 if table.goal == "maximize" else 1
    return sorted(
        range(len(table.tried)),
        key=lambda index: (
            index != table.chosen,
            sign * table.tried[index].scores[table.choose_by],
            index,
        ),
    )


def optimism(table: DecodingTable) -> float:
    """How much better the chosen decoding looks on the images that chose it; 0: not at all."""
    sign = 1 if table.goal == "maximize" else -1
    return sign * (table.optimistic[table.choose_by] - table.honest[table.choose_by])


def setting_names(table: DecodingTable) -> list[str]:
    """All settings of all decodings, in the order in which they appear."""
    return _names([decoding.settings for decoding in table.tried])


def summary_names(table: DecodingTable) -> list[str]:
    """All scores of the default, the honest best and the optimistic, the one that decides first."""
    names = _names([table.default, table.honest, table.optimistic])
    return [table.choose_by, *(name for name in names if name != table.choose_by)]


def score_names(table: DecodingTable) -> list[str]:
    """All scores of all decodings, the one that decides first."""
    names = _names([decoding.scores for decoding in table.tried])
    return [table.choose_by, *(name for name in names if name != table.choose_by)]


def _names(mappings: Sequence[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))
