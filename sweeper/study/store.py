"""The study on disk: created whole or not at all, opened without Ray."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock

from sweeper.errors import BackendError, SweepExistsError, SweepNotFoundError
from sweeper.paths import Home, SweepPaths
from sweeper.spec import SweepSpec, dump_spec, read_spec
from sweeper.study.drafts import draft_folder

__all__ = ["create_sweep", "drop_torn_line", "open_spec", "open_study", "require_free"]

logger = logging.getLogger(__name__)

optuna.logging.set_verbosity(optuna.logging.WARNING)


class _KernelLock(BaseJournalFileLock):
    """A lock that dies with its process; Optuna's own would stall the next driver for 30 s."""

    def __init__(self, journal: Path) -> None:
        self._lock = FileLock(f"{journal}.lock", thread_local=False)

    def acquire(self) -> bool:
        self._lock.acquire()
        return True

    def release(self) -> None:
        self._lock.release()


class _Journal(JournalFileBackend):
    """Says what is wrong with its file, and leaves no half line behind when the disk is full.

    The line after a half one would be unreadable.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal), lock_obj=_KernelLock(journal))
        self._journal = journal

    def read_logs(self, log_number_from: int) -> Generator[dict[str, Any], None, None]:
        try:
            yield from super().read_logs(log_number_from)
        except FileNotFoundError as error:
            raise self._gone() from error

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        try:
            size = self._journal.stat().st_size
        except FileNotFoundError as error:
            raise self._gone() from error
        try:
            super().append_logs(logs)
        except OSError as error:
            os.truncate(self._journal, size)
            raise BackendError(
                f"can't write the study {self._journal}: {error.strerror}",
                hint="the study is whole as it was; mend it, then go on with `sweeper resume`",
            ) from error

    def _gone(self) -> BackendError:
        return BackendError(
            f"the study {self._journal} is gone",
            hint="somebody has moved or removed it; bring it back, or start the sweep anew",
        )


def _storage(journal: Path) -> JournalStorage:
    return JournalStorage(_Journal(journal))


def drop_torn_line(journal: Path) -> int:
    """Cuts a last line that a dying driver left unfinished; only the holder of the lock may.

    Returns:
        The number of bytes that were cut; 0 if the journal is whole.
    """
    with journal.open("rb+") as file:
        size = file.seek(0, 2)
        file.seek(0)
        whole = sum(len(line) for line in file if line.endswith(b"\n"))
        file.truncate(whole)
    return size - whole


def require_free(home: Home, name: str) -> SweepPaths:
    """The folder for a new sweep.

    Raises:
        SweepExistsError: The name is taken.
    """
    paths = home.sweep(name)
    if paths.root.exists():
        raise SweepExistsError(
            f"a sweep named '{name}' exists already in {home.root}",
            hint=f"go on with it: sweeper resume {name}{home.option}   "
            f"or start another: sweeper run ... --name {name}-2{home.option}",
        )
    return paths


def create_sweep(
    home: Home, spec: SweepSpec, *, start: Sequence[Mapping[str, Any]], attrs: Mapping[str, Any]
) -> SweepPaths:
    """Creates the folder of a new sweep with its frozen spec and its study.

    It is made under a temporary name and renamed, so that a sweep exists whole or not at all.

    Args:
        home: Where sweeps live; created if needed.
        spec: What was asked for, resolved.
        start: Parameter sets that are tried first.
        attrs: Facts about the sweep, kept with the study.

    Raises:
        SweepExistsError: The name is taken.
        BackendError: The folder can't be written.
    """
    paths = require_free(home, spec.name)
    home.make()
    try:
        with draft_folder(home.root, spec.name) as folder:
            draft = SweepPaths(folder)
            draft.spec.write_text(dump_spec(spec), encoding="utf-8")
            study = optuna.create_study(
                storage=_storage(draft.journal),
                study_name=spec.name,
                directions=[objective.goal for objective in spec.objectives],
            )
            for key, value in attrs.items():
                study.set_user_attr(key, value)
            for params in start:
                study.enqueue_trial(dict(params))
            draft.root.rename(paths.root)
    except OSError as error:
        require_free(home, spec.name)
        raise BackendError(f"can't write to {home.root}: {error.strerror}") from error
    return paths


def open_study(home: Home, name: str) -> optuna.Study:
    """Opens the study of a sweep; nothing is written.

    Raises:
        SweepNotFoundError: There is none; the message lists those that are there.
        BackendError: The journal can't be read.
    """
    paths = home.sweep(name)
    if paths.spec.is_file() and not paths.journal.exists():
        raise BackendError(
            f"{paths.journal} is gone, and with it the record of sweep '{name}'",
            hint="bring it back from a backup, or start the sweep under another name",
        )
    if not paths.journal.is_file() or paths.root.parent != home.root:
        known = ", ".join(found.name for found in home.sweeps()) or "none yet"
        raise SweepNotFoundError(
            f"no sweep named '{name}' in {home.root} (there: {known})",
            hint="--home or SWEEPER_HOME names another folder",
        )
    try:
        storage = _storage(paths.journal)
        (summary,) = storage.get_all_studies()
        return optuna.load_study(study_name=summary.study_name, storage=storage)
    except (OSError, ValueError, KeyError) as error:
        raise BackendError(
            f"{paths.journal} can't be read: {error}",
            hint=f"which line it is: sweeper audit {name}{home.option}",
        ) from error


def open_spec(paths: SweepPaths) -> SweepSpec:
    """The frozen spec of a sweep."""
    return read_spec(paths.spec).spec
