"""Multi-page TIFF: a stack of images and a stack of their labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray
from pydantic import Field

from sweeper.protocol import DataError, Problem
from trainables.data.digests import Digests
from trainables.data.image_file import UnusableFileError, check_image, check_labels
from trainables.data.readers.item import Found, Item
from trainables.data.readers.pairs import Pair, Place, explain_missing, find_places, folder_of
from trainables.data.readers.settings import ReaderConfig
from trainables.data.readers.tiff_pages import TIFF, TiffStack, open_stack
from trainables.data.source import SPLIT_WORDS, Sample, SplitName

__all__ = ["LAYOUT", "TiffStackConfig", "find_tiff_stacks", "pair_stacks"]

LAYOUT = (
    "expected are train/images.tif with train/labels.tif (val/ and test/ alike), or "
    "train_images.tif with train_labels.tif, or images/*.tif with labels/*.tif of the same stems"
)
_LABEL_WORDS = frozenset(("labels", "label", "masks", "mask", "gt", "instances"))
_IMAGE_WORDS = frozenset(("images", "image", "imgs", "img", "raw"))


class TiffStackConfig(ReaderConfig):
    """Multi-page TIFF: the pages of `images.tif` are images, those of `labels.tif` their labels.

    Axes are taken from ImageJ's or OME's metadata: time, depth and whatever else counts pages
    gives images, samples and channels (C) do not. A C that matches the labels' pages as it stands
    is taken for pages. Pages may differ in size. Uncompressed files are mapped, of compressed ones
    a page is decoded at a time.

    Attributes:
        path: The folder: `train/images.tif` with `train/labels.tif`, or `train_images.tif` with
            `train_labels.tif`, or `train/images/*.tif` with `train/labels/*.tif`; likewise `val`
            and `test`; or one pair for all.
        channel: Which channel to take of images that have several, from 0; None: they must have 1
            or 3.
    """

    source: Literal["tiff_stack"]
    channel: int | None = Field(default=None, ge=0)


def find_tiff_stacks(config: TiffStackConfig, digests: Digests) -> Found:
    """Finds stacks and reads their structure; mistakes are in the result's `problems`."""
    problems = explain_missing(config.path, LAYOUT)
    items: list[Item] = []
    if not problems:
        try:
            for pair in pair_stacks(config.path, problems):
                items += _items(config, pair, digests, problems)
        except OSError as error:
            reason = f"can't be listed ({error.strerror}); check its rights"
            problems.append(Problem(where=str(error.filename or config.path), reason=reason))
    return Found(
        items=items,
        problems=problems,
        notes=[f"stacks of images from {config.path}"],
        settings={"channel": config.channel},
    )


def pair_stacks(root: Path, problems: list[Problem]) -> Sequence[Pair]:
    """Image stacks and their label stacks; what has no partner is added to `problems`.

    Raises:
        OSError: A folder can't be listed.
    """
    pairs: list[Pair] = []
    for place in find_places(root):
        images: dict[tuple[SplitName | None, str], Path] = {}
        labels: dict[tuple[SplitName | None, str], Path] = {}
        for path, is_label, key in _stacks_in(place):
            of_kind = labels if is_label else images
            if key in of_kind:
                reason = f"can't be told from {of_kind[key].name}; keep one of the two"
                problems.append(Problem(where=str(path), reason=reason))
            of_kind.setdefault(key, path)
        if not images:
            reason = f"no stack of images (.tif) in it; {LAYOUT}"
            problems.append(Problem(where=str(place.folder), reason=reason))
        for key, path in sorted({**labels, **images}.items(), key=lambda item: item[1]):
            if key not in images or key not in labels:
                other = "images" if key not in images else "labels"
                reason = f"no stack of {other} belongs to it; {LAYOUT}"
                problems.append(Problem(where=str(path), reason=reason))
            else:
                name = key[1] or path.stem
                pairs.append(Pair(name=name, home=key[0], image_path=path, label_path=labels[key]))
    return pairs


