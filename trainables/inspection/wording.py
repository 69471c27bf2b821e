"""Counts and shares in words."""

from __future__ import annotations

__all__ = ["counted", "share"]


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 image`, `2 images`, `3 nuclei`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def share(part: float, whole: float) -> str:
    """A share in percent, with a digit after the point below 10 %: `31%`, `0.4%`, `<0.1%`."""
    frac = part / whole
    if 0 < frac < 0.001:
        return "<0.1%"
    return f"{frac:.1%}" if 0 < frac < 0.1 else f"{frac:.0%}"
