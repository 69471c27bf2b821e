"""What kind of fault an exception is; torch's own errors where torch can raise them here."""

from __future__ import annotations

import errno

import pytest
import torch

from sweeper.engine.diagnosis import diagnose
from sweeper.errors import ConfigError, DivergedError, Problem, TrialError


def raised_from(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("shapes differ"), "error"),
        (SystemExit(1), "error"),
        (TrialError("no"), "error"),
        (ConfigError([Problem(where="lr", reason="no")]), "error"),
        (FileNotFoundError(errno.ENOENT, "no such file"), "error"),
        (PermissionError(errno.EACCES, "denied"), "error"),
        (TrialError("try later", retryable=True), "transient"),
        (ConnectionResetError("gone"), "transient"),
        (TimeoutError("slow"), "transient"),
        (OSError(errno.EIO, "I/O error"), "transient"),
        (OSError(errno.ESTALE, "stale file handle"), "transient"),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), "transient"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), "transient"),
        (MemoryError(), "memory"),
        (OSError(errno.ENOMEM, "cannot allocate"), "memory"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"), "memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "memory"),
        (DivergedError("loss is nan"), "diverged"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk"),
        (OSError(errno.EDQUOT, "Quota exceeded"), "disk"),
        (RuntimeError("PytorchStreamWriter failed writing file data/1: file write failed"), "disk"),
        (raised_from(ValueError("can't save"), OSError(errno.ENOSPC, "No space")), "disk"),
        (raised_from(RuntimeError("epoch failed"), MemoryError()), "memory"),
    ],
)
def test_kinds(error, kind):
    assert diagnose(error) == kind


def test_torch_without_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert diagnose(caught.value) == "memory"


def test_torch_on_a_full_disk(tmp_path):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever torch raises is the question
        torch.save(torch.zeros(10_000), "/dev/full")
    assert diagnose(caught.value) == "disk"


def test_causes_that_turn_in_a_circle():
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert diagnose(first) == "error"
