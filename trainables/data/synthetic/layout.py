"""Where the nuclei of a drawn image lie: clumps of touching neighbours, and their exact labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trainables.data.synthetic.outline import Outline, draw_outline

__all__ = ["Layout", "draw_layout", "empty_layout"]

#: A nucleus may be hidden by its neighbours by at most this share.
_MAX_OVERLAP_FRAC = 0.14
_TRIES_PER_NUCLEUS = 6
#: Share of the clumps that are a single nucleus (another clump may still grow towards it).
_ALONE_FRAC = 0.65
#: How much larger the first nucleus of a clump could be without meeting another clump.
_CLEARANCE = 1.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The nuclei of one canvas.

    Attributes:
        labels: (H, W) int32; 0 background, nuclei 1 to `num_nuclei`, some of which may have
            no pixel left.
        relative_radius: (H, W) float64; 0 at a nucleus' centre, 1 at its rim, 1 outside.
        num_nuclei: Largest id.
    """

    labels: NDArray[np.int32]
    relative_radius: NDArray[np.float64]
    num_nuclei: int


def empty_layout(size_px: int) -> Layout:
    """A canvas without nuclei."""
    return Layout(
        labels=np.zeros((size_px, size_px), np.int32),
        relative_radius=np.ones((size_px, size_px)),
        num_nuclei=0,
    )


def draw_layout(rng: np.random.Generator, size_px: int, crowding: float = 1.0) -> Layout:
    """Draws clumps until the canvas holds as many nuclei as its density asks for.

    Where two nuclei overlap, a pixel belongs to the one whose rim is relatively farther, so the
    border between them is a line as in real clumps.

    Args:
        rng: Decides everything.
        size_px: Height and width.
        crowding: Nuclei as a share of what is usual; one at least.
    """
    layout = empty_layout(size_px)
    radius_px = rng.uniform(6.5, 10.5)
    density = rng.uniform(0.14, 0.36) / (np.pi * radius_px**2)
    wanted = max(1, round(crowding * density * size_px**2))
    count = 0
    for _ in range(4 * wanted):
        if count >= wanted:
            break
        is_alone = rng.random() < _ALONE_FRAC
        clump_size = 1 if is_alone else 1 + int(rng.geometric(0.4))
        clump_size = min(wanted - count, clump_size)
        count = _grow_clump(rng, layout, radius_px, count, clump_size)
    return replace(layout, num_nuclei=count)


def _grow_clump(
    rng: np.random.Generator, layout: Layout, radius_px: float, count: int, clump_size: int
) -> int:
    """Writes up to `clump_size` nuclei that lean on each other; returns the new largest id."""
    size_px = layout.labels.shape[0]
    y_px, x_px = rng.uniform(0.0, size_px, 2)
    seed = replace(_draw_nucleus(rng, radius_px), y_px=float(y_px), x_px=float(x_px))
    if not _write(layout, seed, count + 1, clearance=_CLEARANCE):
        return count
    members = [seed]
    count += 1
    for _ in range(_TRIES_PER_NUCLEUS * (clump_size - 1)):
        if len(members) >= clump_size:
            break
        neighbour = members[int(rng.integers(len(members)))]
        nucleus = _lean_on(rng, neighbour, _draw_nucleus(rng, radius_px))
        if _write(layout, nucleus, count + 1):
            members.append(nucleus)
            count += 1
    return count


def _draw_nucleus(rng: np.random.Generator, radius_px: float) -> Outline:
    return draw_outline(
        rng,
        radius_px=float(radius_px * np.exp(rng.normal(0.0, 0.2))),
        elongation=float(1.0 + rng.gamma(2.0, 0.24)),
    )


def _lean_on(rng: np.random.Generator, neighbour: Outline, nucleus: Outline) -> Outline:
    """Moves `nucleus` beside `neighbour` so that their rims just meet or overlap a little."""
    direction = float(rng.uniform(0.0, 2 * np.pi))
    reach_px = neighbour.rim_distance_px(direction) + nucleus.rim_distance_px(direction + np.pi)
    distance_px = reach_px * float(rng.uniform(0.84, 0.99))
    return replace(
        nucleus,
        y_px=neighbour.y_px + distance_px * float(np.sin(direction)),
        x_px=neighbour.x_px + distance_px * float(np.cos(direction)),
    )


def _write(layout: Layout, nucleus: Outline, label: int, *, clearance: float = 1.0) -> bool:
    """Adds a nucleus to the canvas in place, unless it hides or is hidden too much.

    With a clearance above 1, none of it may be hidden even if it were larger by that factor.
    """
    size_px = layout.labels.shape[0]
    reach_px = clearance * nucleus.reach_px
    top, left = (max(0, int(c - reach_px)) for c in (nucleus.y_px, nucleus.x_px))
    bottom, right = (min(size_px, int(c + reach_px) + 2) for c in (nucleus.y_px, nucleus.x_px))
    if top >= bottom or left >= right:
        return False
    box = (slice(top, bottom), slice(left, right))
    y_px, x_px = np.mgrid[box].astype(np.float64)
    radius = nucleus.relative_radius(y_px, x_px)
    inside = radius < 1.0
    taken = layout.labels[box] > 0
    if (inside & taken).sum() > _MAX_OVERLAP_FRAC * inside.sum() or not inside.any():
        return False
    if clearance > 1.0 and (taken & (radius < clearance)).any():
        return False
    won = inside & (radius < layout.relative_radius[box])
    layout.labels[box][won] = label
    layout.relative_radius[box][won] = radius[won]
    return True
