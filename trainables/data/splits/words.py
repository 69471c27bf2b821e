"""Says how images were dealt, and which groups leak from one split into another."""

from __future__ import annotations

from collections.abc import Sequence

from trainables.data.source import SPLITS, SplitName

__all__ = ["describe_shares", "warn_of_groups"]


def describe_shares(
    what: str, groups: Sequence[str], splits: Sequence[SplitName | None], how: str
) -> list[str]:
    """A line with the numbers of groups and images of each split, and what leaks, if so.

    Args:
        what: The groups, in words ("groups by the column patient of cells.csv").
        groups: Of each image.
        splits: Of each image; None: not used.
        how: How they were dealt, in words.
    """
    parts = []
    for split in SPLITS:
        of_split = [group for group, one in zip(groups, splits, strict=True) if one == split]
        if of_split:
            images = f"{len(of_split)} ({len(of_split) / len(groups):.0%})"
            parts.append(f"{split} {len(set(of_split))} with {images} images")
    if left_out := sum(split is None for split in splits):
        parts.append(f"{left_out} images not used")
    if what == "images":
        parts = [part.partition(" with ")[0] for part in parts]
    return [f"{what}, {how}: {', '.join(parts)}", *warn_of_groups(groups, splits)]


def warn_of_groups(groups: Sequence[str], splits: Sequence[SplitName | None]) -> list[str]:
    """A line if groups lie in two splits."""
    where: dict[str, set[SplitName]] = {}
    for group, split in zip(groups, splits, strict=True):
        if split is not None:
            where.setdefault(group, set()).add(split)
    divided = {
        group: " and ".join(split for split in SPLITS if split in there)
        for group, there in where.items()
        if len(there) > 1
    }
    if not divided:
        return []
    shown = ", ".join(f"{group} in {there}" for group, there in sorted(divided.items())[:3])
    more = ", ..." if len(divided) > 3 else ""
    return [
        f"warning: {len(divided)} of {len(where)} groups lie in two splits ({shown}{more}): "
        "scores on them flatter"
    ]
