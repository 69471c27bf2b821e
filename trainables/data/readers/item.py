"""Images of a data set that were found, but not read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sweeper.protocol import Problem
from trainables.data.source import Sample, SplitName

__all__ = ["Found", "Item", "no_names"]


def no_names() -> Sequence[str]:
    """The names of no classes."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An image with its labels, not read yet.

    Attributes:
        name: As people know it; unique among those of the same `home`.
        home: The split that the layout puts it in; None: the layout does not say.
        aliases: Further names that a table may call it by.
        digest: Hash of all content that decides on the sample.
        read: Reads it; raises `DataError` with all that is wrong with it.
    """

    name: str
    home: SplitName | None
    digest: str
    read: Callable[[], Sample]
    aliases: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a reader found in a place.

    Attributes:
        items: In an order that depends on their names alone.
        problems: What is missing or can't be told apart.
        notes: What a person should know, one fact a line.
        settings: The reader's settings that decide on samples, as JSON values.
        type_names: Gives the classes of nuclei; may take as long as reading all labels.
    """

    items: Sequence[Item]
    problems: Sequence[Problem] = ()
    notes: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    type_names: Callable[[], Sequence[str]] = no_names
