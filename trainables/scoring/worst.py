"""Which images are worth a picture. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from trainables.scoring.estimates import ImageRecord

__all__ = ["worst_images"]

#: What an image without nuclei lacks.
_OF_NUCLEI = "hv_magnitude"


def worst_images(records: Sequence[ImageRecord], score: str, number: int) -> list[int]:
    """The images of the lowest score, lowest first, one image without nuclei among them at most.

    Such an image has 0 as soon as anything is found in it, and all of them tell the same.

    Args:
        records: Of the images.
        score: A score that all images have; higher is better.
        number: Of images, at most.
    """
    order = sorted(range(len(records)), key=lambda item: records[item].scores[score])
    empty = [item for item in order if _OF_NUCLEI not in records[item].scores]
    alike = set(empty[1:])
    return [item for item in order if item not in alike][:number]
