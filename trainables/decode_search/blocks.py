"""Decodings that are tried on one image before the next image, because they share work."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["OrderKey", "Values", "plan_blocks"]

Values = Mapping[str, Any]
OrderKey = Callable[[Values], tuple[Any, ...]]

# Larger blocks share more; after smaller ones a search that is cut short has seen more regions.
_MIN_SIZE = 8
_MAX_SIZE = 32


def plan_blocks(
    default: Values, others: Sequence[Values], order_key: OrderKey
) -> list[list[Values]]:
    """Divides decodings into blocks of those that share most.

    Decodings whose keys begin alike stay together, up to 32 of them; fewer than 8 are joined by
    those with the next keys.

    Args:
        default: Begins the first block.
        others: All others, each once.
        order_key: See `Bench.order_key`.

    Returns:
        The first block holds the default and what shares work with it; the other blocks are in the
        order of their keys.
    """
    beginning = order_key(default)[:1]
    ordered = sorted(others, key=order_key)
    kin = [values for values in ordered if order_key(values)[:1] == beginning]
    rest = [values for values in ordered if order_key(values)[:1] != beginning]
    pieces = _pieces([default, *kin])
    blocks = pieces[1:]
    for _, group in itertools.groupby(rest, key=lambda values: order_key(values)[:1]):
        for piece in _pieces(list(group)):
            if blocks and len(blocks[-1]) < _MIN_SIZE:
                blocks[-1] += piece
            else:
                blocks.append(piece)
    return [pieces[0], *blocks]


def _pieces(group: list[Values]) -> list[list[Values]]:
    """As few as the limit allows, of about the same size."""
    num_pieces = -(-len(group) // _MAX_SIZE)
    ends = [len(group) * index // num_pieces for index in range(num_pieces + 1)]
    return [group[start:end] for start, end in itertools.pairwise(ends)]
