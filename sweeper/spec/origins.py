"""Where each setting came from: a line of the file, or a `--set`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweeper.parameters.fields import FieldPath
from sweeper.parameters.wording import dotted
from sweeper.spec.keys import holds

__all__ = ["Origins"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """The settings of a space file after `--set`, and where they came from.

    Attributes:
        file: As the user named it.
        value: Sections by name.
        lines: Line of each key and list item that the file set, from 1.
        overrides: Key as it was written after `--set`, by the path that it set.
    """

    file: Path
    value: Mapping[str, Any]
    lines: Mapping[FieldPath, int]
    overrides: Mapping[FieldPath, str]

    def where(self, path: FieldPath) -> str:
        """`FILE:LINE: field`, or `--set KEY`; the nearest section if the path is not there."""
        path = self._as_written(path)
        for length in range(len(path), 0, -1):
            if key := self.overrides.get(path[:length]):
                rest = "" if length == len(path) else f": {dotted(path)}"
                return f"--set {key}{rest}"
            if path[:length] in self.lines:
                break
        return f"{self.file}:{self.line(path)}: {dotted(path)}"

    def line(self, path: FieldPath) -> int:
        """The line of a path or of the nearest section around it; 1 if there is none."""
        path = self._as_written(path)
        prefixes = (path[:length] for length in range(len(path), 0, -1))
        return next((self.lines[prefix] for prefix in prefixes if prefix in self.lines), 1)

    def locate(self, field: str) -> str:
        """Where a setting of a trial's configuration came from.

        Args:
            field: Dotted path in the configuration (`optim.lr`), else in the file
                (`pruning.0.metric`).
        """
        keys = field.split(".")
        space = self.value.get("space") or {}
        names = [name for name in space if field == name or field.startswith(f"{name}.")]
        if names:
            return self.where(("space", max(names, key=len)))
        if field == "epochs":
            return self.where(("budget", "epochs"))
        if keys[0] == "data":
            return self.where(tuple(keys))
        in_file = tuple(int(key) if key.isdecimal() else key for key in keys)
        for path in (("fixed", *keys), self._as_written(in_file)):
            if holds(self.value, path):
                return self.where(path)
        if holds(self.value, ("fixed", keys[0])):
            return self.where(("fixed", *keys))
        return self.where(in_file)

    def _as_written(self, path: FieldPath) -> FieldPath:
        # One objective may stand without a list around it.
        if path[:2] == ("objective", 0) and isinstance(self.value.get("objective"), Mapping):
            return ("objective", *path[2:])
        return path
