"""Finds images that come twice, equal or nearly so: in one split, or in two."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainables.data.source import SPLITS, SplitName

__all__ = ["Copy", "Look", "find_copies", "look_of", "warn_of_copies"]

_THUMBNAIL_PX = 32
#: Correlation of thumbnails; on real nuclei, different fields stay below 0.65.
_NEAR = 0.95
_BLOCK = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An image that an earlier one shows as well; splits come in the order train, val, test.

    Attributes:
        split: Where it is.
        name: What it is called.
        of_split: Where the earlier image is.
        of_name: What that is called.
        is_equal: Whether all pixels are equal; else the two are nearly equal.
    """

    split: SplitName
    name: str
    of_split: SplitName
    of_name: str
    is_equal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is kept of an image to find its copies.

    Attributes:
        digest: Of its size and its pixels, whatever their type.
        thumbnail: (1024,) float32 of mean 0 and norm 1; 0 throughout if the image is too small or
            too flat to be compared.
    """

    digest: bytes
    thumbnail: NDArray[np.float32]


def look_of(image: NDArray[Any]) -> Look:
    """Takes down how an image looks.

    Args:
        image: (H, W, C) as it comes from its source.
    """
    digest = hashlib.blake2b(repr(image.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(image, "<f8").data)
    height, width = image.shape[:2]
    thumbnail = np.zeros((_THUMBNAIL_PX, _THUMBNAIL_PX))
    if min(height, width) >= _THUMBNAIL_PX:
        rows, columns = (
            np.arange(_THUMBNAIL_PX) * side // _THUMBNAIL_PX for side in (height, width)
        )
        gray = image.mean(axis=2, dtype=np.float64)
        sums = np.add.reduceat(np.add.reduceat(gray, rows, axis=0), columns, axis=1)
        areas = np.outer(np.diff(rows, append=height), np.diff(columns, append=width))
        thumbnail = sums / areas
        thumbnail -= thumbnail.mean()
    norm = float(np.linalg.norm(thumbnail))
    # What is flat but for rounding has no look.
    thumbnail /= norm if norm > 1e-9 * float(np.abs(image).max(initial=1.0)) else np.inf
    return Look(digest=digest.digest(), thumbnail=thumbnail.reshape(-1).astype(np.float32))


def find_copies(
    looks: Mapping[SplitName, Sequence[tuple[str, Look]]],
) -> tuple[Copy, ...]:
    """Finds for each image an earlier one that is equal, else one that is nearly equal.

    Nearly equal are images whose thumbnails of 32 x 32 px correlate above 0.95, whatever their
    size, exposure and file format; turned or cropped copies are not found. Each image is named at
    most twice: as a copy of one in an earlier split, and of one in its own.

    Args:
        looks: Name and look of the images of each split.
    """
    images = [(split, name, look) for split in SPLITS for name, look in looks.get(split, ())]
    if not images:
        return ()
    nearest = _nearest([split for split, _, _ in images], [look for *_, look in images])
    copies: list[Copy] = []
    first: dict[tuple[bytes, SplitName], int] = {}
    for place, (split, name, look) in enumerate(images):
        equal = [first[key] for other in SPLITS if (key := (look.digest, other)) in first]
        first.setdefault((look.digest, split), place)
        for is_own in (False, True):
            same = [one for one in equal if (images[one][0] == split) == is_own]
            near = nearest[place][is_own]
            of = same[0] if same else near
            if of is not None:
                of_split, of_name, _ = images[of]
                copies.append(
                    Copy(
                        split=split,
                        name=name,
                        of_split=of_split,
                        of_name=of_name,
                        is_equal=bool(same),
                    )
                )
    return tuple(copies)


def _nearest(
    splits: Sequence[SplitName], looks: Sequence[Look]
) -> list[tuple[int | None, int | None]]:
    """For each image the most alike earlier one of another split, and of its own; None: none."""
    thumbnails = np.stack([look.thumbnail for look in looks])
    kinds = np.array(splits)
    found: list[tuple[int | None, int | None]] = []
    for start in range(0, len(looks), _BLOCK):
        block = thumbnails[start : start + _BLOCK] @ thumbnails[: start + _BLOCK].T
        for row, likeness in enumerate(block):
            place = start + row
            own = kinds[:place] == kinds[place]
            found.append(
                (
                    _best(np.where(own, 0, likeness[:place])),
                    _best(np.where(own, likeness[:place], 0)),
                )
            )
    return found


def _best(likeness: NDArray[np.float32]) -> int | None:
    if not len(likeness):
        return None
    place = int(np.argmax(likeness))
    return place if likeness[place] > _NEAR else None


def warn_of_copies(copies: Sequence[Copy], sizes: Mapping[SplitName, int]) -> list[str]:
    """A line for each split that shows again what an earlier one has shown.

    Args:
        copies: What was found.
        sizes: Images of each split.
    """
    lines = []
    for split in SPLITS:
        leaked = [one for one in copies if one.split == split and one.of_split != split]
        equal = [one.name for one in leaked if one.is_equal]
        near = [f"{one.name} like {one.of_name}" for one in leaked if not one.is_equal]
        for names, how, what in (
            (equal, "equal", "flatter"),
            (near, "nearly equal", "may flatter"),
        ):
            if names:
                shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
                lines.append(
                    f"warning: {len(names)} of {sizes[split]} {split} images {how} images of an "
                    f"earlier split ({shown}): scores on them {what}"
                )
    return lines
