"""COCO's instance files: images beside JSON with polygons or run lengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sweeper.protocol import DataError, Problem
from trainables.data.digests import Digests
from trainables.data.image_file import UnusableFileError, read_image
from trainables.data.readers.coco_file import Annotation, CocoFile, CocoImage, read_coco
from trainables.data.readers.coco_layout import LAYOUT, find_annotation_files, find_image
from trainables.data.readers.coco_masks import pixels_of_segmentation
from trainables.data.readers.item import Found, Item
from trainables.data.readers.painting import paint
from trainables.data.readers.settings import ReaderConfig
from trainables.data.source import Sample, SplitName

__all__ = ["CocoConfig", "find_coco"]

_CROWD = "crowd regions, left out (they count as background)"
_TOO_SMALL = "polygons that cover no pixel, left out"
_UNKNOWN = "unknown"


class CocoConfig(ReaderConfig):
    """COCO instance JSON: polygons, or run lengths, compressed or not.

    Crowd regions (`iscrowd`) are no nuclei and are left out. Where instances overlap, the smaller
    one gets the pixel. Categories are the types of nuclei, in the order of their ids; a single
    category is no type.

    Attributes:
        path: The data set's folder: `annotations/instances_train.json` (or `train.json`,
            `train/_annotations.coco.json`), likewise `val` and `test`, or one JSON for all; or
            such a JSON file itself.
        train: The JSON to train on, relative to `path`; None: looked for.
        val: The JSON for validation; None: looked for. Without any, training images are held out,
            see `splits`.
        test: The JSON for the test; None: looked for.
        images: Folder of the images, relative to `path`; None: looked for beside the JSON, and in
            `images/`, `train/`, `train2017/` and the like.
    """

    source: Literal["coco"]
    train: Path | None = Field(default=None, strict=False)
    val: Path | None = Field(default=None, strict=False)
    test: Path | None = Field(default=None, strict=False)
    images: Path | None = Field(default=None, strict=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """A JSON file.

    Attributes:
        path: Where it is.
        home: The split that it is for.
        file: Its content.
        types: Type by `category_id`.
    """

    path: Path
    home: SplitName | None
    file: CocoFile
    types: Mapping[Any, int]


def find_coco(config: CocoConfig, digests: Digests) -> Found:
    """Finds and parses the JSON files; mistakes are in the result's `problems`."""
    problems: list[Problem] = []
    files: dict[Path, CocoFile] = {}
    homes = _annotation_files(config, problems)
    for path in homes:
        try:
            files[path] = read_coco(path)
        except UnusableFileError as error:
            problems.append(Problem(where=str(path), reason=str(error)))
    names = _type_names(list(files.values()))
    items: list[Item] = []
    for path, file in files.items():
        types = {
            key: names.index(name) + 1 if name in names else 0
            for key, name in file.categories.items()
        }
        shelf = _Shelf(path=path, home=homes[path], file=file, types=types)
        items += _items(config, shelf, digests, problems)
    strangers = sum(file.strangers for file in files.values())
    notes = [f"images and COCO instances from {config.path}"]
    if strangers:
        notes.append(f"{strangers} annotations of images that are not listed, left out")
    return Found(
        items=items,
        problems=problems,
        notes=notes,
        settings={"type_names": list(names)},
        type_names=lambda: names if len(names) > 1 else (),
    )


def _annotation_files(
    config: CocoConfig, problems: list[Problem]
) -> Mapping[Path, SplitName | None]:
    if not config.path.exists():
        looked_for = "" if config.path.is_absolute() else f" (looked for {config.path.absolute()})"
        reason = f"no such folder or file{looked_for}; {LAYOUT}"
        problems.append(Problem(where=str(config.path), reason=reason))
        return {}
    named: dict[SplitName, Path | None] = {
        "train": config.train,
        "val": config.val,
        "test": config.test,
    }
    if not any(named.values()):
        return find_annotation_files(config.path, problems)
    root = config.path if config.path.is_dir() else config.path.parent
    return {root / path: split for split, path in named.items() if path is not None}


def _type_names(files: Sequence[CocoFile]) -> tuple[str, ...]:
    """All categories by name, in the order of their ids, file by file."""
    names = [
        file.categories[key]
        for file in files
        for key in sorted(file.categories, key=lambda key: (str(type(key)), key))
    ]
    return tuple(dict.fromkeys(name for name in names if name.strip().lower() != _UNKNOWN))


def _items(
    config: CocoConfig, shelf: _Shelf, digests: Digests, problems: list[Problem]
) -> list[Item]:
    root = config.path if config.path.is_dir() else config.path.parent
    image_dir = None if config.images is None else root / config.images
    json_digest = digests.of(shelf.path)
    items: list[Item] = []
    absent: list[str] = []
    names: set[str] = set()
    for image in shelf.file.images:
        path = find_image(image.file_name, root, shelf.path, image_dir)
        if path is None:
            absent.append(image.file_name)
            continue
        inside = PurePosixPath(image.file_name.replace("\\", "/"))
        name = inside.stem if inside.stem not in names else str(inside.with_suffix(""))
        names.add(name)
        items.append(
            Item(
                name=name,
                home=shelf.home,
                digest=f"{digests.of(path)}+{json_digest}",
                read=partial(_read, path, image, shelf),
                aliases=(str(inside), f"{shelf.home}/{inside.name}", inside.name),
            )
        )
    if absent:
        shown = ", ".join(absent[:5]) + (", ..." if len(absent) > 5 else "")
        reason = (
            f"{len(absent)} of {len(shelf.file.images)} images are not found ({shown}); say where "
            "they are: data.images"
        )
        problems.append(Problem(where=str(shelf.path), reason=reason))
    return items


def _read(path: Path, image: CocoImage, shelf: _Shelf) -> Sample:
    try:
        pixels = read_image(path)
        if pixels.shape[:2] != (image.height, image.width):
            sizes = ["x".join(map(str, pixels.shape[:2])), f"{image.height}x{image.width}"]
            raise UnusableFileError(f"is {sizes[0]} px, {shelf.path.name} says {sizes[1]} px")
    except UnusableFileError as error:
        # Masks of a size that is not the image's are not worth their memory.
        raise DataError([Problem(where=str(path), reason=str(error))]) from error
    problems: list[Problem] = []
    annotations = shelf.file.annotations[image.key]
    instances: list[NDArray[np.int64]] = []
    types: list[int] = []
    for one in annotations:
        if one.is_crowd:
            continue
        try:
            types.append(_type_of(one, shelf))
            instances.append(pixels_of_segmentation(one.segmentation, image.height, image.width))
        except UnusableFileError as error:
            reason = f"annotation {one.key} of {image.file_name}: {error}"
            problems.append(Problem(where=str(shelf.path), reason=reason))
    if problems:
        raise DataError(problems)
    painted = paint((image.height, image.width), instances, types)
    remarks = {
        _CROWD: sum(one.is_crowd for one in annotations),
        _TOO_SMALL: sum(not len(one) for one in instances),
    }
    return Sample(
        image=pixels,
        labels=painted.labels,
        types=painted.types,
        remarks={**painted.remarks, **{words: count for words, count in remarks.items() if count}},
    )


def _type_of(annotation: Annotation, shelf: _Shelf) -> int:
    """Its type; 0 where the file has no categories at all."""
    category = annotation.category
    if not shelf.types:
        return 0
    if not isinstance(category, int | str) or category not in shelf.types:
        known = ", ".join(map(str, shelf.types))
        raise UnusableFileError(f"category_id is {category!r}; the file's categories are {known}")
    return shelf.types[category]
