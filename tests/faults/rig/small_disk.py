"""A small file system that only processes started through it can see; needs no rights of root."""

from __future__ import annotations

import errno
import shutil
import subprocess
from pathlib import Path

__all__ = ["SmallDisk", "why_not"]


def why_not() -> str:
    """Why this machine can't have one; empty if it can."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return "needs unshare and nsenter"
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return tried.stderr.strip()


class SmallDisk:
    """A tmpfs over an existing folder, in a mount namespace of its own."""

    def __init__(self, folder: Path, size_mib: int) -> None:
        self._folder = folder
        script = f'mount -t tmpfs -o size={size_mib}m none "$0" && echo ready && exec sleep 600'
        self._holder = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", script, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "ready\n"

    @property
    def door(self) -> tuple[str, ...]:
        """What goes before a command that is to see the disk."""
        target = f"--target={self._holder.pid}"
        enter = ("nsenter", target, "--user", "--mount", "--preserve-credentials")
        return (*enter, "sh", "-c", 'cd "$0" && exec "$@"')

    def fill(self) -> None:
        """Takes all the room there is."""
        with (self._seen / "filler").open("wb", buffering=0) as file:
            size = 2**20
            while size:
                try:
                    file.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 16

    def make_room(self) -> None:
        """Gives it back."""
        (self._seen / "filler").unlink()

    def copy_out(self) -> None:
        """Writes what is on it into the folder that it hides, for all to see."""
        shutil.copytree(self._seen, self._folder, dirs_exist_ok=True)

    def close(self) -> None:
        """All is gone."""
        self._holder.kill()
        self._holder.wait()
        assert self._holder.stdout is not None
        self._holder.stdout.close()

    @property
    def _seen(self) -> Path:
        return Path(f"/proc/{self._holder.pid}/root{self._folder}")
