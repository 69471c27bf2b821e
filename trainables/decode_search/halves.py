"""Two halves of the images: each chooses for the other."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["deal"]


def deal(sizes: Sequence[int], seed: int) -> NDArray[np.bool_]:
    """Deals images to two halves that are alike.

    Images are paired by size, and a coin deals each pair. So the halves have equally many images
    (but for one) of equal sizes, and equal sizes and seeds give equal halves.

    Args:
        sizes: One number for each image, such as its pixels.
        seed: Non-negative.

    Returns:
        Shape (images,): True for the images of the first half. Of a single image, True.
    """
    order = sorted(range(len(sizes)), key=lambda image: (sizes[image], image))
    coins = random.Random(f"halves/{seed}")
    first = np.zeros(len(sizes), dtype=bool)
    for start in range(0, len(order), 2):
        pair = order[start : start + 2]
        first[coins.choice(pair) if len(pair) == 2 else pair[0]] = True
    return first
