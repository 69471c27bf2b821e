"""An order in which every beginning is spread over the whole."""

from __future__ import annotations

import random

__all__ = ["spread_order"]


def spread_order(length: int, seed: int) -> list[int]:
    """The numbers 0 .. length - 1, each beginning of them as even as it can be.

    Van der Corput's sequence: the middle of the largest gap comes next, from a place that the seed
    decides.

    Args:
        length: At least 0.
        seed: Non-negative.
    """
    num_bits = max(length - 1, 0).bit_length()
    offset = random.Random(f"order/{seed}").randrange(max(length, 1))
    turned = (int(f"{index:0{num_bits}b}"[::-1], 2) for index in range(1 << num_bits))
    return [(place + offset) % length for place in turned if place < length]
