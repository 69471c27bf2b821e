"""A place that images come from, made of what a reader found and how it was dealt."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sweeper.protocol import Problem
from trainables.data.readers.item import Found, Item
from trainables.data.source import SPLITS, Sample, SplitName
from trainables.data.splits.config import SplitsConfig
from trainables.data.splits.dealing import Dealt, deal, deal_scored

__all__ = ["ItemSource", "deal_items"]

#: Raise it whenever a reader gives other samples for the same files and settings.
_READERS_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSource:
    """Images that were found, hashed and dealt, but not read.

    Attributes:
        kind: Name of the reader.
        found: The images.
        dealt: Where they go.
    """

    kind: str
    found: Found
    dealt: Dealt

    @property
    def problems(self) -> Sequence[Problem]:
        """What is missing, or can't be dealt; what is missing makes the rest hard to deal."""
        dealt = [one for one in self.dealt.problems if one.where != "data.splits"]
        return (*self.found.problems, *(dealt if self.found.problems else self.dealt.problems))

    @property
    def type_names(self) -> Sequence[str]:
        """Classes of nuclei; finding them may take as long as reading all labels."""
        return self.found.type_names()

    def fingerprint(self) -> str:
        """Hash of settings, names, splits and content; the place on disk does not matter."""
        settings = json.dumps(dict(self.found.settings), sort_keys=True)
        digest = hashlib.sha256(f"{self.kind} {_READERS_VERSION} {settings}\n".encode())
        for split in SPLITS:
            digest.update(f"[{split}]\n".encode())
            for item in self._items(split):
                digest.update(f"{item.name}\t{item.digest}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def names(self, split: SplitName) -> Sequence[str]:
        """Names of a split's images."""
        return [item.name for item in self._items(split)]

    def read(self, split: SplitName, index: int) -> Sample:
        """Reads an image and its labels.

        Raises:
            DataError: They can't be used.
        """
        return self._items(split)[index].read()

    def notes(self) -> Sequence[str]:
        """What a person should know about the place and the splits."""
        return (*self.found.notes, *self.dealt.notes)

    def _items(self, split: SplitName) -> Sequence[Item]:
        return [self.found.items[place] for place in self.dealt.splits[split]]


def deal_items(
    kind: str, found: Found, splits: SplitsConfig, root: Path, *, only_val: bool
) -> ItemSource:
    """Deals what a reader found.

    Args:
        kind: Name of the reader.
        found: The images.
        splits: How they are dealt.
        root: Where a relative path of a table starts.
        only_val: Whether they are only scored.
    """
    found = replace(found, items=_tell_apart(found.items))
    if not found.items and not found.problems:
        nothing = Problem(where=str(root), reason="there are no images in it; add some")
        found = replace(found, problems=[nothing])
    table_dir = root if root.is_dir() else root.parent
    dealt = deal_scored(found.items) if only_val else deal(found.items, splits, table_dir)
    return ItemSource(kind=kind, found=found, dealt=dealt)


def _tell_apart(items: Sequence[Item]) -> Sequence[Item]:
    """Puts the split in front of names that two splits share."""
    counts = Counter(item.name for item in items)
    return [
        replace(item, name=f"{item.home}/{item.name}", aliases=(*item.aliases, item.name))
        if counts[item.name] > 1 and item.home
        else item
        for item in items
    ]
