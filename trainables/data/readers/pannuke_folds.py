"""Finds PanNuke's files: `images.npy` of each fold, and the `masks.npy` that belongs to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sweeper.protocol import Problem
from trainables.data.image_file import UnusableFileError
from trainables.data.readers.array_file import map_array

__all__ = ["LAYOUT", "find_folds", "find_masks", "map_stack"]

LAYOUT = (
    "expected are folders of folds (`Fold 1`, `fold2`, ...), each with an images.npy (N, H, W, 3) "
    "and a masks.npy (N, H, W, 6), somewhere in it"
)
_FOLD = re.compile(r"fold[ _-]?(\d+)", re.IGNORECASE)


def find_folds(root: Path, problems: list[Problem]) -> dict[int, Path]:
    """`images.npy` by number of the fold; what can't be told apart is added to `problems`."""
    found: dict[int, Path] = {}
    paths = sorted(root.rglob("images.npy"))
    for path in paths:
        numbers = _FOLD.findall(path.relative_to(root).as_posix()) or _FOLD.findall(root.name)
        if not numbers and len(paths) > 1:
            reason = "no folder of it says which fold it is; name one `fold1`, `fold2`, ..."
            problems.append(Problem(where=str(path), reason=reason))
            continue
        number = int(numbers[-1]) if numbers else 1
        if number in found:
            reason = f"fold {number} is in {found[number]} as well; keep one of the two"
            problems.append(Problem(where=str(path), reason=reason))
        found.setdefault(number, path)
    if not paths:
        problems.append(Problem(where=str(root), reason=f"no images.npy in it; {LAYOUT}"))
    return dict(sorted(found.items()))


def find_masks(images_path: Path) -> Path | None:
    """`masks.npy` in the same folder, or where `masks` stands for `images` in the path; or None."""
    beside = images_path.with_name("masks.npy")
    if beside.is_file():
        return beside
    parts = list(images_path.parent.parts)
    for place, part in reversed(list(enumerate(parts))):
        if part.lower() == "images":
            other = Path(*parts[:place], part.lower().replace("images", "masks"))
            candidates = [other.joinpath(*parts[place + 1 :]) / "masks.npy", other / "masks.npy"]
            return next((path for path in candidates if path.is_file()), None)
    return None


def map_stack(path: Path, channels: int) -> NDArray[Any]:
    """Maps an array of images of so many channels.

    Raises:
        UnusableFileError: It can't be read, or has another shape or no numbers.
    """
    array = map_array(path)
    if array.ndim != 4 or array.shape[3] != channels:
        shape = " x ".join(map(str, array.shape)) or "a single number"
        raise UnusableFileError(
            f"has the shape {shape}; PanNuke's is N x height x width x {channels}"
        )
    if array.dtype.kind not in "uifb":
        raise UnusableFileError(f"holds {array.dtype} values; numbers are expected")
    return array
