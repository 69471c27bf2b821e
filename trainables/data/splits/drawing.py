"""Deals groups of images to splits by a seed, without dividing a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trainables.data.source import SplitName

__all__ = ["draw_groups"]


def draw_groups(
    sizes: Mapping[str, int], fracs: Mapping[SplitName, float], seed: int
) -> Mapping[str, SplitName]:
    """Deals groups so that the splits hold their shares of the images as nearly as groups allow.

    The groups come in a seeded order; each goes to the first split whose share it brings nearer,
    else to `train`. Every split with a share gets at least one group, and so does `train`.

    Args:
        sizes: Images of each group; as many groups as there are splits with a share, and one more.
        fracs: Shares of `val` and `test`, above 0.
        seed: Order of the groups.

    Returns:
        The split of each group.

    Raises:
        ValueError: There are too few groups; says how many are needed.
    """
    if len(sizes) <= len(fracs):
        raise ValueError(f"{len(fracs) + 1} groups are needed, there are {len(sizes)}")
    names = sorted(sizes)
    order = [names[place] for place in np.random.default_rng(seed).permutation(len(names))]
    total = sum(sizes.values())
    dealt: dict[str, SplitName] = {}
    for position, (split, frac) in enumerate(fracs.items()):
        left = [name for name in order if name not in dealt]
        # One group is left for each split that is still to come, and one for `train`.
        room = len(left) - (len(fracs) - position)
        taken = _take(left, sizes, frac * total)[:room] or [min(left, key=sizes.__getitem__)]
        dealt |= dict.fromkeys(taken, split)
    return {name: dealt.get(name, "train") for name in names}


def _take(order: Sequence[str], sizes: Mapping[str, int], target: float) -> list[str]:
    """Groups in this order, each of which brings the sum nearer to the target."""
    taken: list[str] = []
    count = 0
    for name in order:
        if count + sizes[name] / 2 <= target:
            taken.append(name)
            count += sizes[name]
    return taken
