"""Where two specs differ, setting by setting, and how that reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sweeper.parameters.fields import FieldPath
from sweeper.parameters.values import same_value
from sweeper.parameters.wording import shown
from sweeper.spec.writing import plain

__all__ = ["MISSING", "Difference", "brief", "find_differences"]

_MAX_LENGTH = 40
# Texts that need no quotes to be told from what is around them.
_WORD = re.compile(r"[A-Za-z_./~][\w./:~-]*")


class _Missing(Enum):
    MISSING = "missing"


#: Stands for a setting that is not there.
MISSING: Final = _Missing.MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A setting with two values.

    Attributes:
        path: In the file.
        before: MISSING if it was added.
        after: MISSING if it was removed.
    """

    path: FieldPath
    before: Any
    after: Any

    @property
    def words(self) -> str:
        """`12 -> 24`, `added: 16` or `removed (was 16)`."""
        if self.before is MISSING:
            return f"added: {brief(self.after)}"
        if self.after is MISSING:
            return f"removed (was {brief(self.before)})"
        before, after = brief(self.before), brief(self.after)
        if isinstance(self.before, str) and isinstance(self.after, str):
            before, after = _tails(self.before, self.after)
        return f"{before} -> {after}"


def find_differences(before: Any, after: Any, path: FieldPath) -> Iterator[Difference]:
    """The innermost settings of two sections or mappings that differ; lists are compared whole.

    Args:
        before: A section, a mapping, a list or a scalar.
        after: The same later.
        path: Where they stand in the file.
    """
    one, other = plain(before), plain(after)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in (*one, *(key for key in other if key not in one)):
            yield from find_differences(
                one.get(key, MISSING), other.get(key, MISSING), (*path, key)
            )
    elif not same_value(one, other):
        yield Difference(path=path, before=one, after=other)


def brief(value: Any) -> str:
    """A setting in a sentence: words without quotes, mappings and lists shortened."""
    if isinstance(value, str) and _WORD.fullmatch(value) and len(value) <= _MAX_LENGTH:
        return value
    return shown(value)


def _tails(before: str, after: str) -> tuple[str, str]:
    """Two texts; what long ones begin with alike, whole folders of a path, is left out."""
    if max(len(before), len(after)) <= _MAX_LENGTH:
        return brief(before), brief(after)
    folders, others = before.split("/"), after.split("/")
    alike = 0
    for one, other in zip(folders[:-1], others[:-1], strict=False):
        if one != other:
            break
        alike += 1
    if not alike:
        return brief(before), brief(after)
    return "/".join(("...", *folders[alike:])), "/".join(("...", *others[alike:]))
