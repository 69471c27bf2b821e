"""What the scores of a HoVer network are called, and which of them come first. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sweeper.protocol import SplitScores
from trainables.scoring import MAP_NAMES

__all__ = ["NAMES", "NOTE", "SWAPPED", "headline_of", "told_in_short"]

#: What the truth takes the place of, and the AJI that this gives.
SWAPPED = {"aji_true_np": ("np",), "aji_true_hv": ("hv",), "aji_true_both": ("np", "hv")}
_HEADLINE = (
    *MAP_NAMES,
    "aji",
    "aji_plus",
    "pq",
    "dice",
    "are",
    *SWAPPED,
)
NAMES = {
    "hv_magnitude": "magnitude",
    "hv_magnitude_aligned": "aligned magnitude",
    "hv_mse_ratio": "HV MSE ratio",
    "aji": "AJI",
    "aji_plus": "AJI+",
    "pq": "PQ",
    "dice": "Dice",
    "are": "ARE (0 is best)",
    "mpq": "PQ, mean of classes",
    "aji_true_np": "AJI, true NP",
    "aji_true_hv": "AJI, true HV",
    "aji_true_both": "AJI, both true",
}

NOTE = (
    "magnitude: below 0.05 fails, above 0.15 passes; HV MSE ratio: 1 is that of zero maps; "
    "true NP, true HV: the truth in place of what the network says"
)
_NUM_IN_SHORT = 6


def headline_of(splits: Sequence[SplitScores]) -> tuple[str, ...]:
    """The scores that come first; classes in the order of the data, after their mean."""
    found = dict.fromkeys(name for split in splits for name in (*split.pooled, *split.mean))
    return (*_HEADLINE, *(name for name in found if name == "mpq" or name.startswith("pq/")))


def told_in_short(scores: Mapping[str, float]) -> str:
    """The most important scores of an image in one line."""
    return ", ".join(
        f"{NAMES.get(name, name)} {scores[name]:.2f}"
        for name in _HEADLINE[:_NUM_IN_SHORT]
        if name in scores
    )
