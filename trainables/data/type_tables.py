"""Types of nuclei beside label maps: `types.txt` names them, `types/NAME.csv` gives them.

`types.txt` lies in the data set's folder and has one class a line. `types/` lies beside `labels/`;
a table in it has the columns `id` and `type`, the type by its name or its line in `types.txt`.
Nuclei, and whole images, that no table speaks of are of unknown type.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweeper.protocol import DataError, Problem
from trainables.data.nucleus_types import UNKNOWN, UNKNOWN_NAME

__all__ = ["TypeTables", "find_type_tables"]

_NAMES_FILE = "types.txt"
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTables:
    """The tables of a data set, not read yet.

    Attributes:
        names: The classes, for the types 1, 2, ...; empty: nuclei have no types.
        paths: The table of each label file that has one.
        problems: What can't be right.
        notes: What a person should know.
    """

    names: Sequence[str] = ()
    paths: Mapping[Path, Path] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    notes: Sequence[str] = ()

    def digest(self, label_path: Path) -> str:
        """Hash of what decides on the types of an image; empty where nuclei have none."""
        if not self.names:
            return ""
        content = hashlib.sha256("\n".join(self.names).encode())
        if label_path in self.paths:
            content.update(b"\0" + _read_bytes(self.paths[label_path]))
        return content.hexdigest()

    def read(self, label_path: Path, labels: NDArray[np.int32]) -> dict[int, int]:
        """The type of each nucleus by id, as `Sample.types` has it.

        Args:
            label_path: The label file.
            labels: What is in it.

        Raises:
            DataError: The table can't be used; with every line that is wrong.
        """
        if label_path not in self.paths:
            return {}
        return _read_table(self.paths[label_path], self.names, set(np.unique(labels).tolist()))


def find_type_tables(root: Path, label_paths: Sequence[Path], *, only_val: bool) -> TypeTables:
    """Looks for `types.txt` and, beside the folders of the label files, for `types/`.

    Args:
        root: The data set's folder.
        label_paths: Of all images.
        only_val: The folder may be that of a split; then its parent may have `types.txt`.
    """
    named = [
        path
        for path in (root, *([root.parent] if only_val else []))
        if (path / _NAMES_FILE).is_file()
    ]
    folders = sorted({path.parent.parent / "types" for path in label_paths})
    if not named:
        unnamed = [str(folder) for folder in folders if folder.is_dir()]
        note = f"warning: {', '.join(unnamed)} not read: there is no {root / _NAMES_FILE}"
        return TypeTables(notes=[note] if unnamed else [])
    names_path = named[0] / _NAMES_FILE
    try:
        text = names_path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"can't be read ({error}); save it as UTF-8, one class a line"
        return TypeTables(problems=[Problem(where=str(names_path), reason=reason)])
    names = [line.strip() for line in text.splitlines() if line.strip()]
    if not names:
        reason = "names no class; write one a line, or remove the file"
        return TypeTables(problems=[Problem(where=str(names_path), reason=reason)])
    tables = {path: path.parent.parent / "types" / f"{path.stem}.csv" for path in label_paths}
    paths = {path: table for path, table in tables.items() if table.is_file()}
    orphans = sorted({table for one in folders for table in one.glob("*.csv")} - {*paths.values()})
    reason = "table of types without a label file of that name; add or remove one"
    return TypeTables(
        names=names,
        paths=paths,
        problems=[Problem(where=str(orphan), reason=reason) for orphan in orphans],
    )


def _read_table(path: Path, names: Sequence[str], ids: set[int]) -> dict[int, int]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"can't be read ({error}); save it as UTF-8"
        raise DataError([Problem(where=str(path), reason=reason)]) from error
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    header, *rows = list(csv.reader(StringIO(text), delimiter=delimiter)) or [[]]
    columns = [name.strip().lower() for name in header]
    if not {"id", "type"} <= set(columns):
        reason = f"the columns are {', '.join(columns) or 'none'}; needed are id and type"
        raise DataError([Problem(where=f"{path}:1", reason=reason)])
    types: dict[int, int] = {}
    problems = []
    for number, row in enumerate(rows, start=2):
        if not any(row):
            continue
        cells = dict(zip(columns, row, strict=False))
        try:
            label, one = _parse(cells.get("id", ""), cells.get("type", ""), names)
            _check(label, types, ids)
            types[label] = one
        except ValueError as error:
            problems.append(Problem(where=f"{path}:{number}", reason=str(error)))
    if problems:
        raise DataError(problems)
    return types


def _parse(label: str, one: str, names: Sequence[str]) -> tuple[int, int]:
    """The id and the type of a line; a ValueError says what is wrong with it."""
    try:
        number = int(label)
    except ValueError as error:
        raise ValueError(f"the id is {label.strip()!r}, not a number") from error
    word = one.strip().lower()
    if word in ("", str(UNKNOWN), UNKNOWN_NAME):
        return number, UNKNOWN
    known = {str(place): place for place in range(1, len(names) + 1)}
    known |= {name.lower(): place for place, name in enumerate(names, start=1)}
    if word not in known:
        raise ValueError(f"the type is {one.strip()!r}; {_NAMES_FILE} has {', '.join(names)}")
    return number, known[word]


def _check(label: int, types: Mapping[int, int], ids: set[int]) -> None:
    if label in types:
        raise ValueError(f"the id {label} has a type already; keep one line")
    if label not in ids - {0}:
        raise ValueError(f"no pixel of the label has the id {label}; remove the line")


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        # Reading it will fail as well, and say why beside all the other mistakes.
        return b"unreadable"
