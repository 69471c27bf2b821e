"""Numbers in a sentence: short, and never equal in print when they differ."""

from __future__ import annotations

import math

__all__ = ["counted", "spell"]

_MAX_DECIMALS = 17
_EXACT_DECIMALS = 6


def spell(*values: float, exact: float | None = None) -> tuple[str, ...]:
    """Prints numbers of one metric, so that they can be compared by eye.

    All of them get the same number of decimals: enough for two significant digits of the largest,
    and as many more as it takes to tell unequal ones apart (0.0996 never reads as 0.10 beside 0.1).

    Args:
        values: Any floats; infinity reads "inf".
        exact: One of the values, a threshold that somebody typed, printed with all its digits if
            they are no more than six.

    Returns:
        One text a value, in their order.
    """
    finite = [abs(value) for value in values if math.isfinite(value) and value != 0]
    exponent = math.floor(math.log10(max(finite))) if finite else 0
    scientific = not -4 <= exponent <= 5
    decimals = 1 if scientific else max(0, min(2, 2 - exponent) if exponent >= 0 else 1 - exponent)
    style = "e" if scientific else "f"
    texts = _print(values, decimals, style)
    while decimals < _MAX_DECIMALS and _misleads(values, texts, exact, decimals):
        decimals += 1
        texts = _print(values, decimals, style)
    return texts


def counted(number: int, noun: str) -> str:
    """A number of things: "1 epoch", "3 epochs"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _print(values: tuple[float, ...], decimals: int, style: str) -> tuple[str, ...]:
    return tuple(f"{value:.{decimals}{style}}" for value in values)


def _misleads(
    values: tuple[float, ...], texts: tuple[str, ...], exact: float | None, decimals: int
) -> bool:
    if len(set(texts)) < len(set(values)):
        return True
    if exact is None or decimals >= _EXACT_DECIMALS:
        return False
    return float(texts[values.index(exact)]) != exact
