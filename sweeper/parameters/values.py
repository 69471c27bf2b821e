"""Arithmetic and equality of settings, as somebody who writes them in decimals means them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

__all__ = ["choice_label", "is_number", "last_step", "on_step", "same_value", "step_value"]


def is_number(value: Any) -> bool:
    """Whether a setting is an int or a float; `true` is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same_value(one: Any, other: Any) -> bool:
    """Whether two settings are equal, where `true` is not 1, not even inside lists."""
    match one, other:
        case list() | tuple(), list() | tuple():
            return len(one) == len(other) and all(map(same_value, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(same_value(one[k], other[k]) for k in one)
        case _:
            return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def choice_label(value: Any) -> str | float | bool | None:
    """What stands for a choice in the study: scalars themselves, lists and mappings as JSON."""
    if value is None or isinstance(value, str | int | float):
        return value
    return json.dumps(value, sort_keys=True)


def last_step(low: float, high: float, step: float) -> float:
    """The largest low + k step that is not above high.

    Decimal arithmetic: in binary (0.7 - 0.1) / 0.2 is 2.9999999999999996, one value too few.
    """
    return step_value(low, step, int((_decimal(high) - _decimal(low)) // _decimal(step)))


def step_value(low: float, step: float, index: int) -> float:
    """The value after `index` steps; 0.1 + 2 x 0.1 is 0.3."""
    return float(_decimal(low) + index * _decimal(step))


def on_step(value: float, low: float, step: float) -> bool:
    """Whether value is low + k step for a whole k."""
    return (_decimal(value) - _decimal(low)) % _decimal(step) == 0


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))
