"""`sweeper run SPACE --extend`: a sweep takes over what has changed in its space file."""

from __future__ import annotations

from sweeper.checking import check_space
from sweeper.comparing import Comparison, compare
from sweeper.errors import SweepNotFoundError, UserError
from sweeper.paths import Home
from sweeper.request import Request
from sweeper.spec import SpecFile, find_notes
from sweeper.study.extension import extend_sweep
from sweeper.study.found import judged_words
from sweeper.study.records import read_record
from sweeper.study.store import open_study
from sweeper.taking_up import Held
from sweeper.watching import Watcher

__all__ = ["require_old", "take_over"]


def require_old(home: Home, request: Request, file: SpecFile) -> None:
    """Refuses to extend a sweep that is not there.

    Raises:
        SweepNotFoundError: There is no sweep of the file's name.
    """
    try:
        open_study(home, file.spec.name)
    except SweepNotFoundError as error:
        raise SweepNotFoundError(error.message, hint=f"start it: {request.command(home)}") from None


def take_over(held: Held, request: Request, file: SpecFile, watcher: Watcher) -> None:
    """Takes all changes over, or none.

    Args:
        held: The sweep.
        request: What was asked for.
        file: As it reads now.
        watcher: Told each change.

    Raises:
        UserError: Changes can't be taken over, or the changed space can't be run; lists them all.
        BackendError: The folder can't be written.
    """
    found = compare(request, file, held.paths, held.study)
    if found.refused:
        raise _refusal(held.home, found)
    if not found.changes:
        watcher.note(f"{request.space} asks for nothing new")
        return
    watcher.phase("preparing the data")
    checked = check_space(file, held.home)
    _require_same_data(held, checked.data.fingerprint)
    before = read_record(held.study).verdicts
    extend_sweep(
        held.paths,
        held.study,
        before=found.before,
        after=found.after,
        words=[f"{'.'.join(map(str, c.path))}: {c.words}" for c in found.changes],
        attrs=request.attrs(),
    )
    for change in found.changes:
        watcher.note(f"taken over: {found.line(change)}")
    after = read_record(held.study).verdicts
    if judged := [number for number in after if after[number] != before.get(number)]:
        watcher.note(judged_words(judged))
    for note in find_notes(found.after):
        watcher.note(note)


def _require_same_data(held: Held, fingerprint: str) -> None:
    """The same `data` may stand for other images by now."""
    known = held.study.user_attrs.get("facts", {}).get("data_fingerprint", "")
    if known and fingerprint and known != fingerprint:
        raise UserError(
            f"'{held.paths.name}' can't be extended: its data is not what it was at the start, "
            "and scores on other data can't be compared",
            hint="start another sweep with --name",
        )


def _refusal(home: Home, found: Comparison) -> UserError:
    name = found.before.name
    lines = [
        f"'{name}' can't take this over; nothing was changed:",
        *found.listed(found.refused),
        *found.started_with(home),
    ]
    another = found.request.command(home, name=f"{name}-2")
    return UserError("\n".join(lines), hint=f"put it back as it was, or start another: {another}")
