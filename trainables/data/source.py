"""What a place that images come from offers, whatever the place is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sweeper.protocol import Problem

__all__ = ["SPLITS", "SPLIT_WORDS", "Sample", "Source", "SplitName"]

SplitName = Literal["train", "val", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "val", "test")
#: What people call the splits, in lower case.
SPLIT_WORDS: Mapping[str, SplitName] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One image with its labels, as they come.

    Attributes:
        image: (H, W, 1 or 3), integers or finite floats.
        labels: (H, W) int32; 0 background, every other value one nucleus.
        types: Of the nuclei by id, each from 1 to the number of the source's `type_names`; 0, or an
            id that is left out, is unknown. Empty for a source without types.
        remarks: What had to be settled or left out while reading, in words, and how often.
    """

    image: NDArray[Any]
    labels: NDArray[np.int32]
    types: Mapping[int, int] = field(default_factory=dict)
    remarks: Mapping[str, int] = field(default_factory=dict)


class Source(Protocol):
    """A place that images come from."""

    @property
    def problems(self) -> Sequence[Problem]:
        """Mistakes that were found without reading an image."""

    @property
    def type_names(self) -> Sequence[str]:
        """The classes of nuclei, for the types 1, 2, ...; empty if nuclei have no types.

        Asked only while the data are prepared: finding out may take as long as reading them.
        """

    def fingerprint(self) -> str:
        """Hash of all that decides on the samples, their types and their split; hexadecimal."""

    def names(self, split: SplitName) -> Sequence[str]:
        """Names of a split's samples; empty if there is no such split."""

    def read(self, split: SplitName, index: int) -> Sample:
        """Reads or draws a sample.

        Raises:
            DataError: The sample can't be used; with all that is wrong with it.
        """

    def notes(self) -> Sequence[str]:
        """What a person should know about the place, one fact a line."""
