"""Reads an image and the file with its nuclei, and says what is wrong with both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from sweeper.protocol import DataError, Problem
from trainables.data.image_file import UnusableFileError, read_image
from trainables.data.readers.pairs import Pair

__all__ = ["read_pair"]

T = TypeVar("T")


def read_pair(pair: Pair, load: Callable[[Path], T]) -> tuple[NDArray[Any], T]:
    """Reads both files of a pair.

    Args:
        pair: The files.
        load: Reads the label file; raises `UnusableFileError`.

    Returns:
        The image, (H, W, 1 or 3), and what `load` has made of the other file.

    Raises:
        DataError: One of them can't be used, or both.
    """
    problems: list[Problem] = []
    image: NDArray[Any] | None = None
    loaded: list[T] = []
    try:
        image = read_image(pair.image_path)
    except UnusableFileError as error:
        problems.append(Problem(where=str(pair.image_path), reason=str(error)))
    try:
        loaded.append(load(pair.label_path))
    except UnusableFileError as error:
        problems.append(Problem(where=str(pair.label_path), reason=str(error)))
    if image is None or not loaded:
        raise DataError(problems)
    return image, loaded[0]
