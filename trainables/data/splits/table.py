"""Reads a column of a CSV file by the names of images."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from sweeper.protocol import Problem
from trainables.data.readers.item import Item

__all__ = ["Table", "match_rows", "read_table"]

_IMAGE_COLUMNS = (
    "image",
    "name",
    "file",
    "filename",
    "file_name",
    "image_name",
    "image_path",
    "path",
    "stem",
    "image_id",
    "id",
)
_DELIMITERS = ",;\t"
_ENDING = re.compile(r"\.(png|tiff?|jpe?g|bmp|npy|mat|json|geojson)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Some columns of a CSV file.

    Attributes:
        path: Where it is.
        rows: By image name as written: the values of the columns that were asked for.
    """

    path: Path
    rows: Mapping[str, Sequence[str]]


def read_table(
    path: Path, columns: Sequence[str], image_column: str | None, problems: list[Problem]
) -> Table | None:
    """Reads columns of a table; what is wrong is added to `problems`, and None returned.

    Args:
        path: CSV with a header line, in UTF-8; separated by comma, semicolon or tab.
        columns: Which ones.
        image_column: The column of image names; None: a usual name of it.
        problems: Mistakes, with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = f"can't be read ({error.strerror}); `csv` is relative to the data's `path`"
        problems.append(Problem(where=str(path), reason=reason))
        return None
    except UnicodeDecodeError:
        problems.append(Problem(where=str(path), reason="is no UTF-8 text; save it as CSV, UTF-8"))
        return None
    header, *_ = text.splitlines() or [""]
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        lines = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        problems.append(Problem(where=str(path), reason=f"is no CSV file ({error})"))
        return None
    names = [name.strip() for name in lines[0]] if lines else []
    places = _find_columns(path, names, columns, image_column, problems)
    return None if places is None else _collect(path, lines, places, problems)


def _find_columns(
    path: Path,
    names: Sequence[str],
    columns: Sequence[str],
    image_column: str | None,
    problems: list[Problem],
) -> Sequence[int] | None:
    """Places of the image column and of the others; None if one is missing."""
    lower = [name.lower() for name in names]
    if image_column is None:
        image_column = next((names[lower.index(one)] for one in _IMAGE_COLUMNS if one in lower), "")
    if not image_column:
        reason = f"no column of image names; say which with image_column: {', '.join(names)}"
        problems.append(Problem(where=str(path), reason=reason))
        return None
    wanted = [image_column, *columns]
    missing = [name for name in wanted if name not in names]
    if missing:
        reason = f"no column {missing[0]!r}; there are {', '.join(names) or 'none'}"
        problems.append(Problem(where=str(path), reason=reason))
        return None
    return [names.index(name) for name in wanted]


def _collect(
    path: Path, lines: Sequence[Sequence[str]], places: Sequence[int], problems: list[Problem]
) -> Table:
    rows: dict[str, Sequence[str]] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        cells = [line[place].strip() if place < len(line) else "" for place in places]
        name, values = _plain(cells[0]), cells[1:]
        if not name or not all(values):
            reason = "an empty cell, where image and value must stand; fill it in"
            problems.append(Problem(where=f"{path}:{number}", reason=reason))
        elif rows.setdefault(name, values) != values:
            reason = f"{name} has another value above; leave one row"
            problems.append(Problem(where=f"{path}:{number}", reason=reason))
    return Table(path=path, rows=rows)


def match_rows(
    table: Table, items: Sequence[Item], problems: list[Problem]
) -> Sequence[Sequence[str]]:
    """The row of each image; one without a row is a problem.

    A row belongs to an image if it has its path below the data's folder, its file's name or its
    name, whichever is found first; the ending may be left out.
    """
    by_stem = {_ENDING.sub("", name): row for name, row in table.rows.items()}
    found: list[Sequence[str]] = []
    absent: list[str] = []
    for item in items:
        names = [_plain(alias) for alias in (*item.aliases, item.name)]
        known = [table.rows[name] for name in names if name in table.rows]
        stems = [_ENDING.sub("", name) for name in names]
        known += [by_stem[stem] for stem in stems if stem in by_stem]
        found.append(known[0] if known else ())
        absent += [] if known else [item.name]
    if absent:
        shown = ", ".join(absent[:5]) + (", ..." if len(absent) > 5 else "")
        reason = f"no row for {len(absent)} of {len(items)} images ({shown}); add them"
        problems.append(Problem(where=str(table.path), reason=reason))
    return found


def _plain(name: str) -> str:
    return name.strip().replace("\\", "/").removeprefix("./")
