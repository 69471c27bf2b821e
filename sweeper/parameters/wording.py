"""How values and names appear in messages."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

__all__ = ["did_you_mean", "dotted", "listed", "nearest", "shown"]

_MAX_LENGTH = 40
_MAX_LISTED = 16


def shown(value: Any) -> str:
    """A setting as it would stand in YAML, texts in quotes, shortened."""
    match value:
        case str():
            text = f"'{value}'"
        case float():
            text = repr(value)
        case _:
            text = json.dumps(value, default=str)
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 3]}..."


def listed(values: Iterable[Any]) -> str:
    """Settings or names, separated by commas."""
    texts = [value if isinstance(value, str) else shown(value) for value in values]
    rest = len(texts) - _MAX_LISTED
    return ", ".join(texts[:_MAX_LISTED] + ([f"... ({rest} more)"] if rest > 0 else []))


def dotted(path: Iterable[str | int]) -> str:
    """A path as users write it."""
    return ".".join(map(str, path))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that somebody who wrote `name` most probably meant; None if none is near."""
    candidates = list(known)
    folded = {candidate.casefold(): candidate for candidate in reversed(candidates)}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if found:
        return folded[found[0]]
    # A dotted name of which only the end was written.
    ends = [candidate for candidate in candidates if candidate.endswith(f".{name}")]
    return ends[0] if len(ends) == 1 else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or the known names, or nothing if there are none."""
    candidates = list(known)
    if not candidates:
        return ""
    guess = nearest(name, candidates)
    return f"; did you mean {guess}?" if guess else f"; known: {listed(candidates)}"
