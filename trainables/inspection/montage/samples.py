"""Parts of images that are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainables.data import Split
from trainables.data.nucleus_types import paint_types

__all__ = ["Sample", "choose_samples", "whole_sample"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """A part of an image, or all of it.

    Attributes:
        title: Split, name and size.
        image: (N, N, C).
        labels: (N, N).
        types: Class of each pixel, (N, N); None: nuclei have no types.
    """

    title: str
    image: NDArray[np.float32]
    labels: NDArray[np.int32]
    types: NDArray[np.int32] | None


def choose_samples(
    splits: Mapping[str, Split], counts: Mapping[str, int], window_px: int, seed: int
) -> Iterator[Sample]:
    """Draws images of the splits, of each a square with nuclei in it where there are some."""
    for place, (name, count) in enumerate(counts.items()):
        split = splits[name]
        rng = np.random.default_rng([seed, 0, place])
        order = rng.permutation(len(split)).tolist()
        # Images with nuclei come first: an empty one shows nothing.
        order.sort(key=lambda index: not split.labels(index).any())
        for index in order[:count]:
            yield _cut(name, split, index, _window(split.labels(index), window_px, rng))


def whole_sample(split_name: str, split: Split, index: int) -> Sample:
    """All of an image."""
    return _cut(split_name, split, index, (slice(None), slice(None)))


def _cut(split_name: str, split: Split, index: int, window: tuple[slice, slice]) -> Sample:
    labels = split.labels(index)[window]
    sizes = ["x".join(map(str, shape)) for shape in (labels.shape, split.labels(index).shape)]
    size = sizes[1] if sizes[0] == sizes[1] else f"{sizes[0]} of {sizes[1]}"
    return Sample(
        title=f"{split_name}: {split.names[index]}  ({size} px)",
        image=split.image(index)[window],
        labels=labels,
        types=paint_types(labels, split.types(index)) if split.type_names else None,
    )


def _window(
    labels: NDArray[np.int32], window_px: int, rng: np.random.Generator
) -> tuple[slice, slice]:
    """A square of at most so many pixels about a pixel of a nucleus."""
    nuclei = np.flatnonzero(labels)
    pixel = int(nuclei[rng.integers(nuclei.size)]) if nuclei.size else labels.size // 2
    middle = divmod(pixel, labels.shape[1])
    side_px = min(window_px, *labels.shape)
    starts = [
        min(max(0, at - side_px // 2), side - side_px)
        for at, side in zip(middle, labels.shape, strict=True)
    ]
    return slice(starts[0], starts[0] + side_px), slice(starts[1], starts[1] + side_px)
