"""What MLflow raises when it can't take something, and what that means in words."""

from __future__ import annotations

import re

from alembic.util.exc import CommandError
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from sweeper.errors import BackendError

__all__ = ["TROUBLES", "describe", "is_gone"]

TROUBLES: tuple[type[Exception], ...] = (
    MlflowException,
    OSError,  # also all that the HTTP client raises
    SQLAlchemyError,
    CommandError,
    BackendError,
)

_WORDS = {
    "Connection refused": "nobody listens there",
    "timed out": "no answer in time",
    "Name or service not known": "no such host",
    "Temporary failure in name resolution": "no such host",
    "RemoteDisconnected": "it hung up",
    "Connection aborted": "it hung up",
    "Connection reset": "it hung up",
}
_STATUS = re.compile(r"too many (\d{3}) error responses|failed with error code (\d{3})")


def describe(error: Exception) -> str:
    """A short sentence."""
    text = error.message if isinstance(error, BackendError) else str(error)
    if isinstance(error, BackendError):
        return f"{text} ({error.hint})" if error.hint else text
    status = _STATUS.search(text)
    if status is not None:
        return f"it answers with error {status[1] or status[2]}"
    for pattern, words in _WORDS.items():
        if pattern in text:
            return words
    return text.partition("\n")[0][:200]


def is_gone(error: Exception) -> bool:
    """Whether MLflow says that a run or an experiment is not there (any more)."""
    if not isinstance(error, MlflowException):
        return False
    return error.error_code == "RESOURCE_DOES_NOT_EXIST" or "'active' state" in str(error)
