"""Draws one image with its exact labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as find_pieces

from trainables.data.config import Look, SyntheticConfig
from trainables.data.source import Sample, SplitName
from trainables.data.synthetic.fluorescence import draw_fluorescence
from trainables.data.synthetic.kinds import draw_kinds, draw_pattern
from trainables.data.synthetic.layout import draw_layout, empty_layout
from trainables.data.synthetic.tissue import draw_tissue

__all__ = ["GENERATOR_VERSION", "draw_scene"]

#: Part of the cache's key: raise it whenever an image comes out differently.
GENERATOR_VERSION = 1

_SPLIT_CODES: dict[SplitName, int] = {"train": 0, "val": 1, "test": 2}
_MARGIN_PX = 16
_KINDS_KEY = 1
_MIN_NUCLEUS_PX = 12
_EMPTY_EVERY, _EMPTY_AT = 23, 16


def draw_scene(config: SyntheticConfig, split: SplitName, index: int) -> Sample:
    """Draws image `index` of a split.

    The canvas is larger than the image, so that nuclei are cut by its border as in a real field
    of view. One image in 23 holds no nuclei.

    Args:
        config: Seed, look, size, kinds and crowding.
        split: `train`, `val` or `test`.
        index: From 0.

    Returns:
        The image, uint8, and its labels: nuclei 1 to n, each in one piece (4-neighbours); with
        several kinds, their types.
    """
    rng = np.random.default_rng((config.seed, _SPLIT_CODES[split], index))
    canvas_px = config.size_px + 2 * _MARGIN_PX
    is_empty = index % _EMPTY_EVERY == _EMPTY_AT
    layout = empty_layout(canvas_px) if is_empty else draw_layout(rng, canvas_px, config.crowding)
    # Of a generator of their own, so that all else is drawn as without kinds.
    kinds_rng = np.random.default_rng((config.seed, _SPLIT_CODES[split], index, _KINDS_KEY))
    kinds = draw_kinds(kinds_rng, layout.num_nuclei, config.kinds)
    pattern = draw_pattern(kinds_rng, layout, kinds) if config.kinds > 1 else None
    match _look_of(config.look, index):
        case "tissue":
            canvas = draw_tissue(rng, layout, pattern)
        case _:
            canvas = draw_fluorescence(rng, layout, pattern)
    view = slice(_MARGIN_PX, _MARGIN_PX + config.size_px)
    drawn = layout.labels[view, view]
    labels = _keep_whole(drawn)
    return Sample(
        image=np.ascontiguousarray(canvas[view, view]),
        labels=labels,
        types=_types_of(labels, kinds[drawn]) if config.kinds > 1 else {},
    )


def _types_of(labels: NDArray[np.int32], kinds: NDArray[np.int64]) -> dict[int, int]:
    """The kind of each nucleus, given the kind at each pixel."""
    ids, places = np.unique(labels, return_index=True)
    return {int(i): int(kinds.flat[place]) for i, place in zip(ids, places, strict=True) if i}


def _look_of(look: Look, index: int) -> Look:
    if look != "mixed":
        return look
    return "tissue" if index % 2 else "fluorescence"


def _keep_whole(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Keeps the largest piece of each nucleus, drops slivers and numbers the rest from 1."""
    pieces = find_pieces(labels, background=0, connectivity=1)
    sizes = np.bincount(pieces.ravel())
    owner = np.zeros(len(sizes), np.int64)
    owner[pieces.ravel()] = labels.ravel()
    by_size = np.argsort(sizes, kind="stable")
    largest = np.zeros(labels.max() + 1, np.int64)
    largest[owner[by_size]] = by_size
    kept = np.zeros(len(sizes), bool)
    kept[largest[1:]] = True
    kept[(sizes < _MIN_NUCLEUS_PX) | (owner == 0)] = False
    renumbered = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
    return renumbered[pieces]
