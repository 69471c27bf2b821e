"""What kind of fault an exception in training code is. Knows torch's errors by their names."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from sweeper.errors import DivergedError, SweeperError, TrialError
from sweeper.study.faults import FaultKind

__all__ = ["diagnose"]

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# Mistakes in a path; trying again finds the same.
_LASTING = (FileNotFoundError, FileExistsError, PermissionError, NotADirectoryError)
_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory")
_DEVICE_WORDS = ("cuda error", "cudnn error", "cublas error", "nccl error", "cufft error")
# What torch.save says when a write fails; it hides the errno.
_DISK_WORDS = ("file write failed", "iostream error", "unexpected pos")


def diagnose(error: BaseException) -> FaultKind:
    """The kind of fault; what an exception was raised from counts too."""
    for link in _chain(error):
        kind = _kind(link)
        if kind is not FaultKind.ERROR:
            return kind
    return FaultKind.ERROR


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__


def _kind(error: BaseException) -> FaultKind:
    match error:
        case DivergedError():
            return FaultKind.DIVERGED
        case TrialError(retryable=True):
            return FaultKind.TRANSIENT
        case SweeperError():
            return FaultKind.ERROR
        case MemoryError():
            return FaultKind.MEMORY
        case OSError():
            return _kind_of_os_error(error)
        case RuntimeError():
            return _kind_of_runtime_error(error)
        case _:
            return FaultKind.ERROR


def _kind_of_os_error(error: OSError) -> FaultKind:
    if error.errno in _NO_SPACE:
        return FaultKind.DISK
    if error.errno == errno.ENOMEM:
        return FaultKind.MEMORY
    return FaultKind.ERROR if isinstance(error, _LASTING) else FaultKind.TRANSIENT


def _kind_of_runtime_error(error: RuntimeError) -> FaultKind:
    text = str(error).lower()
    if type(error).__name__ == "OutOfMemoryError" or any(words in text for words in _MEMORY_WORDS):
        return FaultKind.MEMORY
    if any(words in text for words in _DEVICE_WORDS):
        return FaultKind.TRANSIENT
    return FaultKind.DISK if any(words in text for words in _DISK_WORDS) else FaultKind.ERROR
