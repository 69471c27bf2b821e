"""Prepared images on disk, memory-mapped: written once, shared by every process of a node.

A cache is a folder `KEY/` with `index.json` and, for each split, `SPLIT.images` (float32),
`SPLIT.labels` (int32) and, where nuclei have types, `SPLIT.types` (int32), all little-endian, one
image after the other. It is written under another name and renamed when it is whole.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from trainables.data.copies import Copy
from trainables.data.facts import SplitFacts
from trainables.data.source import SplitName
from trainables.data.split import Split

__all__ = ["CACHE_VERSION", "Cache", "CacheIndex", "SplitIndex", "SplitWriter", "open_or_build"]

#: Raise it whenever the same sources give other bytes or another layout.
CACHE_VERSION = 1

_INDEX = "index.json"
_IMAGE_TYPE, _LABEL_TYPE = np.dtype("<f4"), np.dtype("<i4")


class SplitIndex(BaseModel):
    """What the files of one split hold.

    Attributes:
        names: One a sample.
        shapes: Height, width and channels of each image.
        facts: What was counted.
        nuclei: Nuclei of each image whose types are stored; empty where nuclei have none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: tuple[str, ...]
    shapes: tuple[tuple[int, int, int], ...]
    facts: SplitFacts
    nuclei: tuple[int, ...] = ()

    @property
    def image_values(self) -> int:
        """Numbers in the images' file."""
        return sum(math.prod(shape) for shape in self.shapes)

    @property
    def label_values(self) -> int:
        """Numbers in the labels' file."""
        return sum(math.prod(shape[:2]) for shape in self.shapes)

    @property
    def type_values(self) -> int:
        """Numbers in the types' file."""
        return 2 * sum(self.nuclei)


class CacheIndex(BaseModel):
    """What a cache holds.

    Attributes:
        version: `CACHE_VERSION` of the program that has written it.
        splits: By name.
        type_names: The classes of nuclei; empty where nuclei have no types.
        notes: What came up while the source was read, one fact a line.
        copies: Images that show what an earlier one shows; None: nobody has looked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    splits: dict[SplitName, SplitIndex]
    type_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    copies: tuple[Copy, ...] | None = None


class SplitWriter:
    """Appends samples to the files of one split; use it in a `with` block."""

    def __init__(self, folder: Path, split: SplitName, *, has_types: bool = False) -> None:
        self._names: list[str] = []
        self._shapes: list[tuple[int, int, int]] = []
        self._nuclei: list[int] = []
        self._images = (folder / f"{split}.images").open("wb")
        self._labels = (folder / f"{split}.labels").open("wb")
        self._types = (folder / f"{split}.types").open("wb") if has_types else None

    def __enter__(self) -> SplitWriter:
        return self

    def __exit__(self, *_: object) -> None:
        for file in filter(None, (self._images, self._labels, self._types)):
            file.flush()
            os.fsync(file.fileno())
            file.close()

    def add(
        self,
        name: str,
        image: NDArray[np.float32],
        labels: NDArray[np.int32],
        types: NDArray[np.int32],
    ) -> None:
        """Appends a sample: image (H, W, C), labels (H, W), types (K, 2)."""
        height, width, channels = image.shape
        self._names.append(name)
        self._shapes.append((height, width, channels))
        self._images.write(np.ascontiguousarray(image, _IMAGE_TYPE).data)
        self._labels.write(np.ascontiguousarray(labels, _LABEL_TYPE).data)
        if self._types is not None:
            self._nuclei.append(len(types))
            self._types.write(np.ascontiguousarray(types, _LABEL_TYPE).tobytes())

    def index(self, facts: SplitFacts) -> SplitIndex:
        """Describes what was written."""
        return SplitIndex(
            names=tuple(self._names),
            shapes=tuple(self._shapes),
            facts=facts,
            nuclei=tuple(self._nuclei),
        )


class Cache:
    """A whole cache, opened for reading.

    Attributes:
        index: What it holds.
    """

    def __init__(self, folder: Path, index: CacheIndex) -> None:
        self._folder = folder
        self.index = index

    def split(self, name: SplitName, channels: int) -> Split:
        """Maps a split's files; nothing is read yet."""
        index = self.index.splits[name]
        images = _map_file(self._folder / f"{name}.images", _IMAGE_TYPE, index.image_values)
        labels = _map_file(self._folder / f"{name}.labels", _LABEL_TYPE, index.label_values)
        types = _map_file(self._folder / f"{name}.types", _LABEL_TYPE, index.type_values)
        return Split(
            names=index.names,
            channels=channels,
            stored_images=_views(images, index.shapes),
            stored_labels=_views(labels, [shape[:2] for shape in index.shapes]),
            type_names=self.index.type_names,
            stored_types=_views(types, [(count, 2) for count in index.nuclei]),
        )


def open_or_build(cache_dir: Path, key: str, build: Callable[[Path], CacheIndex]) -> Cache:
    """Opens a cache, after building it if there is no whole one.

    Builders of the same key wait for each other, in one process or in many; what a killed builder
    left behind is removed by the next one.

    Args:
        cache_dir: Exists or is made.
        key: Folder name of the cache.
        build: Writes the splits' files into an empty folder and describes them.

    Raises:
        OSError: The folder can't be written.
    """
    folder = cache_dir / key
    if cache := _open_whole(folder):
        return cache
    cache_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(cache_dir / f"{key}.lock"):
        if cache := _open_whole(folder):
            return cache
        for torn in [folder, *cache_dir.glob(f"{key}.building-*")]:
            shutil.rmtree(torn, ignore_errors=True)
        _build_and_rename(folder, build)
    if cache := _open_whole(folder):
        return cache
    raise OSError(f"{folder} was written but can't be read back")


def _build_and_rename(folder: Path, build: Callable[[Path], CacheIndex]) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}.building-", dir=folder.parent))
    try:
        index = build(unfinished)
        with (unfinished / _INDEX).open("w", encoding="utf-8") as file:
            file.write(index.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(0o755)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _open_whole(folder: Path) -> Cache | None:
    """Opens a cache; None if there is none, or if it is torn or of another version."""
    try:
        index = CacheIndex.model_validate_json((folder / _INDEX).read_bytes())
        if index.version != CACHE_VERSION:
            return None
        for name, split in index.splits.items():
            sizes = {
                "images": split.image_values,
                "labels": split.label_values,
                "types": split.type_values,
            }
            for kind, values in sizes.items():
                if values and (folder / f"{name}.{kind}").stat().st_size != 4 * values:
                    return None
    except (OSError, ValidationError):
        return None
    return Cache(folder, index)


def _map_file(path: Path, dtype: np.dtype, values: int) -> NDArray:
    if values == 0:
        return np.zeros(0, dtype)
    return np.asarray(np.memmap(path, dtype=dtype, mode="r", shape=(values,)))


def _views(values: NDArray, shapes: list | tuple) -> tuple[NDArray, ...]:
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    return tuple(
        values[end - math.prod(shape) : end].reshape(shape)
        for end, shape in zip(ends, shapes, strict=True)
    )
