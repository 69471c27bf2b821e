"""Seeds that depend on nothing but the sweep's seed and a number."""

from __future__ import annotations

import hashlib

__all__ = ["derive_seed"]


def derive_seed(sweep_seed: int, number: int, *, purpose: str = "trial") -> int:
    """A seed for one trial.

    Args:
        sweep_seed: Of the sweep.
        number: Of the trial.
        purpose: Draws for different purposes are independent of each other.

    Returns:
        An integer in [0, 2**32), the same in every process and on every machine.
    """
    text = f"{sweep_seed}/{purpose}/{number}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
