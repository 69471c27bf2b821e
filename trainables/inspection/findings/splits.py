"""Splits that are too small, or that differ so much that one says little about the other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sweeper.protocol import DataFinding
from trainables.inspection.measures import SplitMeasures
from trainables.inspection.subject import Subject
from trainables.inspection.wording import counted, share

__all__ = ["find_between_splits"]

#: AJI varies by about 0.13 from image to image.
AJI_SPREAD = 0.13
#: Fewer images than this can't tell settings apart that differ by 0.05.
FEW_IMAGES = 8
#: Medians of nucleus diameters that differ by this factor are another magnification.
SIZE_RATIO = 1.6
#: Images of a kind (gray, dark on bright) that one split has and the other knows nothing of.
KNOWN_FRAC = 0.02
OFTEN_FRAC = 0.1
#: Medians this many standard deviations apart, with room for sets that hardly vary.
SHIFT_SD = 3.0
LEAST_SD = 0.03


def find_between_splits(subject: Subject) -> Iterator[DataFinding]:
    """Findings about splits beside each other."""
    train = subject.split("train")
    for split in subject.splits:
        if split.name == "train":
            continue
        if split.num_images < FEW_IMAGES:
            yield _few(split)
        if train is not None:
            yield from _sizes(subject, split)
            yield from _strange_kinds(train, split)
            yield from _shift(train, split)


def _few(split: SplitMeasures) -> DataFinding:
    error = AJI_SPREAD / np.sqrt(split.num_images)
    return DataFinding(
        severity="note",
        subject=f"{split.name}: few images",
        sentence=f"{counted(split.num_images, 'image')} to score on",
        consequence=f"AJI varies by about {AJI_SPREAD} between images, so a mean over these is off "
        f"by {error:.2f}, and smaller differences between trials are luck",
    )


def _sizes(subject: Subject, split: SplitMeasures) -> Iterator[DataFinding]:
    train_px, other_px = (
        subject.facts[f"{name}/median_diameter_px"] for name in ("train", split.name)
    )
    if not min(train_px, other_px) or 1 / SIZE_RATIO < other_px / train_px < SIZE_RATIO:
        return
    yield DataFinding(
        severity="warning",
        subject=f"{split.name}: size of nuclei",
        sentence=f"the median nucleus is {other_px:.0f} px across in {split.name} "
        f"and {train_px:.0f} px in train",
        consequence="a network that has learnt one size does badly on the other; "
        "bring both to one pixel size",
    )


def _strange_kinds(train: SplitMeasures, split: SplitMeasures) -> Iterator[DataFinding]:
    kinds = (
        ("in colour", lambda one: np.array([not image.is_gray for image in one.images])),
        ("gray", lambda one: np.array([image.is_gray for image in one.images])),
        ("with dark nuclei", lambda one: one.per_pixels("contrast") < 0),
        ("with bright nuclei", lambda one: one.per_pixels("contrast") > 0),
    )
    for words, select in kinds:
        here, known = select(split), select(train)
        if here.mean() < OFTEN_FRAC or known.mean() > KNOWN_FRAC:
            continue
        yield DataFinding(
            severity="warning",
            subject=f"{split.name}: unknown kind of images",
            sentence=f"{share(here.sum(), here.size)} of the {split.name} images are {words}, "
            f"{share(known.sum(), known.size)} of the training images",
            consequence="training does not prepare for them; scores there say little about the "
            "settings; split the images anew, or train on both kinds",
            worst=[image.name for image, is_so in zip(split.images, here, strict=True) if is_so],
        )


def _shift(train: SplitMeasures, split: SplitMeasures) -> Iterator[DataFinding]:
    known, here = (np.abs(one.per_pixels("contrast")) for one in (train, split))
    known, here = known[np.isfinite(known)], here[np.isfinite(here)]
    if min(known.size, here.size) < FEW_IMAGES:
        return
    low, high = np.percentile(known, (25, 75))
    spread = max(LEAST_SD, float(high - low) / 1.35)
    medians = float(np.median(known)), float(np.median(here))
    if abs(medians[1] - medians[0]) < SHIFT_SD * spread:
        return
    yield DataFinding(
        severity="warning",
        subject=f"{split.name}: contrast",
        sentence=f"between nuclei and background lie {medians[1]:.0%} of an image's range in "
        f"{split.name}, {medians[0]:.0%} in train",
        consequence="the splits come from different stains, exposures or exports; scores there say "
        "as much about that as about the settings; split the images anew, or augment with 'all'",
    )
