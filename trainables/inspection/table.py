"""The numbers about a data set, a row a fact and a column a split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sweeper.protocol import DataMeasure
from trainables.data.nucleus_types import UNKNOWN_NAME
from trainables.inspection.measures import SplitMeasures
from trainables.inspection.subject import Subject

__all__ = ["build_table", "sampled_lines"]

Form = Literal["count", "share", "px", "number"]
_PERCENTS = (5, 95)


def build_table(subject: Subject) -> list[DataMeasure]:
    """All rows; a number that a split does not have is left out."""
    return [
        _counted(subject, "images", "images", "count"),
        _counted(subject, "shortest side", "min_side_px", "px"),
        _counted(subject, "longest side", "max_side_px", "px"),
        _counted(subject, "images without nuclei", "empty_images", "count"),
        _counted(subject, "nuclei", "nuclei", "count"),
        *(_counted(subject, f"  {name}", f"nuclei/{name}", "count") for name in _classes(subject)),
        _counted(subject, "foreground", "foreground_frac", "share"),
        _counted(subject, "median nucleus across", "median_diameter_px", "px"),
        *_sizes(subject),
        _counted(subject, "nuclei touching another", "touching_frac", "share"),
        _nuclei(subject, "nuclei in pieces", lambda one: one.per_nucleus("pieces") > 1),
        _nuclei(subject, "nuclei with holes", lambda one: one.per_nucleus("hole_px") > 0),
        _nuclei(
            subject,
            f"nuclei below {subject.min_object_px} px",
            lambda one: one.per_nucleus("areas_px") < subject.min_object_px,
        ),
        _nuclei(
            subject,
            f"nuclei longer than {subject.crop_px} px",
            lambda one: one.per_nucleus("sides_px") > subject.crop_px,
        ),
        _mean(subject, "contrast of nuclei", lambda one: abs(one.per_pixels("contrast"))),
        _mean(subject, "saturated in nuclei", lambda one: one.per_pixels("clipped_frac"), "share"),
        _mean(subject, "length of HoVer vectors", lambda one: one.per_image("hv_magnitude")),
        _mean(
            subject,
            "AJI of connected components",
            lambda one: one.per_image("components_aji"),
        ),
        _mean(
            subject,
            f"AJI of perfect maps by {subject.decoder}",
            lambda one: one.per_image("decoded_aji"),
        ),
    ]


def _classes(subject: Subject) -> Sequence[str]:
    """With the unknown ones, where there are some."""
    unknown = [subject.facts.get(f"{one.name}/nuclei/{UNKNOWN_NAME}", 0) for one in subject.splits]
    return [*subject.type_names, *([UNKNOWN_NAME] if any(unknown) else [])]


def _counted(subject: Subject, name: str, fact: str, form: Form) -> DataMeasure:
    values = {one.name: subject.facts[f"{one.name}/{fact}"] for one in subject.splits}
    return DataMeasure(name=name, values=values, form=form)


def _sizes(subject: Subject) -> Iterator[DataMeasure]:
    for percent in _PERCENTS:
        values = {
            one.name: 2 * float(np.sqrt(np.percentile(areas_px, percent) / np.pi))
            for one in subject.splits
            if (areas_px := one.per_nucleus("areas_px")).size
        }
        yield DataMeasure(name=f"  {percent}% are smaller", values=values, form="px")


def _nuclei(
    subject: Subject, name: str, select: Callable[[SplitMeasures], NDArray[np.bool_]]
) -> DataMeasure:
    values = {
        one.name: float(chosen.mean()) for one in subject.splits if (chosen := select(one)).size
    }
    return DataMeasure(name=name, values=values, form="share")


def _mean(
    subject: Subject,
    name: str,
    measure: Callable[[SplitMeasures], NDArray[np.float64]],
    form: Form = "number",
) -> DataMeasure:
    """Means over those images that have the number."""
    found = {one.name: measure(one) for one in subject.splits}
    values = {
        split: float(numbers[np.isfinite(numbers)].mean())
        for split, numbers in found.items()
        if np.isfinite(numbers).any()
    }
    return DataMeasure(name=name, values=values, form=form)


def sampled_lines(splits: Sequence[SplitMeasures]) -> list[str]:
    """Says on how many images the numbers rest, where these are not all."""
    return [
        f"{one.name}: {len(one.images)} of {one.num_images} images were measured, drawn evenly; "
        "numbers of images and nuclei, foreground, median size and touching are of all"
        for one in splits
        if one.is_sampled
    ]
