"""Every error that sweeper raises on purpose, in one tree.

::

    SweeperError
    ├── UserError            exit 2: the request was wrong, nothing was started
    │   ├── SpecError        the space file: one line per mistake, `FILE:LINE: field: reason`
    │   ├── DataError        the images, volumes or labels: one line per mistake, with the file
    │   ├── ConfigError      a trainable's configuration: one line per mistake, with the field
    │   ├── SweepExistsError   `run` under a name that is taken
    │   ├── SweepNotFoundError `resume` or `status` of a name that is not there
    │   └── SweepLockedError   another driver works on this sweep
    ├── TrialError           the trial fails with this reason, the sweep goes on
    │   └── DivergedError    a loss or a weight stopped being finite
    └── BackendError         exit 3: Ray, the study's storage or MLflow does not work

Anything else that reaches the command line is a bug of ours (exit 70).
Standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "BackendError",
    "ConfigError",
    "DataError",
    "DivergedError",
    "Problem",
    "SpecError",
    "SweepExistsError",
    "SweepLockedError",
    "SweepNotFoundError",
    "SweeperError",
    "TrialError",
    "UserError",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake: where it is and what is wrong with it.

    Attributes:
        where: `field.path`, `FILE:LINE: field` or a file's path; never empty.
        reason: What is wrong and what is allowed, as one sentence without a final stop.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class SweeperError(Exception):
    """Base of the tree.

    Attributes:
        message: What happened, and where.
        hint: What to do about it; may be empty.
    """

    exit_code = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders; the default would drop the keyword-only hint.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(
    kind: type[SweeperError], args: tuple[object, ...], state: dict[str, object]
) -> SweeperError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class UserError(SweeperError):
    """The request can't be carried out as it stands; nothing was started."""

    exit_code = 2


class _ListedError(UserError):
    """A user error that lists all its mistakes at once, one line each."""

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems), hint=hint)


class SpecError(_ListedError):
    """Mistakes in a space file; each `where` is `FILE:LINE: field`."""


class DataError(_ListedError):
    """Images, volumes or labels that can't be used; each `where` names a file or folder."""


class ConfigError(_ListedError):
    """Mistakes in a trainable's configuration; each `where` is a dotted field path."""


class SweepExistsError(UserError):
    """A sweep of this name is on disk already."""


class SweepNotFoundError(UserError):
    """No sweep of this name is on disk."""


class SweepLockedError(UserError):
    """Another process drives this sweep."""


class TrialError(SweeperError):
    """A trial can't go on; the sweep can.

    Attributes:
        retryable: Whether the same trial may succeed when it is tried again.
    """

    def __init__(self, message: str, *, hint: str = "", retryable: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable


class DivergedError(TrialError):
    """A loss, a gradient or a weight is NaN or infinite; trying again gives the same."""


class BackendError(SweeperError):
    """Ray, the study's storage or MLflow does not work; the sweep on disk is intact."""

    exit_code = 3
