"""Deals the images that a reader found to train, val and test."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from sweeper.protocol import Problem
from trainables.data.readers.item import Item
from trainables.data.source import SPLIT_WORDS, SPLITS, SplitName
from trainables.data.splits.config import (
    ColumnSplits,
    FolderSplits,
    FractionSplits,
    GroupSplits,
    SplitsConfig,
    Values,
    texts_of,
)
from trainables.data.splits.drawing import draw_groups
from trainables.data.splits.table import match_rows, read_table
from trainables.data.splits.words import describe_shares, warn_of_groups

__all__ = ["Dealt", "deal", "deal_scored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """Where the images go.

    Attributes:
        splits: Positions in the list of items, ascending, for all three splits.
        problems: Why they can't be dealt as asked for.
        notes: How they were dealt, and what leaks from one split into another.
    """

    splits: Mapping[SplitName, Sequence[int]]
    problems: Sequence[Problem] = ()
    notes: Sequence[str] = ()


@dataclass(slots=True)
class _Dealer:
    """The images, and what comes up while they are dealt."""

    items: Sequence[Item]
    root: Path
    problems: list[Problem]
    notes: list[str]

    def fail(self, reason: str) -> list[SplitName | None]:
        """Notes a mistake of the settings; no image goes anywhere."""
        self.problems.append(Problem(where="data.splits", reason=reason))
        return [None] * len(self.items)

    def read_columns(
        self, csv: Path, columns: Sequence[str], image_column: str | None
    ) -> Sequence[Sequence[str]] | None:
        """One row an image; None if the table can't be used."""
        table = read_table(self.root / csv.expanduser(), columns, image_column, self.problems)
        if table is None:
            return None
        rows = match_rows(table, self.items, self.problems)
        return rows if all(rows) else None

    def read_names(self, pattern: str) -> Sequence[str] | None:
        """One group an image, by its name; None if the pattern does not fit all."""
        found = [re.search(pattern, item.name) for item in self.items]
        strangers = [item.name for item, match in zip(self.items, found, strict=True) if not match]
        if strangers:
            shown = ", ".join(strangers[:3]) + (", ..." if len(strangers) > 3 else "")
            reason = f"{pattern!r} is not found in {len(strangers)} of {len(found)} names ({shown})"
            self.problems.append(Problem(where="data.splits.pattern", reason=reason))
            return None
        return [match[1 if match.re.groups else 0] or "" for match in found if match]


def deal(items: Sequence[Item], config: SplitsConfig, root: Path) -> Dealt:
    """Deals images to splits; mistakes are collected, not raised.

    Args:
        items: What was found.
        config: How.
        root: The data's `path`, where a relative `csv` starts.
    """
    dealer = _Dealer(items, root, [], [])
    match config:
        case FolderSplits():
            splits = _deal_by_home(dealer, config)
        case ColumnSplits():
            splits = _deal_by_column(dealer, config)
        case GroupSplits():
            groups = dealer.read_names(config.pattern)
            what = f"groups by the pattern {config.pattern}"
            splits = [None] * len(items) if groups is None else _deal(dealer, config, groups, what)
        case FractionSplits():
            splits = _deal(dealer, config, [str(place) for place in range(len(items))], "images")
        case _:
            assert_never(config)
    return _finish(dealer, splits)


def deal_scored(items: Sequence[Item]) -> Dealt:
    """Makes the images that are only scored the validation images, and leaves out the others.

    They are those that the layout calls `val`; without any, those of `test`; without any, all
    that are in no split.
    """
    dealer = _Dealer(items, Path(), [], [])
    homes: tuple[SplitName | None, ...] = ("val", "test", None)
    for home in homes:
        chosen = [item.home == home for item in items]
        if any(chosen):
            if home == "test":
                dealer.notes.append("nothing is called val there: the test images are scored")
            return _finish(dealer, ["val" if one else None for one in chosen], is_scored=True)
    if items:
        dealer.fail("only training images there; name the folder that is to be scored itself")
    return _finish(dealer, [None] * len(items), is_scored=True)


def _finish(
    dealer: _Dealer, splits: Sequence[SplitName | None], *, is_scored: bool = False
) -> Dealt:
    places: dict[SplitName, list[int]] = {split: [] for split in SPLITS}
    for place, split in enumerate(splits):
        if split is not None:
            places[split].append(place)
    if dealer.items and not dealer.problems:
        needed: tuple[SplitName, ...] = ("val",) if is_scored else ("train", "val")
        for split in needed:
            if not places[split]:
                dealer.fail(f"no image is left for {split}; deal them otherwise")
    return Dealt(splits=places, problems=tuple(dealer.problems), notes=tuple(dealer.notes))


