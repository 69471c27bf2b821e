"""Numbers in sentences."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["named"]

_MOST = 8


def named(noun: str, numbers: Iterable[int]) -> str:
    """`epoch 3`, or `epochs 3, 5`; the smallest of many."""
    ordered = sorted(numbers)
    shown = ", ".join(map(str, ordered[:_MOST])) + (", ..." if len(ordered) > _MOST else "")
    plural = "" if len(ordered) == 1 else "es" if noun.endswith("s") else "s"
    return f"{noun}{plural} {shown}"
