"""What somebody asked for: a space file and its overrides, to be read again later."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweeper.paths import Home
from sweeper.spec import SpecFile, SweepSpec, read_spec

__all__ = ["Request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """See the module's docstring.

    Attributes:
        space: The space file, as it was named or absolute.
        overrides: `key=value`, as with `--set`.
        folder: Where the command was given; `data.path` may be relative to it.
    """

    space: Path
    overrides: Sequence[str]
    folder: Path

    @classmethod
    def here(cls, space: Path | str, overrides: Sequence[str]) -> Request:
        """A request that is made now."""
        return cls(space=Path(space), overrides=tuple(overrides), folder=Path.cwd())

    @classmethod
    def from_attrs(cls, attrs: Mapping[str, Any]) -> Request | None:
        """The request that a study remembers; None if it does not."""
        kept = attrs.get("request")
        if kept is None:
            return None
        return cls(
            space=_near(Path(kept["space"])),
            overrides=tuple(kept["overrides"]),
            folder=Path(kept["folder"]),
        )

    def attrs(self) -> dict[str, Any]:
        """What the study is to remember."""
        return {
            "request": {
                "space": str(self.folder / self.space),
                "overrides": list(self.overrides),
                "folder": str(self.folder),
            }
        }

    def read(self) -> SpecFile:
        """Reads the file.

        Raises:
            SpecError: See `read_spec`.
        """
        return read_spec(self.space, self.overrides)

    def rooted(self, spec: SweepSpec) -> SweepSpec:
        """The spec with `data.path` made absolute: workers and `resume` may start elsewhere."""
        path = spec.data.get("path")
        if not isinstance(path, str):
            return spec
        whole = str((self.folder / path).resolve())
        return spec.model_copy(update={"data": {**spec.data, "path": whole}})

    def command(self, home: Home, *options: str, name: str | None = None) -> str:
        """The `sweeper run` that asks for this, to be typed.

        Args:
            home: Where sweeps live.
            options: More options.
            name: Another name for the sweep.
        """
        words = ["sweeper", "run", shlex.quote(str(self.space))]
        for override in self.overrides:
            key, _, value = override.partition("=")
            if key.strip() != "name":
                words += ["--set", shlex.quote(override)]
            elif name is None:
                name = value.strip()
        words += ["--name", shlex.quote(name)] if name else []
        return " ".join((*words, *options)) + home.option


def _near(path: Path) -> Path:
    """A path from the current folder if it lies below."""
    here = Path.cwd()
    return Path(os.path.relpath(path, here)) if path.is_relative_to(here) else path
