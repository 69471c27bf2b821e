"""Images that are blank, hardly exposed, clipped, or that do not fit their labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sweeper.protocol import DataFinding
from trainables.inspection.findings.grading import grade
from trainables.inspection.measures import SplitMeasures
from trainables.inspection.subject import Subject
from trainables.inspection.wording import counted, share

__all__ = ["find_in_images"]

#: Gray levels of an image below which it shows steps instead of a texture; dim real images of 8
#: bits have 30 and more.
FEW_LEVELS = 16
#: A fifth of the nuclei's pixels without any texture; the worst real image at hand has 16 %.
CLIPPED_FRAC = 0.2
#: Between nuclei and background, as parts of the image's range. On real images 98 % lie above 0.1;
#: with the labels of another image 93 % lie below 0.05.
NO_CONTRAST = 0.05
#: From this share of images on it is how the data were made; below it some slipped in.
MANY_IMAGES = 0.2


def find_in_images(subject: Subject) -> Iterator[DataFinding]:
    """Findings about intensities."""
    for split in subject.splits:
        yield from _constant(split)
        yield from _few_levels(split)
        yield from _clipped(split)
        yield from _no_contrast(split)


def _constant(split: SplitMeasures) -> Iterator[DataFinding]:
    is_constant = split.per_pixels("is_constant") > 0
    if not is_constant.any():
        return
    yield DataFinding(
        severity=grade(float(is_constant.mean()), warning=0.0, severe=MANY_IMAGES),
        subject=f"{split.name}: blank images",
        sentence=f"{_of(is_constant)} of one single value",
        consequence="there is nothing to see on them, whatever their labels say; remove them",
        worst=_names(split, is_constant, split.per_pixels("levels")),
    )


def _few_levels(split: SplitMeasures) -> Iterator[DataFinding]:
    levels = split.per_pixels("levels")
    is_coarse = (levels < FEW_LEVELS) & (levels > 1)
    if not is_coarse.any():
        return
    yield DataFinding(
        severity=grade(float(is_coarse.mean()), warning=MANY_IMAGES),
        subject=f"{split.name}: gray levels",
        sentence=f"{_of(is_coarse)} made of less than {FEW_LEVELS} gray levels",
        consequence="normalising stretches the few steps to full contrast; "
        "export 16-bit images as 16 bits, or leave such images out",
        worst=_names(split, is_coarse, levels),
    )


def _clipped(split: SplitMeasures) -> Iterator[DataFinding]:
    clipped = split.per_pixels("clipped_frac")
    # An image of two values is clipped by its nature: that is told as one of few levels.
    is_clipped = (clipped > CLIPPED_FRAC) & (split.per_pixels("levels") >= FEW_LEVELS)
    if not is_clipped.any():
        return
    yield DataFinding(
        severity=grade(float(is_clipped.mean()), warning=0.05),
        subject=f"{split.name}: saturated nuclei",
        sentence=f"{_of(is_clipped)} saturated in more than {CLIPPED_FRAC:.0%} of the nuclei's "
        f"pixels (up to {np.nanmax(clipped):.0%})",
        consequence="borders between neighbours are lost there; "
        "export without clipping, or expose shorter",
        worst=_names(split, is_clipped, -clipped),
    )


def _no_contrast(split: SplitMeasures) -> Iterator[DataFinding]:
    contrast = np.abs(split.per_pixels("contrast"))
    is_flat = contrast < NO_CONTRAST
    num_flat, num_known = int(is_flat.sum()), int(np.isfinite(contrast).sum())
    if not num_flat:
        return
    yield DataFinding(
        severity=grade(num_flat / num_known, warning=0.05, severe=0.5),
        subject=f"{split.name}: labels that do not fit",
        sentence=f"on {num_flat} of {counted(num_known, 'image')} the labelled pixels are as "
        "bright as the others",
        consequence="are labels shifted, turned, or those of other images? look at the montage; "
        "nothing can be learnt from wrong pairs",
        worst=_names(split, is_flat, contrast),
    )


def _of(chosen: NDArray[np.bool_]) -> str:
    """`3 of 120 images (2.5%) are`."""
    count = int(chosen.sum())
    return (
        f"{count} of {counted(chosen.size, 'image')} ({share(count, chosen.size)}) "
        f"{'is' if count == 1 else 'are'}"
    )


def _names(
    split: SplitMeasures, chosen: NDArray[np.bool_], order: NDArray[np.float64]
) -> Sequence[str]:
    """The chosen images, those with the lowest `order` first."""
    places = np.argsort(order, kind="stable")
    return [split.images[place].name for place in places if chosen[place]]
