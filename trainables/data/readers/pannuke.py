"""PanNuke: folds of `images.npy` and `masks.npy`, as they are downloaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sweeper.protocol import DataError, Problem
from trainables.data.digests import Digests
from trainables.data.image_file import UnusableFileError, check_image, check_labels
from trainables.data.readers.array_file import read_texts
from trainables.data.readers.item import Found, Item
from trainables.data.readers.painting import paint, split_by_id
from trainables.data.readers.pairs import explain_missing
from trainables.data.readers.pannuke_folds import LAYOUT, find_folds, find_masks, map_stack
from trainables.data.readers.settings import ReaderConfig
from trainables.data.source import Sample, SplitName

__all__ = ["LAYOUT", "PanNukeConfig", "find_pannuke"]

_TYPES = ("neoplastic", "inflammatory", "connective", "dead", "epithelial")
_BACKGROUND = len(_TYPES)


class PanNukeConfig(ReaderConfig):
    """PanNuke's folds of .npy files: `images.npy` (N, H, W, 3) and `masks.npy` (N, H, W, 6).

    Channels 0 to 4 of the masks hold the ids of neoplastic, inflammatory, connective, dead and
    epithelial nuclei; channel 5 is the background and no nucleus. Where nuclei overlap, the
    smaller one gets the pixel. The files are mapped, never read as a whole.

    Attributes:
        path: The folder that holds the folds, however deep: `Fold 1/images/fold1/images.npy` with
            `Fold 1/masks/fold1/masks.npy` (as downloaded), or `fold1/images.npy` with
            `fold1/masks.npy`.
        train_folds: Folds to train on.
        val_folds: Folds for validation; if they are not there (and not asked for), training
            images are held out, see `splits`.
        test_folds: Folds for the test, if they are there.
    """

    source: Literal["pannuke"]
    train_folds: list[int] = Field(default=[1], min_length=1)
    val_folds: list[int] = Field(default=[2])
    test_folds: list[int] = Field(default=[3])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fold:
    """The mapped files of a fold."""

    number: int
    home: SplitName | None
    images_path: Path
    masks_path: Path
    images: NDArray[Any]
    masks: NDArray[Any]
    digest: str


def find_pannuke(config: PanNukeConfig, digests: Digests) -> Found:
    """Finds the folds and maps their files; mistakes are in the result's `problems`."""
    problems = explain_missing(config.path, LAYOUT)
    folds: list[_Fold] = []
    if not problems:
        files = find_folds(config.path, problems)
        for number, home in _homes(config, files, problems).items():
            fold = _open_fold(number, home, files[number], digests, problems)
            folds += [fold] if fold else []
    items = [
        Item(
            name=f"fold{fold.number}_{index:04d}",
            home=fold.home,
            digest=f"{fold.digest}[{index}]",
            read=partial(_read, fold, index),
            aliases=(f"{fold.number}_{index}", f"fold{fold.number}/{index}"),
        )
        for fold in folds
        for index in range(len(fold.images))
    ]
    return Found(
        items=items,
        problems=problems,
        notes=[f"PanNuke folds from {config.path}", *_describe(folds)],
        type_names=lambda: _TYPES,
    )


def _homes(
    config: PanNukeConfig, files: dict[int, Path], problems: list[Problem]
) -> dict[int, SplitName | None]:
    """The split of each fold that is used."""
    wanted: dict[SplitName, list[int]] = {
        "train": config.train_folds,
        "val": config.val_folds,
        "test": config.test_folds,
    }
    homes: dict[int, SplitName | None] = {}
    # What was asked for comes first; a fold that is taken is no default any more.
    for split in sorted(wanted, key=lambda split: f"{split}_folds" not in config.model_fields_set):
        is_asked = f"{split}_folds" in config.model_fields_set
        for number in wanted[split]:
            if number in homes and not is_asked:
                continue
            if number in homes:
                reason = f"fold {number} is asked for twice; each fold serves one split"
                problems.append(Problem(where=f"data.{split}_folds", reason=reason))
            elif number in files:
                homes[number] = split
            elif files and is_asked:
                there = ", ".join(map(str, files))
                reason = f"there is no fold {number}; found are {there}"
                problems.append(Problem(where=f"data.{split}_folds", reason=reason))
    if config.only_val and "val_folds" not in config.model_fields_set:
        return dict.fromkeys(files)
    if files and "train" not in homes.values() and not config.only_val and not problems:
        there = ", ".join(map(str, files))
        reason = f"no fold to train on; found are {there}: name some with train_folds"
        problems.append(Problem(where=str(config.path), reason=reason))
    return dict(sorted(homes.items()))


