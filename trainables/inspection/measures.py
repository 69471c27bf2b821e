"""Measures the images of a split: all of them, or a fair sample where there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as find_pieces

from trainables.data import Split
from trainables.decoding import Decoder, hv_targets
from trainables.inspection.nuclei import NucleiMeasures, measure_nuclei
from trainables.inspection.pixels import PixelMeasures, measure_pixels
from trainables.metrics import aji

__all__ = ["ImageMeasures", "SplitMeasures", "measure_split"]

#: Pixels of a split that are measured, about three seconds of them on one core.
MEASURED_PX = 32_000_000
#: Pixels of a split whose perfect maps are decoded: this costs twice as much.
DECODED_PX = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageMeasures:
    """One image.

    Attributes:
        name: Of the sample.
        shape: Height and width.
        is_gray: Whether it is stored with one channel.
        nuclei: Of its labels.
        pixels: Of the image itself.
        components_aji: AJI of the connected components of the true foreground.
        hv_magnitude: Mean length of the true HoVer vectors over the nuclei's pixels; NaN without.
        decoded_aji: AJI of the decoding of the true maps; NaN where it was not tried.
    """

    name: str
    shape: tuple[int, int]
    is_gray: bool
    nuclei: NucleiMeasures
    pixels: PixelMeasures
    components_aji: float
    hv_magnitude: float
    decoded_aji: float

    @property
    def num_nuclei(self) -> int:
        """Ids that its labels hold."""
        return len(self.nuclei)

    @property
    def size_px(self) -> int:
        """All its pixels."""
        return self.shape[0] * self.shape[1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SplitMeasures:
    """The images of a split.

    Attributes:
        name: Of the split.
        num_images: How many it has; more than `images` where a sample was measured.
        images: Those that were measured, in the order of the split.
        empty: Names of all images without a nucleus.
    """

    name: str
    num_images: int
    images: Sequence[ImageMeasures]
    empty: Sequence[str]

    @property
    def is_sampled(self) -> bool:
        """Whether some images were not measured."""
        return len(self.images) < self.num_images

    def per_image(self, measure: str) -> NDArray[np.float64]:
        """A number of `ImageMeasures` for each measured image."""
        return np.array([getattr(image, measure) for image in self.images], np.float64)

    def per_pixels(self, measure: str) -> NDArray[np.float64]:
        """A number of `PixelMeasures` for each measured image."""
        return np.array([getattr(image.pixels, measure) for image in self.images], np.float64)

    def per_nucleus(self, measure: str) -> NDArray[np.int64]:
        """A number of `NucleiMeasures` for each nucleus of the measured images."""
        found = [getattr(image.nuclei, measure) for image in self.images]
        return np.concatenate([*found, np.zeros(0, np.int64)]).astype(np.int64)

    @property
    def image_of_nucleus(self) -> NDArray[np.int64]:
        """The place in `images` of each nucleus."""
        counts = [len(image.nuclei) for image in self.images]
        return np.repeat(np.arange(len(counts)), counts)


def measure_split(
    name: str, split: Split, *, decoder: Decoder, measured_px: int = MEASURED_PX
) -> SplitMeasures:
    """Measures a split in bounded time.

    Args:
        name: Of the split.
        split: Its images.
        decoder: Tried on the perfect maps of some images.
        measured_px: About how many pixels are looked at; the images are drawn evenly, always the
            same ones. Whether an image has nuclei is asked of every image.
    """
    empty = [split.names[i] for i in range(len(split)) if not split.labels(i).any()]
    measured = _draw(split, measured_px)
    decoded = set(_draw(split, min(DECODED_PX, measured_px)))
    images = [
        _measure_image(split, index, decoder=decoder if index in decoded else None)
        for index in sorted(measured)
    ]
    return SplitMeasures(name=name, num_images=len(split), images=images, empty=empty)


def _draw(split: Split, most_px: int) -> list[int]:
    """Images of about so many pixels together, at least one; those of a smaller limit first."""
    order = np.random.default_rng(0).permutation(len(split)).tolist()
    sizes_px = np.cumsum([split.labels(index).size for index in order])
    return order[: max(1, int(np.searchsorted(sizes_px, most_px, side="right")))]


def _measure_image(split: Split, index: int, *, decoder: Decoder | None) -> ImageMeasures:
    image, labels = split.image(index), split.labels(index)
    mask, maps = labels > 0, hv_targets(labels)
    decoded_aji = np.nan
    if decoder is not None:
        decoded_aji = aji(labels, decoder.decode({"np": mask.astype(np.float32), "hv": maps}))
    height, width = labels.shape
    return ImageMeasures(
        name=split.names[index],
        shape=(height, width),
        is_gray=split.stored_images[index].shape[2] == 1,
        nuclei=measure_nuclei(labels),
        pixels=measure_pixels(image, labels),
        components_aji=aji(labels, find_pieces(mask, connectivity=1)),
        hv_magnitude=float(np.hypot(*maps)[mask].mean()) if mask.any() else np.nan,
        decoded_aji=decoded_aji,
    )
