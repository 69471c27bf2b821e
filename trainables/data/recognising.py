"""Tells by its files which reader a folder is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sweeper.protocol import Problem, UserError
from trainables.data.image_file import SUFFIXES, UnusableFileError
from trainables.data.readers.coco_file import looks_like_coco
from trainables.data.readers.coco_layout import find_annotation_files
from trainables.data.readers.pairs import find_places, folder_of
from trainables.data.readers.tiff_pages import TIFF, open_stack
from trainables.data.readers.tiff_stack import pair_stacks

__all__ = ["fitting_sources", "recognise"]

#: Nobody's data set is deeper.
_DEPTH = 5


def recognise(folder: Path) -> Mapping[str, Any]:
    """The section `data` for images that are only scored.

    A folder that no reader knows is left to the folder source, which says what is missing.

    Args:
        folder: What was named; need not exist.

    Raises:
        UserError: Several readers might be meant; says which.
    """
    found = fitting_sources(folder)
    if len(found) > 1:
        raise UserError(
            f"{folder} may be read as {' and as '.join(found)}",
            hint=f"say which: --set 'data={{source: {found[0]}, path: {folder}, only_val: true}}'",
        )
    return {"source": found[0] if found else "folder", "path": str(folder), "only_val": True}


def fitting_sources(folder: Path) -> list[str]:
    """The sources whose files seem to be there, by name; empty if none knows them."""
    return [name for name, fits in _SIGNS.items() if _holds(fits, folder)]


def _holds(fits: Callable[[Path], bool], folder: Path) -> bool:
    try:
        return fits(folder)
    except OSError:
        return False


def _is_folder(folder: Path) -> bool:
    """PNG or TIFF in `images/` and `labels/`, there or in `val/`, one image a file."""
    root = _root(folder)
    return _has_pairs(root) and not _has_stacks(root)


def _root(folder: Path) -> Path:
    return folder / "val" if (folder / "val").is_dir() else folder


def _has_pairs(root: Path) -> bool:
    return all(_has(root / kind, SUFFIXES) for kind in ("images", "labels"))


def _has_stacks(root: Path) -> bool:
    """Whether the first label file holds several images."""
    paths = sorted(path for path in (root / "labels").iterdir() if path.suffix.lower() in TIFF)
    try:
        return bool(paths) and open_stack(paths[0]).count(split_channels=True) > 1
    except UnusableFileError:
        return False


def _is_pannuke(folder: Path) -> bool:
    return any(
        path.with_name("masks.npy").is_file() or "images" in path.parent.as_posix().lower()
        for depth in range(_DEPTH)
        for path in folder.glob("*/" * depth + "images.npy")
    )


def _is_consep(folder: Path) -> bool:
    return _has_labels(folder, ".mat")


def _is_geojson(folder: Path) -> bool:
    return _has_labels(folder, ".geojson")


def _is_coco(folder: Path) -> bool:
    if folder.is_file():
        return folder.suffix.lower() == ".json"
    problems: list[Problem] = []
    files = find_annotation_files(folder, problems)
    return any(looks_like_coco(path) for path in files)


def _is_stack(folder: Path) -> bool:
    """Pairs of stacks, in folders `images/` and `labels/` or named so."""
    if not folder.is_dir():
        return False
    if any(folder_of(place.folder, "images") for place in find_places(folder)):
        return _has_pairs(_root(folder)) and _has_stacks(_root(folder))
    problems: list[Problem] = []
    return bool(pair_stacks(folder, problems)) and not problems


def _has_labels(folder: Path, suffix: str) -> bool:
    """Whether a split has label files of this kind, in a folder of their own or beside images."""
    return folder.is_dir() and any(
        _has(folder_of(place.folder, "labels") or place.folder, (suffix,))
        for place in find_places(folder)
    )


def _has(folder: Path, suffixes: tuple[str, ...]) -> bool:
    return folder.is_dir() and any(path.suffix.lower() in suffixes for path in folder.iterdir())


_SIGNS: Mapping[str, Callable[[Path], bool]] = {
    "folder": _is_folder,
    "pannuke": _is_pannuke,
    "consep": _is_consep,
    "coco": _is_coco,
    "geojson": _is_geojson,
    "tiff_stack": _is_stack,
}
