"""From a share to a severity."""

from __future__ import annotations

from sweeper.protocol import Severity

__all__ = ["grade"]


def grade(frac: float, *, warning: float, severe: float = float("inf")) -> Severity:
    """`severe` or `warning` from the given shares on, `note` below them."""
    if frac >= severe:
        return "severe"
    return "warning" if frac >= warning else "note"
