"""Hashes files, the large ones once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Digests"]

_LARGE_BYTES = 64 * 2**20
#: A file may change twice within one tick of its clock; what is younger is hashed again.
_SETTLED_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Gives the hash of files' bytes.

    Small files are always read. The hash of a large one (above 64 MiB) is kept, and holds as long
    as its size, its times, its device and its inode are the same: folds of many gigabytes would
    otherwise be read by every trial.

    Attributes:
        folder: Where hashes are kept; made when needed. What can't be kept is hashed again.
    """

    folder: Path

    def of(self, path: Path) -> str:
        """SHA-256 of a file's bytes; `unreadable` if it can't be read (reading will say why)."""
        try:
            facts = path.stat()
            if facts.st_size < _LARGE_BYTES:
                return _hash(path)
            return self._recall(path, facts) or self._remember(path)
        except OSError:
            return "unreadable"

    def _recall(self, path: Path, facts: os.stat_result) -> str | None:
        try:
            kept = json.loads(self._place(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        known = isinstance(kept, dict) and kept.get("stamp") == _stamp(facts)
        return str(kept["sha256"]) if known and "sha256" in kept else None

    def _remember(self, path: Path) -> str:
        before = path.stat()
        digest = _hash(path)
        if _stamp(path.stat()) == _stamp(before) and time.time() - before.st_mtime > _SETTLED_S:
            text = json.dumps({"stamp": _stamp(before), "sha256": digest})
            place = self._place(path)
            unfinished = place.with_name(f"{place.name}.{os.getpid()}")
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                unfinished.write_text(text, encoding="utf-8")
                unfinished.replace(place)
            except OSError:
                # It is only read again the next time.
                with contextlib.suppress(OSError):
                    unfinished.unlink(missing_ok=True)
        return digest

    def _place(self, path: Path) -> Path:
        name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:32]
        return self.folder / f"{name}.json"


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(facts: os.stat_result) -> list[int]:
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_dev, facts.st_ino]
