"""Relations in texts such as `a <= b`: the one that a text holds, and what it says of values."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, Literal, cast

__all__ = ["Relation", "find_relation", "holds"]

Relation = Literal["<", "<=", ">", ">="]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SIGNS = re.compile(r"[<>=!≤≥≠]+")


def holds(left: float, relation: Relation, right: float) -> bool:
    """Whether two values stand to each other as the relation says."""
    return _OPERATORS[relation](left, right)


def find_relation(text: str, *, kind: str, example: str) -> Relation:
    """The relation that a text holds.

    Args:
        text: With two sides.
        kind: What the text is, for messages: `constraint`.
        example: What to write, for messages.

    Raises:
        ValueError: There is none, there are several, or it is unknown.
    """
    signs = _SIGNS.findall(text)
    if not signs:
        raise ValueError(f"'{text}' compares nothing; write {example}")
    if len(signs) > 1:
        raise ValueError(f"'{text}' compares more than two sides; write one {kind} for each pair")
    (sign,) = signs
    if sign not in _OPERATORS:
        raise ValueError(f"'{text}': {sign} can't be used; known: {', '.join(_OPERATORS)}")
    return cast("Relation", sign)
