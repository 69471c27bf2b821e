"""The journal of a study as it lies on disk, line by line.

Optuna keeps the last of two equal keys when it reads a journal; what was written twice shows only
here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweeper.auditing.case import Case
from sweeper.auditing.results import Check, Finding, note, wrong
from sweeper.auditing.wording import named

__all__ = ["Journal", "check_journal", "read_journal"]

_SET_TRIAL_USER_ATTR = 8
_EPOCH = "epoch/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What the file holds.

    Attributes:
        num_lines: Whole lines.
        torn_bytes: Length of a last line without its end; 0 if there is none.
        bad_lines: Numbers, from 1, of whole lines that are no records.
        doubled: `(trial, epoch)` that were written more than once.
    """

    num_lines: int
    torn_bytes: int
    bad_lines: Sequence[int]
    doubled: Sequence[tuple[int, int]]


def read_journal(path: Path) -> Journal:
    """Reads a journal file.

    Raises:
        OSError: It can't be read.
    """
    written: Counter[tuple[int, int]] = Counter()
    bad: list[int] = []
    *lines, rest = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            written.update(_epochs_in(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError):
            bad.append(number)
    return Journal(
        num_lines=len(lines),
        torn_bytes=len(rest),
        bad_lines=bad,
        # One study a journal: a trial's id there is its number.
        doubled=sorted(key for key, times in written.items() if times > 1),
    )


def check_journal(case: Case, journal: Journal) -> Check:
    """Whether every line can be read."""
    found: list[Finding] = []
    name = case.paths.journal.name
    if journal.bad_lines:
        sentence = f"{named('line', journal.bad_lines)} can't be read"
        todo = "bring back a copy of the file; sweeper can't go on with this one"
        found.append(wrong("journal-damaged", name, sentence, todo))
    # While a driver runs this may be a line that is just being written.
    if journal.torn_bytes and not case.is_driven:
        sentence = (
            f"the last line breaks off after {journal.torn_bytes} bytes: its writer died; it does "
            "not count"
        )
        found.append(note("journal-torn", name, sentence, f"{case.resume} cuts it off"))
    title = "the journal is readable"
    return Check(area="study", title=title, count=journal.num_lines, unit="lines", findings=found)


def _epochs_in(record: dict[str, Any]) -> list[tuple[int, int]]:
    if record["op_code"] != _SET_TRIAL_USER_ATTR:
        return []
    return [
        (record["trial_id"], int(key.removeprefix(_EPOCH)))
        for key in record["user_attr"]
        if key.startswith(_EPOCH)
    ]
