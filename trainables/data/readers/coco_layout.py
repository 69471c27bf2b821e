"""Finds COCO's files: the JSON of each split, and the images that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from sweeper.protocol import Problem
from trainables.data.source import SplitName

__all__ = ["LAYOUT", "find_annotation_files", "find_image"]

LAYOUT = (
    "expected are annotations/instances_train.json and instances_val.json (instances_train2017 and "
    "the like too), or train.json and val.json, or train/_annotations.coco.json, or one JSON for "
    "all: annotations.json"
)
_SPLITS: tuple[tuple[SplitName, str], ...] = (
    ("train", "train|training"),
    ("val", "val|valid|validation"),
    ("test", "test|testing"),
)
_ALONE = ("annotations.json", "_annotations.coco.json", "instances.json", "coco.json")
_KINDS_THAT_ARE_NOT = re.compile(r"(captions|person_keypoints|panoptic|image_info)", re.IGNORECASE)


def find_annotation_files(root: Path, problems: list[Problem]) -> Mapping[Path, SplitName | None]:
    """The JSON file of each split, or one for all; what can't be told is added to `problems`."""
    if root.is_file():
        return {root: None}
    files = _candidates(root)
    found: dict[Path, SplitName | None] = {}
    for split, words in _SPLITS:
        pattern = re.compile(rf"(^|[^a-z])({words})\d*($|[^a-z0-9])", re.IGNORECASE)
        of_split = [path for path in files if pattern.search(_telling_name(path, root))]
        if len(of_split) > 1:
            names = ", ".join(str(path.relative_to(root)) for path in of_split)
            reason = f"several files may be meant for {split}: {names}; say which: data.{split}"
            problems.append(Problem(where=str(root), reason=reason))
        found |= dict.fromkeys(of_split[:1], split)
    if found:
        return found
    if len(files) == 1 or (files and files[0].name in _ALONE):
        return {files[0]: None}
    names = ", ".join(str(path.relative_to(root)) for path in files[:5]) or "no JSON file"
    problems.append(Problem(where=str(root), reason=f"found is {names}; {LAYOUT}"))
    return {}


def _candidates(root: Path) -> Sequence[Path]:
    """JSON files of the folder, of `annotations/` and of the splits' folders; likely ones first."""
    paths = [*root.glob("*.json"), *root.glob("*/*.json")]
    fit = [path for path in sorted(paths) if not _KINDS_THAT_ARE_NOT.search(path.name)]
    return sorted(fit, key=lambda path: (path.name not in _ALONE, len(path.parts), path))


def _telling_name(path: Path, root: Path) -> str:
    """What names the split: the file, or for a general name the folder it is in."""
    inside = path.relative_to(root)
    return inside.parent.name if inside.name in _ALONE else inside.stem


def find_image(
    file_name: str, root: Path, annotation_path: Path, image_dir: Path | None
) -> Path | None:
    """The file of an image that a COCO file names; None if there is none.

    Args:
        file_name: As in the JSON, with or without folders.
        root: The data set's folder.
        annotation_path: The JSON file.
        image_dir: Where to look first, if the settings say so.
    """
    inside = PurePosixPath(file_name.replace("\\", "/"))
    names = [inside, PurePosixPath(inside.name)] if len(inside.parts) > 1 else [inside]
    split = re.sub(r"^instances_", "", annotation_path.stem)
    beside = annotation_path.parent
    folders = [] if image_dir is None else [image_dir]
    for folder in (beside, root):
        folders += [folder / "images" / split, folder / split / "images", folder / split]
        folders += [folder / "images", folder]
    for name in names:
        for folder in folders:
            path = folder / name
            try:
                if path.is_file():
                    return path
            except OSError:
                return None
    return None
