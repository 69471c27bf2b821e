"""Features on disk, memory-mapped: written once, shared by every process of a node.

Below the cache folder::

    features/KEY/                what decides on the features of any image: encoder, weights, ...
        encoder.json             the same in words, for people
        ab/abcdef….upright       tokens of an image as it is: (rows, columns, K), no header
        ab/abcdef….turned        of its seven other flips and quarter turns, one after the other
    features/digests/NAME.json   hashes of the images of a split, so that a trial need not read them

Images are named by their content: equal images of any data set share their files. A file is written
under another name and renamed when it is whole.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from trainables.data import Split
from trainables.models.config import TokensConfig
from trainables.models.padding import padded_length
from trainables.tokens.traits import EncoderTraits, read_traits

__all__ = ["NUM_ORIENTATIONS", "FeatureFiles", "Kind", "write_whole"]

#: Flips and quarter turns of an image; number 0 is the image as it is.
NUM_ORIENTATIONS: Final = 8
#: Raise it whenever equal settings give other features.
_VERSION: Final = 1

Kind = Literal["upright", "turned"]
_ORIENTATIONS: Final[dict[Kind, range]] = {
    "upright": range(1),
    "turned": range(1, NUM_ORIENTATIONS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureFiles:
    """Where the features of one encoder are kept, and what they look like.

    Attributes:
        folder: Below the cache folder; need not exist.
        grid_px: Side of the square that a token stands for.
        channels: Length of a token.
        dtype: Of the numbers in the files.
        about: What the features depend on besides the image.
    """

    folder: Path
    grid_px: int
    channels: int
    dtype: np.dtype
    about: dict[str, Any]

    @classmethod
    def of(cls, config: TokensConfig, cache_dir: Path) -> FeatureFiles:
        """Finds the place for the features of an encoder; reads its file of weights, if any.

        Raises:
            ConfigError: There is no such encoder.
            OSError: The file of weights can't be read.
        """
        traits = read_traits(config.encoder)
        about = _describe(config, traits)
        text = json.dumps(about, sort_keys=True)
        return cls(
            folder=cache_dir / "features" / hashlib.sha256(text.encode()).hexdigest()[:32],
            grid_px=traits.patch_px // config.zoom,
            channels=traits.channels * len(config.blocks),
            dtype=np.dtype(config.precision).newbyteorder("<"),
            about=about,
        )

    def lock(self) -> FileLock:
        """Held by the one process that computes features of this encoder."""
        return FileLock(f"{self.folder}.lock")

    def has(self, digest: str, kind: Kind, shape: Sequence[int]) -> bool:
        """Whether the features of an image (H, W) are there, whole."""
        try:
            return self._path(digest, kind).stat().st_size == self.num_bytes(kind, shape)
        except OSError:
            return False

    def num_bytes(self, kind: Kind, shape: Sequence[int]) -> int:
        """What the features of an image (H, W) take on disk."""
        return len(_ORIENTATIONS[kind]) * self.dtype.itemsize * math.prod(self._grid(shape, 0))

    def read(self, digest: str, orientation: int, shape: Sequence[int]) -> NDArray[Any]:
        """Maps the features of an image (H, W) in one of its orientations.

        Returns:
            (rows, columns, K), read from disk when it is used; of the turned image.

        Raises:
            OSError: There are none.
        """
        kind: Kind = "turned" if orientation else "upright"
        grid = self._grid(shape, orientation)
        first = math.prod(grid) * (orientation - _ORIENTATIONS[kind].start)
        # Mapped anew each time: a map holds a file open, and there may be many images.
        return np.memmap(
            self._path(digest, kind),
            dtype=self.dtype,
            mode="r",
            offset=first * self.dtype.itemsize,
            shape=grid,
        )

    def write(self, digest: str, kind: Kind, features: Sequence[NDArray[Any]]) -> None:
        """Keeps the features of an image, each (rows, columns, K), in the kind's orientations."""
        content = b"".join(np.ascontiguousarray(one, self.dtype).tobytes() for one in features)
        write_whole(self._path(digest, kind), content)

    def remove_torn(self) -> None:
        """Removes what killed writers left behind; `lock` is held."""
        for torn in self.folder.glob("*/*.part"):
            torn.unlink(missing_ok=True)

    def digests(self, split: Split, name: str) -> tuple[str, ...]:
        """Hashes of the images of a split as the encoder sees them; remembered by name.

        Args:
            split: The images.
            name: Changes with the content of the split; a file name.
        """
        path = self.folder.parent / "digests" / f"{name}.json"
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = None
        if isinstance(known, list) and len(known) == len(split):
            return tuple(known)
        digests = tuple(_digest(split.image(item)) for item in range(len(split)))
        write_whole(path, json.dumps(digests).encode())
        return digests

    def _grid(self, shape: Sequence[int], orientation: int) -> tuple[int, int, int]:
        rows, columns = (padded_length(side, self.grid_px) // self.grid_px for side in shape[:2])
        if orientation % 2:
            rows, columns = columns, rows
        return rows, columns, self.channels

    def _path(self, digest: str, kind: Kind) -> Path:
        return self.folder / digest[:2] / f"{digest}.{kind}"


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _describe(config: TokensConfig, traits: EncoderTraits) -> dict[str, Any]:
    weights = traits.source if config.pretrained else "random"
    if config.weights is not None:
        with config.weights.open("rb") as file:
            weights = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    return {
        "version": _VERSION,
        "encoder": config.encoder,
        "timm": version("timm"),
        "weights": weights,
        "blocks": [block % traits.num_blocks for block in config.blocks],
        "zoom": config.zoom,
        "mean": traits.mean,
        "std": traits.std,
        "precision": config.precision,
    }


def _digest(image: NDArray[np.float32]) -> str:
    values = np.ascontiguousarray(image, "<f4")
    return hashlib.sha256(repr(values.shape).encode() + values.tobytes()).hexdigest()[:40]
