"""Makes pixels of COCO's segmentations: polygons, and run lengths of both kinds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainables.data.image_file import UnusableFileError
from trainables.data.readers.run_lengths import expand_text, pixels_of_runs

__all__ = ["pixels_of_segmentation"]


def pixels_of_segmentation(segmentation: Any, height: int, width: int) -> NDArray[np.int64]:
    """The pixels of an instance, as pycocotools would mark them.

    Args:
        segmentation: Polygons as lists of x, y, x, y, ..., or a mapping of `size` and `counts`
            (a list of run lengths, or a text that is compressed of them).
        height: Of the image.
        width: Of the image.

    Returns:
        Flat indices, row by row, ascending; empty for polygons of less than three points.

    Raises:
        UnusableFileError: It is nothing of that, or does not suit the image.
    """
    match segmentation:
        case {"counts": counts, "size": [int(rows), int(columns)]}:
            if (rows, columns) != (height, width):
                raise UnusableFileError(
                    f"its mask is {rows}x{columns} px, the image {height}x{width} px"
                )
            runs = expand_text(counts) if isinstance(counts, str) else counts
            if not isinstance(runs, list):
                raise UnusableFileError("the `counts` of its mask are no list and no text")
            return pixels_of_runs(runs, height, width)
        case [_, *_]:
            return _fill_polygons(segmentation, height, width)
        case _:
            raise UnusableFileError("has no mask or polygon (a box alone does not do)")


def _fill_polygons(polygons: list[Any], height: int, width: int) -> NDArray[np.int64]:
    from pycocotools import mask

    whole: list[list[float]] = []
    for polygon in polygons:
        _check_polygon(polygon, height, width)
        # pycocotools takes four numbers for a box.
        if len(polygon) >= 6:
            whole.append([float(number) for number in polygon])
    if not whole:
        return np.zeros(0, np.int64)
    merged = mask.merge(mask.frPyObjects(whole, height, width))
    return pixels_of_runs(expand_text(merged["counts"]), height, width)


def _check_polygon(polygon: Any, height: int, width: int) -> None:
    if not isinstance(polygon, list) or len(polygon) % 2:
        raise UnusableFileError("a polygon is no list of x, y, x, y, ...")
    for place, number in enumerate(polygon):
        if not isinstance(number, int | float) or not math.isfinite(number):
            raise UnusableFileError("a polygon holds something that is no number")
        side = height if place % 2 else width
        if not -side <= number <= 2 * side:
            raise UnusableFileError(
                f"a polygon lies far outside the image ({number:g} of {side} px)"
            )
