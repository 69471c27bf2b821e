"""Settings of MLflow's client, which it reads from the environment. Does not import mlflow."""

from __future__ import annotations

import os

__all__ = ["set_client"]

_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


def set_client() -> None:
    """Must be called before mlflow is imported, since that may begin to report home.

    One request a call, with a short wait: who calls repeats it, after a look at what is there. With
    repetitions of its own the client sends a `create` again that has lost its answer, and leaves a
    second run behind.
    """
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
