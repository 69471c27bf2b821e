"""A network's outputs on the validation images, kept until their decoding has been searched."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["KeptOutputs", "Outputs"]

Outputs = Mapping[str, NDArray[np.floating]]

#: Beyond this many bytes, outputs are kept on disk.
_RAM_BYTES = 2 * 2**30


class KeptOutputs(Sequence[Outputs]):
    """Outputs by image, in memory up to a limit and beyond it in a file that no listing shows.

    The file has no name, so nothing is left behind whatever becomes of the process. The arrays are
    read-only, and hold the file open as long as they are used.
    """

    def __init__(self, folder: Path, ram_bytes: int = _RAM_BYTES) -> None:
        """Starts empty.

        Args:
            folder: Where the file is, on a disk with room for all outputs.
            ram_bytes: What may be kept in memory.
        """
        self._folder = folder
        self._ram_bytes = ram_bytes
        self._used_bytes = 0
        self._kept: list[Outputs] = []

    def append(self, outputs: Outputs) -> None:
        """Keeps the outputs of the next image.

        Raises:
            OSError: The disk is full.
        """
        self._used_bytes += sum(array.nbytes for array in outputs.values())
        keep = self._spill if self._used_bytes > self._ram_bytes else np.asarray
        kept = {name: keep(array) for name, array in outputs.items()}
        for array in kept.values():
            array.flags.writeable = False
        self._kept.append(kept)

    def _spill(self, array: NDArray[np.floating]) -> NDArray[np.floating]:
        with tempfile.TemporaryFile(dir=self._folder) as file:
            array.tofile(file)
            file.flush()
            return np.memmap(file, dtype=array.dtype, mode="r", shape=array.shape)

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> Outputs: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Outputs]: ...

    def __getitem__(self, index: int | slice) -> Outputs | Sequence[Outputs]:
        return self._kept[index]
