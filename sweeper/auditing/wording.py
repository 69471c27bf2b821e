"""Numbers and differences in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["named", "told_apart"]

_MOST = 8
_MOST_DIFFERENCES = 3


def named(noun: str, numbers: Iterable[int]) -> str:
    """`epoch 3`, or `epochs 3, 5`; the smallest of many."""
    ordered = sorted(numbers)
    shown = ", ".join(map(str, ordered[:_MOST])) + (", ..." if len(ordered) > _MOST else "")
    plural = "" if len(ordered) == 1 else "es" if noun.endswith("s") else "s"
    return f"{noun}{plural} {shown}"


def told_apart(expected: Mapping[str, str], told: Mapping[str, str]) -> str:
    """`x is 1, but 2 in MLflow; y is 3, but unset in MLflow`; the first of many, empty if alike."""
    differing = [
        f"{name} is {expected.get(name, 'unset')}, but {told.get(name, 'unset')} in MLflow"
        for name in {**expected, **told}
        if expected.get(name) != told.get(name)
    ]
    num_left = len(differing) - _MOST_DIFFERENCES
    more = f" (and {num_left} more)" if num_left > 0 else ""
    return "; ".join(differing[:_MOST_DIFFERENCES]) + more
