"""A space file beside the sweep that was started from it, and what is said about both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import optuna

from sweeper.errors import SpecError, SweeperError, SweepExistsError
from sweeper.paths import Home, SweepPaths
from sweeper.request import Request
from sweeper.spec import SpecFile, SweepSpec
from sweeper.spec.changes import Change, find_changes, merge_specs
from sweeper.study.history import read_history
from sweeper.study.lock import is_driven
from sweeper.study.store import open_spec, open_study, require_free

__all__ = ["Comparison", "compare", "note_on_changes", "require_new"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A sweep and what a file asks for under its name.

    Attributes:
        request: What was asked for.
        file: As it reads now.
        before: What the sweep runs with.
        changes: What differs, in the order of lines.
        first: What the sweep came from; None: not known.
    """

    request: Request
    file: SpecFile
    before: SweepSpec
    changes: Sequence[Change]
    first: Request | None

    @property
    def refused(self) -> Sequence[Change]:
        """The changes that the sweep can't take over."""
        return [change for change in self.changes if change.refusal]

    @property
    def allowed(self) -> Sequence[Change]:
        """The changes that it can."""
        return [change for change in self.changes if not change.refusal]

    @property
    def after(self) -> SweepSpec:
        """What the sweep would run with; nothing may be refused."""
        return merge_specs(self.before, self.request.rooted(self.file.spec))

    def line(self, change: Change) -> str:
        """`FILE:LINE: field: 12 -> 24`."""
        return f"{self.file.origins.where(change.path)}: {change.words}"

    def listed(self, changes: Sequence[Change]) -> Iterator[str]:
        """A line for each change, and one for why it is refused."""
        for change in changes:
            yield f"  {self.line(change)}"
            if change.refusal:
                yield f"    {change.refusal}"

    def blocks(self) -> Iterator[str]:
        """Lines: what can be taken over, and what can't."""
        if self.allowed:
            yield f"it can take this over from {self.request.space}:"
            yield from self.listed(self.allowed)
        if self.refused:
            yield f"it can't take this over{'' if self.allowed else f' from {self.request.space}'}:"
            yield from self.listed(self.refused)

    def started_with(self, home: Home) -> Iterator[str]:
        """How the sweep was started, if that was with other options than now."""
        if self.first is not None and set(self.first.overrides) != set(self.request.overrides):
            yield f"it was started with: {self.first.command(home)}"


def compare(request: Request, file: SpecFile, paths: SweepPaths, study: optuna.Study) -> Comparison:
    """Compares a file with a sweep; nothing is written.

    Args:
        request: What was asked for.
        file: As it reads now.
        paths: The sweep's folder.
        study: Its study.
    """
    before = open_spec(paths)
    changes = find_changes(before, request.rooted(file.spec), read_history(study, before))
    changes.sort(key=lambda change: file.origins.line(change.path))
    return Comparison(
        request=request,
        file=file,
        before=before,
        changes=changes,
        first=Request.from_attrs(study.user_attrs),
    )


def require_new(home: Home, request: Request, file: SpecFile) -> None:
    """Refuses a name that is taken, and says how the file differs from that sweep.

    Raises:
        SweepExistsError: The name is taken.
    """
    name = file.spec.name
    try:
        require_free(home, name)
    except SweepExistsError as taken:
        try:
            found = compare(request, file, home.sweep(name), open_study(home, name))
        except SweeperError:
            # Whatever is there, it can't be compared.
            raise taken from None
        raise SweepExistsError(_taken_words(home, found), hint=_ways_on(home, found)) from None


def note_on_changes(home: Home, paths: SweepPaths, study: optuna.Study) -> str:
    """What to know about the file that a sweep came from, before going on without it.

    Returns:
        A sentence and a line for each change; empty if the file is as it was, is gone, or has
        become another sweep's.
    """
    request = Request.from_attrs(study.user_attrs)
    if request is None or not request.space.is_file():
        return ""
    try:
        file = request.read()
    except SpecError as error:
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        return f"going on without {request.space}, which has mistakes: {error.problems[0]}{more}"
    if file.spec.name != paths.name:
        return ""
    found = compare(request, file, paths, study)
    if not found.changes:
        return ""
    lines = ["going on as before, without what has changed in the space file", *found.blocks()]
    if not found.refused:
        lines.append(f"with the changes: {request.command(home, '--extend')}")
    return "\n".join(lines)


def _taken_words(home: Home, found: Comparison) -> str:
    lines = [f"a sweep named '{found.before.name}' exists already in {home.root}"]
    if not found.changes:
        lines.append(f"it is what {found.request.space} asks for")
    return "\n".join((*lines, *found.blocks(), *found.started_with(home)))


def _ways_on(home: Home, found: Comparison) -> str:
    name = found.before.name
    ways = [("go on as before", f"sweeper resume {name}{home.option}")]
    if is_driven(home.sweep(name)):
        ways = [
            ("it runs; watch it", f"sweeper status {name}{home.option}"),
            ("stop it, then go on", f"sweeper stop {name}{home.option}"),
        ]
    if found.allowed and not found.refused:
        ways.append(("with the changes", found.request.command(home, "--extend")))
    ways.append(("start another", found.request.command(home, name=f"{name}-2")))
    return "\n      ".join(f"{what}: {command}" for what, command in ways)
