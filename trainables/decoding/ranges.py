"""What thresholds may be."""

from __future__ import annotations

import math

__all__ = ["check_at_least", "check_fraction", "check_positive"]


def check_fraction(settings: object, *names: str) -> None:
    """Raises ValueError for a setting outside [0, 1]."""
    for name in names:
        value = getattr(settings, name)
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be in [0, 1], got {value}")


def check_at_least(settings: object, least: int, *names: str) -> None:
    """Raises ValueError for a setting below `least`, NaN or infinite."""
    for name in names:
        value = getattr(settings, name)
        if not (value >= least and math.isfinite(value)):
            at_least = f"be at least {least}" if least else "not be negative"
            raise ValueError(f"{name} must {at_least}, got {value}")


def check_positive(settings: object, *names: str) -> None:
    """Raises ValueError for a setting that is not above 0, or infinite."""
    for name in names:
        value = getattr(settings, name)
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} must be above 0, got {value}")