def _stacks_in(place: Place) -> list[tuple[Path, bool, tuple[SplitName | None, str]]]:
    """TIFF files; whether they hold labels; split and name, which partners share."""
    image_dir, label_dir = (folder_of(place.folder, kind) for kind in ("images", "labels"))
    if image_dir and label_dir:
        return [
            (path, folder == label_dir, (place.home, _stem(path)))
            for folder in (image_dir, label_dir)
            for path in _files_in(folder)
        ]
    found = []
    for path in _files_in(place.folder):
        words = re.split(r"[_\-. ]+", _stem(path))
        lower = [word.lower() for word in words]
        home = next((SPLIT_WORDS[word] for word in lower if word in SPLIT_WORDS), place.home)
        ignored = {*_LABEL_WORDS, *_IMAGE_WORDS, *SPLIT_WORDS}
        rest = "_".join(word for word in words if word.lower() not in ignored)
        found.append((path, not _LABEL_WORDS.isdisjoint(lower), (home, rest)))
    return found


def _files_in(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in TIFF and not path.name.startswith(".")
    ]


def _stem(path: Path) -> str:
    return path.stem.removesuffix(".ome")


def _items(
    config: TiffStackConfig, pair: Pair, digests: Digests, problems: list[Problem]
) -> list[Item]:
    stacks: list[TiffStack] = []
    for path in (pair.image_path, pair.label_path):
        try:
            stacks.append(open_stack(path))
        except UnusableFileError as error:
            problems.append(Problem(where=str(path), reason=str(error)))
    if len(stacks) < 2:
        return []
    images, labels = stacks
    num_labels = labels.count(split_channels=True)
    counts = [images.count(split_channels=split) for split in (False, True)]
    if num_labels not in counts:
        found = " or ".join(str(count) for count in dict.fromkeys(counts))
        axes = ", ".join(dict.fromkeys(one.axes for one in images.series))
        reason = (
            f"{num_labels} pages of labels for {found} images of {pair.image_path.name} (axes "
            f"{axes}); they must match, or a file is cut short"
        )
        problems.append(Problem(where=str(pair.label_path), reason=reason))
        return []
    split_channels = counts[0] != num_labels
    num_channels = 1 if split_channels else images.most("C")
    if reason := _explain_channels(config.channel, num_channels, num_channels * images.most("S")):
        problems.append(Problem(where=str(pair.image_path), reason=reason))
        return []
    digest = f"{digests.of(pair.image_path)}+{digests.of(pair.label_path)}"
    read = partial(_read, images, labels, split_channels=split_channels, channel=config.channel)
    return [
        Item(
            name=f"{pair.name}_{index:04d}",
            home=pair.home,
            digest=f"{digest}[{index}]",
            read=partial(read, index),
            aliases=(*pair.aliases(config.path), pair.name),
        )
        for index in range(num_labels)
    ]


def _explain_channels(channel: int | None, num_channels: int, num_values: int) -> str:
    """Why the channels can't be used; empty if they can.

    Args:
        channel: The one that is asked for, if one is.
        num_channels: Without samples of a colour (and alpha).
        num_values: With them.
    """
    if channel is not None and channel >= num_values:
        return f"has {num_values} channels; data.channel can be 0 to {num_values - 1}"
    if channel is None and num_channels not in (1, 3):
        return f"has {num_channels} channels; say which to take: data.channel, from 0"
    return ""


def _read(
    images: TiffStack, labels: TiffStack, index: int, *, split_channels: bool, channel: int | None
) -> Sample:
    problems: list[Problem] = []
    pixels: NDArray[Any] | None = None
    try:
        pixels = images.read(index, split_channels=split_channels)
        if channel is not None and pixels.ndim == 3 and channel < pixels.shape[2]:
            pixels = pixels[..., channel]
        pixels = check_image(pixels)
    except UnusableFileError as error:
        problems.append(Problem(where=f"{images.path}[{index}]", reason=str(error)))
    try:
        page = labels.read(index, split_channels=True)
        ids = check_labels(page, may_be_floats=True)
        if pixels is not None and pixels.shape[:2] != ids.shape:
            sizes = ["x".join(map(str, array.shape[:2])) for array in (ids, pixels)]
            reason = f"label is {sizes[0]} px, its image is {sizes[1]} px; they must be equal"
            raise UnusableFileError(reason)
    except UnusableFileError as error:
        problems.append(Problem(where=f"{labels.path}[{index}]", reason=str(error)))
    if problems or pixels is None:
        raise DataError(problems)
    return Sample(image=pixels, labels=ids)
