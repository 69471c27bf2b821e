"""What this machine says of itself when a trial broke."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

__all__ = ["count_oom_kills", "disk_is_full"]

_ROOM_BYTES = 4 * 2**20
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_VMSTAT = Path("/proc/vmstat")


def disk_is_full(folder: Path) -> bool:
    """Whether not even a few MiB can be written there now; leaves nothing behind."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, _ROOM_BYTES)
    except OSError as error:
        return error.errno in _NO_SPACE
    return False


def count_oom_kills() -> int:
    """Processes that the kernel has killed for lack of memory since it started; 0: not known."""
    try:
        lines = _VMSTAT.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
