"""Masks that are empty, nearly empty, nearly full, or no instances at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sweeper.protocol import DataFinding
from trainables.inspection.findings.grading import grade
from trainables.inspection.measures import ImageMeasures, SplitMeasures
from trainables.inspection.subject import Subject
from trainables.inspection.wording import counted, share

__all__ = ["find_in_masks", "looks_like_mask"]

#: From here on a network that predicts nothing is right on most images.
EMPTY_SEVERE = 0.8
#: In val and test each empty image gives AJI, PQ and Dice 1 to a network that predicts nothing:
#: soon more than what separates good settings. In training, steps without nuclei must stay rare.
EMPTY_WARNING = {"train": 0.3, "val": 0.1, "test": 0.1}
#: At 2 % foreground the best constant answer has a BCE of 0.1, which looks like success.
SPARSE_FRAC = 0.02
#: Nuclei that cover nearly all of an image leave no background to learn.
FULL_FRAC = 0.9
#: An id that covers half an image is a background with an id, or a mask of all nuclei together.
HUGE_FRAC = 0.5
#: More than half of the pieces share their id with another, and not by chance of a few: ids are
#: classes, or one for all nuclei.
SHARED_FRAC = 0.5
MASK_PIECES = 6
#: From this share of images on it is how the labels were made, below it some slipped in.
MANY_IMAGES = 0.2


def find_in_masks(subject: Subject) -> Iterator[DataFinding]:
    """Findings about the foreground as a whole."""
    for split in subject.splits:
        yield from _empty(split)
        yield from _masks(split)
        yield from _huge(split)
        yield from _foreground(split, subject.facts[f"{split.name}/foreground_frac"])


def _empty(split: SplitMeasures) -> Iterator[DataFinding]:
    if not split.empty:
        return
    num_empty, frac = len(split.empty), len(split.empty) / split.num_images
    if frac == 1:
        consequence = "the empty answer is the only one to learn and to reward; are labels missing?"
    elif split.name == "train":
        consequence = (
            "on them a prediction of 0 everywhere has loss 0 and is right, no collapse; "
            "look whether they were labelled at all"
        )
    else:
        consequence = (
            f"a network that predicts nothing scores AJI {frac:.2f} by them alone; "
            "look whether they were labelled at all"
        )
    yield DataFinding(
        severity=grade(frac, warning=EMPTY_WARNING[split.name], severe=EMPTY_SEVERE),
        subject=f"{split.name}: empty masks",
        sentence=f"{num_empty} of {counted(split.num_images, 'image')} "
        f"({share(num_empty, split.num_images)}) without a nucleus",
        consequence=consequence,
        worst=_most_structured(split),
    )


def _most_structured(split: SplitMeasures) -> Sequence[str]:
    """Empty ones, those first that look most like objects on a background."""
    structure = {image.name: image.pixels.structure for image in split.images}
    return sorted(split.empty, key=lambda name: -np.nan_to_num(structure.get(name, 0.0)))


def looks_like_mask(image: ImageMeasures) -> bool:
    """Whether the labels of an image are rather a foreground mask or a map of classes."""
    pieces = image.nuclei.pieces
    num_pieces, num_shared = int(pieces.sum()), int(pieces[pieces > 1].sum())
    return num_pieces >= MASK_PIECES and num_shared > SHARED_FRAC * num_pieces


def _masks(split: SplitMeasures) -> Iterator[DataFinding]:
    masks = [image for image in split.images if looks_like_mask(image)]
    if not masks:
        return
    masks.sort(key=lambda image: -int(image.nuclei.pieces.sum()))
    ids, pieces = (
        sum(number(image) for image in masks)
        for number in (lambda image: len(image.nuclei), lambda image: image.nuclei.pieces.sum())
    )
    yield DataFinding(
        severity=grade(len(masks) / len(split.images), warning=0.0, severe=MANY_IMAGES),
        subject=f"{split.name}: labels without instances",
        sentence=f"the labels of {len(masks)} of {counted(len(split.images), 'image')} hold "
        f"{counted(ids, 'id')} in {pieces} pieces, like foreground masks or maps of classes",
        consequence="all pieces of an id count as one nucleus, whose vectors point between them; "
        "give every nucleus an id of its own (and its class as a type)",
        worst=[image.name for image in masks],
    )


def _huge(split: SplitMeasures) -> Iterator[DataFinding]:
    shares = [float(image.nuclei.areas_px.max(initial=0)) / image.size_px for image in split.images]
    order = [place for place in np.argsort(shares)[::-1] if shares[place] > HUGE_FRAC]
    if not order:
        return
    yield DataFinding(
        severity=grade(len(order) / len(split.images), warning=0.0, severe=MANY_IMAGES),
        subject=f"{split.name}: ids that fill images",
        sentence=f"in {len(order)} of {counted(len(split.images), 'image')} one id covers more "
        f"than {HUGE_FRAC:.0%} of the image (up to {shares[order[0]]:.0%})",
        consequence="either the background has an id, which must be 0, or nuclei share one",
        worst=[split.images[place].name for place in order],
    )


def _foreground(split: SplitMeasures, frac: float) -> Iterator[DataFinding]:
    if frac > FULL_FRAC:
        yield DataFinding(
            severity="severe",
            subject=f"{split.name}: foreground",
            sentence=f"nuclei cover {share(frac, 1)} of the pixels",
            consequence="there is hardly any background to learn; is its id not 0?",
        )
    elif split.name == "train" and 0 < frac < SPARSE_FRAC:
        entropy = -frac * np.log(frac) - (1 - frac) * np.log1p(-frac)
        yield DataFinding(
            severity="warning",
            subject=f"{split.name}: foreground",
            sentence=f"nuclei cover {share(frac, 1)} of the pixels",
            consequence=f"predicting {frac:.2g} everywhere has a BCE of only {entropy:.2f}: watch "
            "val/np_bce_ratio instead, keep nuclei_frac high, weigh Dice or focal terms up",
            worst=_sparsest(split),
        )


def _sparsest(split: SplitMeasures) -> Sequence[str]:
    frac = {
        image.name: float(image.nuclei.areas_px.sum()) / image.size_px
        for image in split.images
        if len(image.nuclei)
    }
    return sorted(frac, key=lambda name: frac[name])
