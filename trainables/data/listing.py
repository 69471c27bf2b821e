"""Finds the images of a folder and the labels that belong to them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sweeper.protocol import Problem
from trainables.data.config import FolderConfig
from trainables.data.image_file import SUFFIXES
from trainables.data.source import SplitName

__all__ = ["ImagePair", "Listing", "list_folder"]

_OTHER_IMAGES = (".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".npy", ".npz", ".h5", ".zarr")
_LAYOUT = "expected are train/images, train/labels and, if you like, val/ and test/ alike"
_VAL_LAYOUT = "expected are images/ and labels/, there or in a val/ folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePair:
    """An image file and its label file.

    Attributes:
        name: The stem that both share.
        image_path: PNG or TIFF.
        label_path: PNG or TIFF.
    """

    name: str
    image_path: Path
    label_path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The pairs of a folder.

    Attributes:
        pairs: By split, sorted by name; a split without a folder is empty.
        problems: What is missing or can't be told apart.
        num_held_out: Training images that were held out for validation; 0 with a `val` folder.
    """

    pairs: Mapping[SplitName, Sequence[ImagePair]]
    problems: Sequence[Problem]
    num_held_out: int


def list_folder(config: FolderConfig) -> Listing:
    """Lists a folder; mistakes are collected, not raised."""
    pairs: dict[SplitName, Sequence[ImagePair]] = {"train": (), "val": (), "test": ()}
    problems: list[Problem] = []
    num_held_out = 0
    try:
        num_held_out = _list_into(config, pairs, problems)
    except OSError as error:
        reason = f"can't be listed ({error.strerror}); check its rights"
        problems.append(Problem(where=str(error.filename or config.path), reason=reason))
    return Listing(pairs=pairs, problems=tuple(problems), num_held_out=num_held_out)


def _list_into(
    config: FolderConfig,
    pairs: dict[SplitName, Sequence[ImagePair]],
    problems: list[Problem],
) -> int:
    """Fills `pairs` and `problems`; returns how many images were held out."""
    root = config.path
    if missing := _explain_missing(root, config):
        problems.append(missing)
        return 0
    if config.only_val:
        pairs["val"] = _list_split(_val_folder(root), problems, _VAL_LAYOUT)
        return 0
    pairs["train"] = _list_split(root / "train", problems)
    for split in ("val", "test"):
        if (root / split).is_dir():
            pairs[split] = _list_split(root / split, problems)
    return 0 if (root / "val").is_dir() else _hold_out(config, pairs, problems)


def _val_folder(root: Path) -> Path:
    return root / "val" if (root / "val").is_dir() else root


def _explain_missing(root: Path, config: FolderConfig) -> Problem | None:
    """Why there is nothing to list, if so."""
    layout = _VAL_LAYOUT if config.only_val else _LAYOUT
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "no such folder"
        looked_for = "" if root.is_absolute() else f" (looked for {root.absolute()})"
        return Problem(where=str(root), reason=f"{what}{looked_for}; {layout}")
    place = _val_folder(root) / "images" if config.only_val else root / "train"
    if place.is_dir():
        return None
    found = sorted(entry.name for entry in root.iterdir() if not entry.name.startswith("."))
    shown = ", ".join(found[:6]) + (", ..." if len(found) > 6 else "") if found else "nothing"
    if config.only_val:
        return Problem(where=str(place), reason=f"no such folder; {layout}, found is {shown}")
    reason = f"no such folder; {_LAYOUT}, found is {shown}"
    if {"images", "labels"} <= set(found):
        reason = "no such folder; move images/ and labels/ into train/"
    return Problem(where=str(root / "train"), reason=reason)


def _list_split(
    folder: Path, problems: list[Problem], layout: str = _LAYOUT
) -> Sequence[ImagePair]:
    """Lists one split's pairs and adds to `problems`."""
    image_dir, label_dir = folder / "images", folder / "labels"
    absent = [one for one in (image_dir, label_dir) if not one.is_dir()]
    if absent:
        problems += [Problem(where=str(one), reason=f"no such folder; {layout}") for one in absent]
        return ()
    images = _files_by_stem(image_dir, problems)
    labels = _files_by_stem(label_dir, problems)
    if not images:
        problems.append(
            Problem(where=str(image_dir), reason="no PNG or TIFF image in it; add some")
        )
    orphans = sorted(set(labels) - set(images))
    for stem in sorted(set(images) - set(labels)):
        problems.append(
            Problem(where=str(images[stem]), reason=_no_label(stem, label_dir, orphans))
        )
    for stem in orphans:
        reason = f"label without an image: no {image_dir / stem}.png or .tif; add or remove one"
        problems.append(Problem(where=str(labels[stem]), reason=reason))
    return tuple(
        ImagePair(name=stem, image_path=images[stem], label_path=labels[stem])
        for stem in sorted(set(images) & set(labels))
    )


def _no_label(stem: str, label_dir: Path, orphans: Sequence[str]) -> str:
    reason = f"no label: there is no {label_dir / stem}.png or .tif"
    place = bisect_left(orphans, stem)
    if place < len(orphans) and orphans[place].startswith(stem):
        return f"{reason}; rename {orphans[place]}, the stems must be equal"
    return f"{reason}; add one (all 0 if the image has no nuclei)"


def _files_by_stem(folder: Path, problems: list[Problem]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        suffix = path.suffix.lower()
        if path.name.startswith(".") or (suffix not in SUFFIXES and suffix not in _OTHER_IMAGES):
            continue
        if suffix in _OTHER_IMAGES:
            problems.append(Problem(where=str(path), reason="not PNG or TIFF; convert it"))
        elif path.stem in found:
            reason = f"same stem as {found[path.stem].name}; keep one of the two"
            problems.append(Problem(where=str(path), reason=reason))
        else:
            found[path.stem] = path
    return found


def _hold_out(
    config: FolderConfig,
    pairs: dict[SplitName, Sequence[ImagePair]],
    problems: list[Problem],
) -> int:
    """Moves a seeded choice of the training pairs to `val`; returns how many."""
    every = pairs["train"]
    if len(every) < 2:
        if every:
            reason = "one image can't serve training and validation; add images or a val folder"
            problems.append(Problem(where=str(config.path / "train" / "images"), reason=reason))
        return 0
    num_held_out = min(len(every) - 1, max(1, round(config.val_frac * len(every))))
    order = np.random.default_rng(config.split_seed).permutation(len(every))
    held_out = set(order[:num_held_out].tolist())
    pairs["train"] = tuple(pair for i, pair in enumerate(every) if i not in held_out)
    pairs["val"] = tuple(pair for i, pair in enumerate(every) if i in held_out)
    return num_held_out
