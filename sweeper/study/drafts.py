"""Folders that are filled under a temporary name and renamed when they are whole."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

__all__ = ["draft_folder", "rename_to_next"]


@contextmanager
def draft_folder(parent: Path, name: str) -> Iterator[Path]:
    """A new folder beside the one that it will be; deleted unless it was renamed in the block.

    Drafts of the same name whose makers have died are deleted: a maker holds its draft by a lock
    that dies with it.

    Args:
        parent: Existing folder.
        name: What the folder will be called.

    Raises:
        OSError: `parent` can't be written.
    """
    with ExitStack() as held:
        with _lock(parent, wait=True):  # nobody else looks before ours is locked
            for dead in _drafts(parent, name):
                with suppress(OSError), _lock(dead, wait=False):
                    shutil.rmtree(dead, ignore_errors=True)
            draft = Path(tempfile.mkdtemp(prefix=f".new-{name}-", dir=parent))
            held.enter_context(_lock(draft, wait=False))
        draft.chmod(0o755)
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def rename_to_next(draft: Path, parent: Path) -> Path:
    """Gives a draft the next free number as its name: 1, or one more than the highest.

    Returns:
        The folder as it is called now.

    Raises:
        OSError: `parent` can't be written.
    """
    numbers = [int(path.name) for path in parent.iterdir() if path.name.isdecimal()]
    number = max(numbers, default=0) + 1
    while True:
        try:
            return draft.rename(parent / str(number))
        except OSError as error:  # another process was faster
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
            number += 1


def _drafts(parent: Path, name: str) -> list[Path]:
    wanted = re.compile(rf"\.new-{re.escape(name)}-[a-z0-9_]{{8}}")
    return [path for path in parent.iterdir() if wanted.fullmatch(path.name)]


@contextmanager
def _lock(folder: Path, *, wait: bool) -> Iterator[None]:
    """Holds a folder; raises OSError if somebody else does and we don't wait."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)
