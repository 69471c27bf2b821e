"""Reads a COCO file of instances: images, annotations and categories, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainables.data.image_file import UnusableFileError

__all__ = ["Annotation", "CocoFile", "CocoImage", "looks_like_coco", "read_coco", "read_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CocoImage:
    """An image that a COCO file names."""

    key: int | str
    file_name: str
    height: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """An instance.

    Attributes:
        key: Its `id`, for messages.
        category: Its `category_id`.
        is_crowd: Whether it is a region of many.
        segmentation: Polygons, or run lengths; not checked yet.
    """

    key: Any
    category: Any
    is_crowd: bool
    segmentation: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CocoFile:
    """What a COCO file holds.

    Attributes:
        images: In the order of the file.
        annotations: By the key of their image, in the order of the file.
        categories: Name by `category_id`.
        strangers: Annotations of images that the file does not list.
    """

    images: Sequence[CocoImage]
    annotations: Mapping[int | str, Sequence[Annotation]]
    categories: Mapping[Any, str]
    strangers: int


def read_json(path: Path) -> Any:
    """Parses a JSON file.

    Raises:
        UnusableFileError: It can't be read, or is no JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UnusableFileError(f"can't be opened ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise UnusableFileError(f"is no JSON ({error}); copy or export it again") from error


def looks_like_coco(path: Path) -> bool:
    """Whether a JSON file has COCO's lists; they are not looked at."""
    try:
        content = read_json(path)
    except UnusableFileError:
        return False
    return isinstance(content, dict) and {"images", "annotations"} <= set(content)


def read_coco(path: Path) -> CocoFile:
    """Reads a COCO file; polygons and masks are not looked at.

    Raises:
        UnusableFileError: It is no such file; says what is missing, and where.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        raise UnusableFileError(
            "is no COCO file of instances: expected are the lists `images`, `annotations` and "
            "`categories`"
        )
    images = [_image(entry, place) for place, entry in enumerate(content["images"])]
    annotations: dict[int | str, list[Annotation]] = {image.key: [] for image in images}
    if len(annotations) < len(images):
        raise UnusableFileError("two images have the same id; export it again")
    entries = content.get("annotations")
    if not isinstance(entries, list):
        raise UnusableFileError("holds no list `annotations`; export instances, not captions")
    strangers = 0
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or not _is_key(entry.get("image_id")):
            raise UnusableFileError(f"annotations[{place}] has no image_id; export it again")
        of_image = annotations.get(entry["image_id"])
        if of_image is None:
            strangers += 1
        else:
            of_image.append(_annotation(entry, place))
    return CocoFile(
        images=images,
        annotations=annotations,
        categories=_categories(content.get("categories", [])),
        strangers=strangers,
    )


def _image(entry: Any, place: int) -> CocoImage:
    where = f"images[{place}]"
    if not isinstance(entry, dict) or not _is_key(entry.get("id")):
        raise UnusableFileError(f"{where} has no id; export it again")
    name, height, width = (entry.get(field) for field in ("file_name", "height", "width"))
    if not isinstance(name, str) or not name or "\0" in name:
        raise UnusableFileError(f"{where} has no file_name; export it again")
    if not (isinstance(height, int) and isinstance(width, int) and height > 0 < width):
        raise UnusableFileError(f"{where} ({name}) has no height and width in pixels")
    return CocoImage(key=entry["id"], file_name=name, height=height, width=width)


def _annotation(entry: Mapping[str, Any], place: int) -> Annotation:
    return Annotation(
        key=entry.get("id", f"at position {place}"),
        category=entry.get("category_id"),
        is_crowd=bool(entry.get("iscrowd", 0)),
        segmentation=entry.get("segmentation"),
    )


def _categories(entries: Any) -> dict[Any, str]:
    if not isinstance(entries, list):
        raise UnusableFileError("`categories` is no list; export it again")
    categories: dict[Any, str] = {}
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or not _is_key(entry.get("id")):
            raise UnusableFileError(f"categories[{place}] has no id; export it again")
        categories[entry["id"]] = str(entry.get("name", entry["id"]))
    return categories


def _is_key(value: Any) -> bool:
    return isinstance(value, int | str)
