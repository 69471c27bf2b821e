"""Images and labels from a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sweeper.protocol import DataError, Problem
from trainables.data.config import FolderConfig
from trainables.data.image_file import UnusableFileError, read_image, read_labels
from trainables.data.listing import Listing, list_folder
from trainables.data.source import SPLITS, Sample, SplitName
from trainables.data.type_tables import TypeTables, find_type_tables

__all__ = ["FolderSource", "open_folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSource:
    """A folder whose files were listed and hashed, but not decoded.

    Attributes:
        config: Where it is, and how it is split.
        listing: Its pairs.
        digests: Hash of every file's bytes.
        types: The types of nuclei, if there are any.
    """

    config: FolderConfig
    listing: Listing
    digests: Mapping[Path, str]
    types: TypeTables

    @property
    def problems(self) -> Sequence[Problem]:
        """What the listing lacks."""
        return [*self.listing.problems, *self.types.problems]

    @property
    def type_names(self) -> Sequence[str]:
        """What `types.txt` names."""
        return self.types.names

    def fingerprint(self) -> str:
        """Hash of names, splits and bytes; the folder's own place does not matter."""
        digest = hashlib.sha256()
        for split in SPLITS:
            digest.update(f"[{split}]\n".encode())
            for pair in self.listing.pairs[split]:
                for path in (pair.image_path, pair.label_path):
                    line = f"{pair.name}\t{path.suffix.lower()}\t{self.digests[path]}\n"
                    digest.update(line.encode("utf-8", "surrogateescape"))
                digest.update(self.types.digest(pair.label_path).encode())
        return digest.hexdigest()

    def names(self, split: SplitName) -> Sequence[str]:
        """Stems of a split, sorted."""
        return [pair.name for pair in self.listing.pairs[split]]

    def read(self, split: SplitName, index: int) -> Sample:
        """Reads a pair.

        Raises:
            DataError: Image, label or types can't be used, or sizes differ.
        """
        pair = self.listing.pairs[split][index]
        problems: list[Problem] = []
        image = labels = None
        try:
            image = read_image(pair.image_path)
        except UnusableFileError as error:
            problems.append(Problem(where=str(pair.image_path), reason=str(error)))
        try:
            labels = read_labels(pair.label_path)
        except UnusableFileError as error:
            problems.append(Problem(where=str(pair.label_path), reason=str(error)))
        if image is None or labels is None:
            raise DataError(problems)
        if image.shape[:2] != labels.shape:
            sizes = ["x".join(map(str, array.shape[:2])) for array in (labels, image)]
            reason = f"label is {sizes[0]} px, its image is {sizes[1]} px; they must be equal"
            raise DataError([Problem(where=str(pair.label_path), reason=reason)])
        types = self.types.read(pair.label_path, labels)
        return Sample(image=image, labels=labels, types=types)

    def notes(self) -> Sequence[str]:
        """Where the images are, and how they were split."""
        notes = [f"images from {self.config.path}", *self.types.notes]
        if self.listing.num_held_out:
            total = self.listing.num_held_out + len(self.listing.pairs["train"])
            notes.append(
                f"no val folder: held out for validation are {self.listing.num_held_out} "
                f"of {total} training images (val_frac {self.config.val_frac:g}, "
                f"split_seed {self.config.split_seed})"
            )
        return notes


def open_folder(config: FolderConfig) -> FolderSource:
    """Lists and hashes a folder; mistakes are in the result's `problems`."""
    listing = list_folder(config)
    digests = {
        path: _hash_file(path)
        for pairs in listing.pairs.values()
        for pair in pairs
        for path in (pair.image_path, pair.label_path)
    }
    label_paths = [pair.label_path for pairs in listing.pairs.values() for pair in pairs]
    types = find_type_tables(config.path, label_paths, only_val=config.only_val)
    return FolderSource(config=config, listing=listing, digests=digests, types=types)


def _hash_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        # Reading it will fail as well, and say why beside all the other mistakes.
        return "unreadable"
