"""Images and label maps in folders, to be dealt otherwise than the folders say."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sweeper.protocol import DataError, Problem
from trainables.data.digests import Digests
from trainables.data.image_file import SUFFIXES, read_labels
from trainables.data.readers.item import Found
from trainables.data.readers.pair_reading import read_pair
from trainables.data.readers.pairs import Pair, find_pairs
from trainables.data.source import Sample
from trainables.data.type_tables import TypeTables, find_type_tables

__all__ = ["LAYOUT", "find_labelled_images"]

LAYOUT = "expected are images/ and labels/, there or in train/, val/ and test/"


def find_labelled_images(root: Path, digests: Digests) -> Found:
    """Finds pairs of images and label maps; mistakes are in the result's `problems`."""
    problems: list[Problem] = []
    pairs = find_pairs(root, SUFFIXES, LAYOUT, problems)
    types = find_type_tables(root, [pair.label_path for pair in pairs], only_val=False)
    return Found(
        items=[
            pair.item(
                root,
                digests,
                partial(_read, pair, types),
                more_digest=types.digest(pair.label_path),
            )
            for pair in pairs
        ],
        problems=[*problems, *types.problems],
        notes=[f"images from {root}", *types.notes],
        type_names=lambda: types.names,
    )


def _read(pair: Pair, types: TypeTables) -> Sample:
    image, labels = read_pair(pair, read_labels)
    if image.shape[:2] != labels.shape:
        sizes = ["x".join(map(str, shape[:2])) for shape in (labels.shape, image.shape)]
        reason = f"label is {sizes[0]} px, its image is {sizes[1]} px; they must be equal"
        raise DataError([Problem(where=str(pair.label_path), reason=reason)])
    return Sample(image=image, labels=labels, types=types.read(pair.label_path, labels))
