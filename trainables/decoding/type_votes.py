"""The class of a decoded nucleus: what a network says about its pixels, on average."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["vote_types"]


def vote_types(
    labels: NDArray[np.integer], probabilities: NDArray[np.floating]
) -> NDArray[np.int32]:
    """The class of every nucleus.

    The class with the largest mean probability over the nucleus' pixels; of equal ones the first.
    The background is no candidate: that there is a nucleus has been decided.

    Differs from HoVer-Net, where each pixel votes for its best class: a mean keeps what a pixel
    says about the others, and gives no vote to the background.

    Args:
        labels: (H, W); 0 background, nuclei 1 to n without gaps, as decoders give them.
        probabilities: Of each class at each pixel, (classes, H, W); they need not add up to 1.

    Returns:
        (n,): from 1 to the number of classes, in the order of the ids.
    """
    flat = labels.ravel()
    pixels = np.flatnonzero(flat)
    ids = flat[pixels] - 1
    num_nuclei = int(flat.max(initial=0))
    # Sums order the classes of a nucleus as means do.
    sums = [
        np.bincount(ids, weights=of_class.ravel()[pixels], minlength=num_nuclei)
        for of_class in probabilities
    ]
    return (np.argmax(sums, axis=0) + 1).astype(np.int32)
