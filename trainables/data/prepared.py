"""Prepares a data set once, for every trial that wants it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweeper.protocol import DataError, DataSummary, Problem, UserError
from trainables.data.cache import (
    CACHE_VERSION,
    Cache,
    CacheIndex,
    SplitIndex,
    SplitWriter,
    open_or_build,
)
from trainables.data.config import DataConfig
from trainables.data.copies import Copy, Look, find_copies, look_of, warn_of_copies
from trainables.data.facts import SplitTally, describe
from trainables.data.normalise import normalise
from trainables.data.nucleus_types import list_types, no_types, plain_names
from trainables.data.opening import hint_for, open_source, place_of
from trainables.data.source import SPLITS, Sample, Source, SplitName
from trainables.data.split import Split

__all__ = ["PreparedData", "prepare"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedData:
    """A data set that is ready for training.

    Attributes:
        train: Images to learn from; at least one.
        val: Images to choose by; at least one.
        test: Images to report on; may be empty.
        channels: Channels of every image, 1 or 3.
        fingerprint: Hash of the content; equal data, equal fingerprint, wherever it lies.
        copies: Images that show what an earlier one shows, in one split or in two.
        notes: Where the data come from and what reading them found, one fact a line.
    """

    train: Split
    val: Split
    test: Split
    channels: int
    fingerprint: str
    copies: Sequence[Copy]
    notes: Sequence[str]
    _summary: DataSummary

    def summary(self) -> DataSummary:
        """What the data set holds, for people and for records.

        The facts are `channels` and, for each split, `SPLIT/images`, `/empty_images`, `/nuclei`,
        `/pixels`, `/foreground_frac`, `/touching_frac`, `/median_diameter_px`, `/min_side_px` and
        `/max_side_px`; where nuclei have types, also `/nuclei/CLASS` and `/nuclei/unknown`.
        """
        return self._summary

    @property
    def type_names(self) -> Sequence[str]:
        """Classes of nuclei, for the types 1, 2, ...; empty: nuclei have no types."""
        return self.train.type_names

    @property
    def type_counts(self) -> Sequence[int]:
        """Training nuclei of each class."""
        facts = self._summary.facts
        return [int(facts.get(f"train/nuclei/{name}", 0)) for name in self.type_names]

    def retyped(self, names: Sequence[str]) -> PreparedData:
        """The same data with other classes of nuclei, see `Split.retyped`; the summary stays."""
        train, val, test = (one.retyped(names) for one in (self.train, self.val, self.test))
        return replace(self, train=train, val=val, test=test)

    def recoloured(self, channels: int) -> PreparedData:
        """The same data with gray images repeated; the summary stays.

        Args:
            channels: At least as many as now.
        """
        train, val, test = (
            replace(one, channels=channels) for one in (self.train, self.val, self.test)
        )
        return replace(self, train=train, val=val, test=test, channels=channels)


def prepare(config: DataConfig, cache_dir: Path, channels: int | None = None) -> PreparedData:
    """Opens the prepared data set, after preparing it if nobody has.

    Opening hashes the files but decodes none. Several processes may call this at once: one
    prepares, the others wait.

    Args:
        config: Which data set.
        cache_dir: Where prepared data sets are kept, each in a folder named by its content.
        channels: Channels of every image; None takes 3 if any image has colour, else 1. With 3,
            gray images are repeated.

    Raises:
        DataError: Files that are missing or can't be used, all of them.
        UserError: `cache_dir` can't be written.
    """
    source = open_source(config, cache_dir)
    if source.problems:
        # What can be read is read all the same, so that every mistake comes up at once.
        raise DataError([*source.problems, *_read_problems(source)], hint=hint_for(config))
    fingerprint = source.fingerprint()
    try:
        cache = open_or_build(
            cache_dir,
            f"{fingerprint[:32]}-v{CACHE_VERSION}",
            lambda folder: _build(source, folder, config),
        )
    except OSError as error:
        raise UserError(
            f"can't keep prepared data in {cache_dir}: {error.strerror or error}",
            hint="free some space there, or choose another place",
        ) from error
    stored = _stored_channels(cache)
    if channels is not None and channels < stored:
        reason = f"holds colour images, but {channels} channel was asked for; convert them to gray"
        raise DataError([Problem(where=place_of(config), reason=reason)])
    return _prepared(source, cache, fingerprint, channels or stored)


def _type_names(source: Source, place: str) -> tuple[str, ...]:
    try:
        return plain_names(source.type_names)
    except ValueError as error:
        raise DataError([Problem(where=place, reason=f"{error}; rename one")]) from error


def _read_problems(source: Source) -> list[Problem]:
    problems: list[Problem] = []
    for split in SPLITS:
        for index in range(len(source.names(split))):
            try:
                source.read(split, index)
            except DataError as error:
                problems += error.problems
    return problems


def _build(source: Source, folder: Path, config: DataConfig) -> CacheIndex:
    """Writes all splits; reads on after a bad file, so that all of them are named."""
    builder = _Builder(
        source=source, folder=folder, type_names=_type_names(source, place_of(config))
    )
    splits = {split: builder.build(split) for split in SPLITS}
    problems = builder.problems
    with_nuclei = [one.facts for one in splits.values() if one.facts.nuclei]
    if with_nuclei and all(facts.looks_like_masks for facts in with_nuclei):
        reason = (
            "every label holds one single id in many pieces: these are foreground masks; "
            "give each nucleus an id of its own"
        )
        problems.append(Problem(where="labels", reason=reason))
    if problems:
        raise DataError(problems, hint=hint_for(config))
    return CacheIndex(
        version=CACHE_VERSION,
        splits=splits,
        type_names=builder.type_names,
        notes=tuple(builder.notes),
        copies=find_copies(builder.looks),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    """Writes splits, and keeps what comes up."""

    source: Source
    folder: Path
    type_names: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    looks: dict[SplitName, list[tuple[str, Look]]] = field(default_factory=dict)

    def build(self, split: SplitName) -> SplitIndex:
        names, num_types = self.source.names(split), len(self.type_names)
        tally, looks = SplitTally(num_types=num_types), self.looks.setdefault(split, [])
        remarks: Counter[str] = Counter()
        with SplitWriter(self.folder, split, has_types=num_types > 0) as writer:
            for index, name in enumerate(names):
                try:
                    sample = self.source.read(split, index)
                    types = _types_of(sample, name, num_types)
                except DataError as error:
                    self.problems.extend(error.problems)
                    continue
                tally.add(sample.labels, types)
                remarks.update(sample.remarks)
                looks.append((name, look_of(sample.image)))
                if not self.problems:
                    writer.add(name, normalise(sample.image), sample.labels, types)
        _log.info("prepared %d images of %s", len(names), split)
        self.notes.extend(f"{split}: {count} {words}" for words, count in remarks.items())
        return writer.index(tally.facts())


def _types_of(sample: Sample, name: str, num_types: int) -> NDArray[np.int32]:
    if not num_types:
        return no_types()
    try:
        return list_types(sample.labels, sample.types, num_types)
    except ValueError as error:
        raise DataError([Problem(where=name, reason=str(error))]) from error


def _stored_channels(cache: Cache) -> int:
    return max(
        (shape[2] for split in cache.index.splits.values() for shape in split.shapes), default=1
    )


def _prepared(source: Source, cache: Cache, fingerprint: str, channels: int) -> PreparedData:
    index = cache.index
    splits = {split: cache.split(split, channels) for split in SPLITS}
    copies = _find_copies_again(splits) if index.copies is None else index.copies
    facts = {"channels": float(channels)}
    notes = (*source.notes(), *index.notes)
    lines = [*notes]
    lines += warn_of_copies(copies, {split: len(one) for split, one in splits.items()})
    for name, split in index.splits.items():
        lines.append(describe(name, split.facts, index.type_names))
        numbers = split.facts.numbers(index.type_names)
        facts |= {f"{name}/{fact}": value for fact, value in numbers.items()}
    return PreparedData(
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        channels=channels,
        fingerprint=fingerprint,
        copies=copies,
        notes=notes,
        _summary=DataSummary(lines=lines, fingerprint=fingerprint, facts=facts),
    )


def _find_copies_again(splits: Mapping[SplitName, Split]) -> Sequence[Copy]:
    """Looks for copies in a cache of a program that did not."""
    return find_copies(
        {
            name: [(split.names[i], look_of(split.stored_images[i])) for i in range(len(split))]
            for name, split in splits.items()
        }
    )
