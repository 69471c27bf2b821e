"""Nuclei that are tiny, in pieces, hollow, or whose vectors have an odd length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sweeper.protocol import DataFinding
from trainables.inspection.findings.grading import grade
from trainables.inspection.findings.masks import looks_like_mask
from trainables.inspection.measures import SplitMeasures
from trainables.inspection.subject import Subject
from trainables.inspection.wording import counted, share

__all__ = ["find_in_nuclei"]

#: Beyond this share nuclei are lost or spoilt in numbers that scores show; AJI varies by 0.01
#: between seeds.
MANY = 0.01
#: A fifth of the nuclei: something went wrong with all labels.
MOST = 0.2
#: Annotators draw a hole now and then, which costs nothing; one nucleus in a thousand is usual.
HOLES_NOTE = 0.001
#: A hole lengthens the vectors of the rest and invites split nuclei, but far less than pieces do.
HOLES_WARNING = 0.05
#: True vectors have a mean length of 0.67 to 0.70 over large nuclei, up to 0.74 over small ones
#: whose few pixels lie near the edge; real sets lie in between. Rings and nuclei in pieces lie
#: above; below it the labels are no compact shapes either.
MAGNITUDE_USUAL = (0.63, 0.77)
MAGNITUDE_POSSIBLE = (0.55, 0.88)


def find_in_nuclei(subject: Subject) -> Iterator[DataFinding]:
    """Findings about single nuclei."""
    for split in subject.splits:
        yield from _tiny(split, subject.min_object_px)
        yield from _in_pieces(split)
        yield from _hollow(split)
        yield from _magnitude(split)


def _tiny(split: SplitMeasures, min_object_px: int) -> Iterator[DataFinding]:
    areas_px = split.per_nucleus("areas_px")
    is_tiny = areas_px < min_object_px
    if not is_tiny.any():
        return
    yield DataFinding(
        severity=grade(float(is_tiny.mean()), warning=MANY, severe=MOST),
        subject=f"{split.name}: tiny nuclei",
        sentence=f"{_of(is_tiny)} below {min_object_px} px (the smallest: {areas_px.min()} px)",
        consequence="the decoding drops such objects (decode.min_object_px), so they are missed "
        "however good the network is; specks of an annotation tool should go",
        worst=_worst_images(split, is_tiny),
    )


def _in_pieces(split: SplitMeasures) -> Iterator[DataFinding]:
    # Of masks and maps of classes it is said elsewhere that they are such.
    is_mask = np.array([looks_like_mask(image) for image in split.images], bool)
    in_pieces = (split.per_nucleus("pieces") > 1) & ~is_mask[split.image_of_nucleus]
    if not in_pieces.any():
        return
    yield DataFinding(
        severity=grade(float(in_pieces.mean()), warning=MANY, severe=MOST),
        subject=f"{split.name}: nuclei in pieces",
        sentence=f"{_of(in_pieces)} in several pieces",
        consequence="the vectors of all pieces point at a centre between them, which no decoding "
        "follows: each piece counts as an error; relabel the pieces or keep the largest",
        worst=_worst_images(split, in_pieces),
    )


def _hollow(split: SplitMeasures) -> Iterator[DataFinding]:
    is_hollow = split.per_nucleus("hole_px") > 0
    frac = float(is_hollow.mean()) if is_hollow.size else 0.0
    if frac < HOLES_NOTE:
        return
    yield DataFinding(
        severity=grade(frac, warning=HOLES_WARNING, severe=0.5),
        subject=f"{split.name}: nuclei with holes",
        sentence=f"{_of(is_hollow)} with holes",
        consequence="the inside of a hole is taught as background; fill the holes, "
        "or the whole nuclei if the labels are outlines",
        worst=_worst_images(split, is_hollow),
    )


def _magnitude(split: SplitMeasures) -> Iterator[DataFinding]:
    lengths = split.per_image("hv_magnitude")
    pixels = np.array([image.nuclei.areas_px.sum() for image in split.images], float)
    has_nuclei = np.isfinite(lengths)
    if not has_nuclei.any():
        return
    mean = float(np.average(lengths[has_nuclei], weights=pixels[has_nuclei]))
    low, high = MAGNITUDE_USUAL
    if low <= mean <= high:
        return
    is_possible = MAGNITUDE_POSSIBLE[0] <= mean <= MAGNITUDE_POSSIBLE[1]
    away = np.abs(np.nan_to_num(lengths, nan=(low + high) / 2) - (low + high) / 2)
    yield DataFinding(
        severity="warning" if is_possible else "severe",
        subject=f"{split.name}: HoVer targets",
        sentence=f"true vectors have a mean length of {mean:.2f}, usual are 0.67 to 0.72",
        consequence=(
            "nuclei are in pieces, hollow or a few pixels small"
            if mean > high
            else "nuclei are far from compact, or many share an id"
        )
        + "; gates on val/hv_magnitude do not mean what they say",
        worst=[split.images[place].name for place in np.argsort(-away)],
    )


def _of(chosen: NDArray[np.bool_]) -> str:
    """`3 of 120 nuclei (2.5%) are`."""
    count = int(chosen.sum())
    return (
        f"{count} of {counted(chosen.size, 'nucleus', 'nuclei')} ({share(count, chosen.size)}) "
        f"{'is' if count == 1 else 'are'}"
    )


def _worst_images(split: SplitMeasures, chosen: NDArray[np.bool_]) -> Sequence[str]:
    """Images that hold some of the chosen nuclei, those with most of them first."""
    counts = np.bincount(split.image_of_nucleus[chosen], minlength=len(split.images))
    order = np.argsort(-counts, kind="stable")
    return [split.images[place].name for place in order if counts[place]]
