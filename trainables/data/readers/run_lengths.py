"""Run-length encoded masks of COCO, checked before they are believed.

pycocotools decodes them as well, but reads and writes beyond its memory if they are damaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainables.data.image_file import UnusableFileError

__all__ = ["expand_text", "pixels_of_runs"]

_FIRST, _LAST = ord("0"), ord("0") + 63


def expand_text(text: str | bytes) -> list[int]:
    """The run lengths of a compressed mask.

    Six bits a character, the lowest first: five of the number, one that says whether more follow;
    from the third run on, each number is the difference to the run before the last.

    Raises:
        UnusableFileError: It is no such text, or ends in the middle of a number.

    Source: `rleToString` of the COCO API, https://github.com/cocodataset/cocoapi.
    """
    runs: list[int] = []
    value = shift = 0
    codes = text.encode("utf-8") if isinstance(text, str) else text
    for code in codes:
        if not _FIRST <= code <= _LAST or shift > 60:
            raise UnusableFileError("a compressed mask is damaged; export it again")
        bits = code - _FIRST
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            if bits & 0x10:
                value -= 1 << shift
            runs.append(value + runs[-2] if len(runs) > 2 else value)
            value = shift = 0
    if shift:
        raise UnusableFileError("a compressed mask ends too early; export it again")
    return runs


def pixels_of_runs(runs: Sequence[Any], height: int, width: int) -> NDArray[np.int64]:
    """The pixels of a mask.

    Args:
        runs: Lengths of background and mask in turn, down the columns, background first.
        height: Of the image.
        width: Of the image.

    Returns:
        Flat indices, row by row, ascending.

    Raises:
        UnusableFileError: They are no such numbers, or their sum is not the image's size.
    """
    if not all(isinstance(run, int) and 0 <= run <= height * width for run in runs):
        raise UnusableFileError("a mask has run lengths that are no numbers of pixels")
    ends = list(accumulate(runs, initial=0))
    if ends[-1] != height * width:
        raise UnusableFileError(
            f"a mask has {ends[-1]} pixels, its image {height}x{width} px has {height * width}"
        )
    parts = [np.arange(start, end) for start, end in zip(ends[1::2], ends[2::2], strict=False)]
    down = np.concatenate([*parts, np.zeros(0, np.int64)])
    return np.sort(down % height * width + down // height) if len(down) else down
