"""Finds image files and the files that describe their nuclei, in the usual folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sweeper.protocol import Problem
from trainables.data.digests import Digests
from trainables.data.image_file import LOSSY_SUFFIXES, SUFFIXES
from trainables.data.readers.item import Item
from trainables.data.source import SPLIT_WORDS, Sample, SplitName

__all__ = [
    "IMAGE_SUFFIXES",
    "Pair",
    "Place",
    "explain_missing",
    "find_pairs",
    "find_places",
    "folder_of",
]

IMAGE_SUFFIXES = (*SUFFIXES, *LOSSY_SUFFIXES)
_FOLDERS = {
    "images": ("images", "image", "imgs", "img"),
    "labels": ("labels", "label", "annotations", "masks", "geojson"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder of images, and the split that its name says; None: it says none."""

    home: SplitName | None
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An image file and the file with its nuclei.

    Attributes:
        name: The stem that both share.
        home: The split that the folder says.
        image_path: The image.
        label_path: Its nuclei.
    """

    name: str
    home: SplitName | None
    image_path: Path
    label_path: Path

    def aliases(self, root: Path) -> Sequence[str]:
        """Names that a table may call the image by."""
        inside = self.image_path.relative_to(root).as_posix()
        return (inside, f"{self.home}/{self.image_path.name}", self.image_path.name)

    def item(
        self, root: Path, digests: Digests, read: Callable[[], Sample], *, more_digest: str = ""
    ) -> Item:
        """The same as an item.

        Args:
            root: Of the data set.
            digests: Hashes both files.
            read: Reads both files.
            more_digest: Hash of what else decides on the sample.
        """
        return Item(
            name=self.name,
            home=self.home,
            digest=f"{digests.of(self.image_path)}+{digests.of(self.label_path)}{more_digest}",
            read=read,
            aliases=self.aliases(root),
        )


def explain_missing(root: Path, layout: str) -> list[Problem]:
    """A problem if the folder is none; `layout` says what is expected in it."""
    if root.is_dir():
        return []
    what = "is a file, not a folder" if root.exists() else "no such folder"
    looked_for = "" if root.is_absolute() else f" (looked for {root.absolute()})"
    return [Problem(where=str(root), reason=f"{what}{looked_for}; {layout}")]


def find_places(root: Path) -> Sequence[Place]:
    """The folders of the splits, whatever their case; without any, the folder itself.

    Raises:
        OSError: The folder can't be listed.
    """
    there = {path.name.lower(): path for path in sorted(root.iterdir()) if path.is_dir()}
    places = [
        Place(home=home, folder=there[name]) for name, home in SPLIT_WORDS.items() if name in there
    ]
    return places or [Place(home=None, folder=root)]


def folder_of(folder: Path, kind: Literal["images", "labels"]) -> Path | None:
    """The folder in it that by its name holds images or labels, whatever its case; None: none.

    Raises:
        OSError: The folder can't be listed.
    """
    there = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_dir()}
    return next((there[name] for name in _FOLDERS[kind] if name in there), None)


def find_pairs(
    root: Path, label_suffixes: Sequence[str], layout: str, problems: list[Problem]
) -> Sequence[Pair]:
    """Pairs of images and labels by their stems, in `images/` and `labels/` of each split.

    Without these folders both are looked for in the split's folder itself. A label's name may
    hold the image's ending as well (`a.png.geojson`).

    Args:
        root: Holds the splits' folders, or is one itself.
        label_suffixes: Endings of label files, in lower case.
        layout: What is expected, in words.
        problems: What is missing is added to it.
    """
    if missing := explain_missing(root, layout):
        problems += missing
        return ()
    pairs: list[Pair] = []
    try:
        for place in find_places(root):
            pairs += _pairs_of(place, label_suffixes, layout, problems)
    except OSError as error:
        reason = f"can't be listed ({error.strerror}); check its rights"
        problems.append(Problem(where=str(error.filename or root), reason=reason))
    return pairs


def _pairs_of(
    place: Place, label_suffixes: Sequence[str], layout: str, problems: list[Problem]
) -> list[Pair]:
    image_dir = folder_of(place.folder, "images") or place.folder
    label_dir = folder_of(place.folder, "labels") or place.folder
    if image_dir == label_dir and not set(IMAGE_SUFFIXES).isdisjoint(label_suffixes):
        reason = f"images can't be told from labels in one folder; {layout}"
        problems.append(Problem(where=str(place.folder), reason=reason))
        return []
    images = _files_by_stem(image_dir, IMAGE_SUFFIXES, problems)
    labels = _files_by_stem(label_dir, label_suffixes, problems)
    if not images:
        endings = ", ".join(IMAGE_SUFFIXES)
        reason = f"no image ({endings}) in it; {layout}"
        problems.append(Problem(where=str(image_dir), reason=reason))
        return []
    ending = label_suffixes[0]
    for stem in sorted(set(images) - set(labels)):
        reason = f"no {stem}{ending} in {label_dir}; add it, or take the image away"
        problems.append(Problem(where=str(images[stem]), reason=reason))
    for stem in sorted(set(labels) - set(images)):
        reason = f"no image of that name in {image_dir}; add it, or take the file away"
        problems.append(Problem(where=str(labels[stem]), reason=reason))
    return [
        Pair(name=stem, home=place.home, image_path=images[stem], label_path=labels[stem])
        for stem in sorted(set(images) & set(labels))
    ]


def _files_by_stem(
    folder: Path, suffixes: Sequence[str], problems: list[Problem]
) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() not in suffixes:
            continue
        inner = Path(path.stem)
        stem = inner.stem if inner.suffix.lower() in IMAGE_SUFFIXES else path.stem
        if stem in found:
            reason = f"same stem as {found[stem].name}; keep one of the two"
            problems.append(Problem(where=str(path), reason=reason))
        else:
            found[stem] = path
    return found