def _deal_by_home(dealer: _Dealer, config: FolderSplits) -> Sequence[SplitName | None]:
    groups = _groups_to_compare(dealer, config)
    splits: list[SplitName | None] = [item.home or "train" for item in dealer.items]
    if dealer.items and "val" not in splits:
        pool = [place for place, split in enumerate(splits) if split == "train"]
        keys = [groups[place] if groups else str(place) for place in pool]
        sizes = Counter(keys)
        try:
            drawn = draw_groups(sizes, {"val": config.val_frac}, config.seed)
        except ValueError as error:
            return dealer.fail(f"nothing serves as validation, and none can be held out: {error}")
        for place, key in zip(pool, keys, strict=True):
            splits[place] = drawn[key]
        held_out = sum(split == "val" for split in splits)
        dealer.notes.append(
            f"nothing serves as validation: held out are {held_out} of {len(pool)} training "
            f"images (splits.val_frac {config.val_frac:g}, splits.seed {config.seed})"
        )
    if groups:
        dealer.notes += warn_of_groups(groups, splits)
    return splits


def _groups_to_compare(dealer: _Dealer, config: FolderSplits) -> Sequence[str] | None:
    if config.pattern is not None:
        return dealer.read_names(config.pattern)
    if config.csv is not None and config.column is not None:
        rows = dealer.read_columns(config.csv, [config.column], config.image_column)
        return None if rows is None else [row[0] for row in rows]
    return None


def _deal_by_column(dealer: _Dealer, config: ColumnSplits) -> Sequence[SplitName | None]:
    columns = [config.column, *([config.group_column] if config.group_column else [])]
    rows = dealer.read_columns(config.csv, columns, config.image_column)
    if rows is None:
        return [None] * len(dealer.items)
    values = [row[0] for row in rows]
    if config.values is None and {value.lower() for value in values} <= set(SPLIT_WORDS):
        splits: list[SplitName | None] = [SPLIT_WORDS[value.lower()] for value in values]
        dealer.notes.append(f"splits by the column {config.column} of {config.csv}")
        if config.group_column:
            dealer.notes += warn_of_groups([row[1] for row in rows], splits)
        return splits
    return _deal(dealer, config, values, f"groups by the column {config.column} of {config.csv}")


def _deal(
    dealer: _Dealer,
    config: ColumnSplits | GroupSplits | FractionSplits,
    groups: Sequence[str],
    what: str,
) -> Sequence[SplitName | None]:
    """Deals whole groups, as listed or drawn."""
    values = None if isinstance(config, FractionSplits) else config.values
    if values is not None:
        splits = _deal_as_listed(dealer, values, groups)
        dealer.notes += describe_shares(what, groups, splits, "as listed")
        return splits
    kept = [config.keep_test and item.home == "test" for item in dealer.items]
    fracs: dict[SplitName, float] = {"val": config.val_frac}
    if config.test_frac:
        fracs["test"] = config.test_frac
    if any(kept) and config.test_frac:
        return dealer.fail("there are test images already: leave test_frac out or keep_test: false")
    sizes = Counter(group for group, is_kept in zip(groups, kept, strict=True) if not is_kept)
    try:
        drawn = draw_groups(sizes, fracs, config.seed)
    except ValueError as error:
        return dealer.fail(f"{what}: {error}")
    splits = [
        "test" if is_kept else drawn[group] for group, is_kept in zip(groups, kept, strict=True)
    ]
    dealer.notes += describe_shares(what, groups, splits, f"drawn with the seed {config.seed}")
    return splits


def _deal_as_listed(
    dealer: _Dealer, values: Values, groups: Sequence[str]
) -> list[SplitName | None]:
    listed: dict[str, SplitName] = {}
    for split, names in values.items():
        for name in texts_of(names):
            if listed.setdefault(name, split) != split:
                return dealer.fail(f"values: {name} is listed for {listed[name]} and for {split}")
    absent = sorted(set(listed) - set(groups))
    if absent:
        there = sorted(set(groups))
        shown = ", ".join(there[:8]) + (", ..." if len(there) > 8 else "")
        return dealer.fail(f"values: no image has the value {absent[0]!r}; there are {shown}")
    others: SplitName | None = None if "train" in values else "train"
    return [listed.get(group, others) for group in groups]