def _open_fold(
    number: int,
    home: SplitName | None,
    images_path: Path,
    digests: Digests,
    problems: list[Problem],
) -> _Fold | None:
    masks_path = find_masks(images_path)
    if masks_path is None:
        reason = "no masks.npy belongs to it; put it beside, or into masks/ instead of images/"
        problems.append(Problem(where=str(images_path), reason=reason))
        return None
    arrays: list[NDArray[Any]] = []
    for path, channels in ((images_path, 3), (masks_path, _BACKGROUND + 1)):
        try:
            arrays.append(map_stack(path, channels))
        except UnusableFileError as error:
            problems.append(Problem(where=str(path), reason=str(error)))
    if len(arrays) < 2:
        return None
    images, masks = arrays
    if images.shape[:3] != masks.shape[:3]:
        shapes = [" x ".join(map(str, array.shape)) for array in (masks, images)]
        reason = f"masks are {shapes[0]}, images are {shapes[1]}; they do not belong together"
        problems.append(Problem(where=str(masks_path), reason=reason))
        return None
    return _Fold(
        number=number,
        home=home,
        images_path=images_path,
        masks_path=masks_path,
        images=images,
        masks=masks,
        digest=f"{digests.of(images_path)}+{digests.of(masks_path)}",
    )


def _read(fold: _Fold, index: int) -> Sample:
    problems: list[Problem] = []
    pixels = np.asarray(fold.images[index])
    try:
        image = check_image(_as_bytes(pixels))
    except UnusableFileError as error:
        problems.append(Problem(where=f"{fold.images_path}[{index}]", reason=str(error)))
    masks = np.asarray(fold.masks[index])
    try:
        ids = [check_labels(masks[..., c], may_be_floats=True) for c in range(_BACKGROUND)]
        _check_background(ids, masks[..., _BACKGROUND])
    except UnusableFileError as error:
        problems.append(Problem(where=f"{fold.masks_path}[{index}]", reason=str(error)))
    if problems:
        raise DataError(problems)
    instances: list[NDArray[np.int64]] = []
    types: list[int] = []
    for place, channel in enumerate(ids):
        _, of_channel = split_by_id(channel)
        instances += of_channel
        types += [place + 1] * len(of_channel)
    painted = paint(ids[0].shape, instances, types)
    return Sample(image=image, labels=painted.labels, types=painted.types, remarks=painted.remarks)


def _as_bytes(pixels: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers of 0 to 255 in fewer bytes; anything else as it is."""
    if pixels.dtype.kind == "f" and np.isfinite(pixels).all():
        small = np.clip(pixels, 0, 255).astype(np.uint8)
        return small if (small == pixels).all() else pixels
    return pixels


def _check_background(ids: Sequence[NDArray[np.int32]], background: NDArray[Any]) -> None:
    """Refuses masks whose channels are in another order, as some copies have them."""
    is_background, is_nucleus = background > 0, np.any([channel > 0 for channel in ids], axis=0)
    agreement = (is_background != is_nucleus).mean()
    if agreement < 0.5 if is_background.any() else is_nucleus.all():
        raise UnusableFileError(
            "channel 5 is not the background of channels 0 to 4; bring them into PanNuke's order: "
            f"{', '.join(_TYPES)}, background"
        )


def _describe(folds: Sequence[_Fold]) -> Sequence[str]:
    """A line for each fold with its tissues, where the file tells them."""
    lines = []
    for fold in folds:
        tissues = read_texts(fold.images_path.with_name("types.npy"), len(fold.images)) or []
        counts = Counter(tissues).most_common()
        shown = ", ".join(f"{count} {name}" for name, count in counts[:4])
        more = f" and {len(counts) - 4} more tissues" if len(counts) > 4 else ""
        of = f": {shown}{more}" if counts else ""
        lines.append(f"fold {fold.number}: {len(fold.images)} images{of}")
    return lines
