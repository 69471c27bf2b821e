"""Training crops that are too small for the nuclei, or too large for the images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sweeper.protocol import DataFinding
from trainables.inspection.findings.grading import grade
from trainables.inspection.subject import Subject
from trainables.inspection.wording import counted, share

__all__ = ["find_in_crops"]

#: One nucleus in a thousand is an odd giant, as in most real data; from a percent on scores show
#: it, and a fifth of all nuclei is a crop of the wrong size.
CUT_NOTE, CUT_WARNING, CUT_SEVERE = 0.001, 0.01, 0.2
#: Parts of crops that show nothing, over all images: time is lost, and batches are half empty.
PADDED_WARNING = 0.25


def find_in_crops(subject: Subject) -> Iterator[DataFinding]:
    """Findings about `crop_px`, in the training images."""
    train = subject.split("train")
    if train is None:
        return
    sides_px, crop_px = train.per_nucleus("sides_px"), subject.crop_px
    is_cut = sides_px > crop_px
    if is_cut.size and is_cut.mean() >= CUT_NOTE:
        count = int(is_cut.sum())
        largest = [int(image.nuclei.sides_px.max(initial=0)) for image in train.images]
        yield DataFinding(
            severity=grade(float(is_cut.mean()), warning=CUT_WARNING, severe=CUT_SEVERE),
            subject="train: nuclei larger than a crop",
            sentence=f"{count} of {counted(is_cut.size, 'nucleus', 'nuclei')} "
            f"({share(count, is_cut.size)}) longer than crop_px {crop_px} "
            f"(up to {sides_px.max()} px)",
            consequence="no crop shows them whole, so their vectors in training point at the "
            "centre of a cut-off part; raise crop_px",
            worst=[
                train.images[place].name
                for place in np.argsort([-side for side in largest], kind="stable")
                if largest[place] > crop_px
            ],
        )
    shown = np.array([[min(side, crop_px) for side in image.shape] for image in train.images])
    padded = 1 - shown.prod(axis=1) / crop_px**2
    if padded.mean() > 0:
        yield DataFinding(
            severity=grade(float(padded.mean()), warning=PADDED_WARNING),
            subject="train: images smaller than a crop",
            sentence=f"{share(padded.mean(), 1)} of the crops' pixels lie beyond the images",
            consequence=f"they are 0 and cost time for nothing; lower crop_px {crop_px}",
            worst=[
                train.images[place].name
                for place in np.argsort(-padded, kind="stable")
                if padded[place] > 0
            ],
        )
