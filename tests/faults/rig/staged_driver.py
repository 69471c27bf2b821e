"""The command line as users start it, which stops at the moment that a test asked for.

    python staged_driver.py run walk.yaml ...

Optuna and MLflow are patched, not sweeper: the moments are those between two writes.
"""

from __future__ import annotations

import itertools

import mlflow
import optuna
from alembic.runtime.migration import HeadMaintainer
from stage import pause_at

from sweeper.cli.app import main

_TRIAL_OF_RUN: dict[str, int] = {}
_MIGRATIONS = itertools.count(1)


def _around(owner, name, *, before=None, after=None):
    """Replaces a function by itself with something before or after it."""
    original = getattr(owner, name)

    def replacement(*args, **kwargs):
        if before is not None:
            before(*args, **kwargs)
        result = original(*args, **kwargs)
        if after is not None:
            after(result, *args, **kwargs)
        return result

    setattr(owner, name, replacement)


def _asked(trial, *_args, **_kwargs):
    pause_at("ask", trial.number)


def _before_told(_study, trial, *_args, **_kwargs):
    pause_at("tell", trial if isinstance(trial, int) else trial.number)


def _told(_frozen, _study, trial, *_args, **_kwargs):
    pause_at("told", trial if isinstance(trial, int) else trial.number)


def _before_created(*_args, **_kwargs):
    pause_at("create", 0)


def _before_migrated(*_args, **_kwargs):
    pause_at("migrate", 0, next(_MIGRATIONS))


def _run_created(run, *_args, **_kwargs):
    number = run.data.tags.get("sweeper.trial")
    if number is not None:
        _TRIAL_OF_RUN[run.info.run_id] = int(number)
        pause_at("run", int(number))


def _batch_logged(_result, _client, run_id, metrics=(), **_kwargs):
    if metrics and run_id in _TRIAL_OF_RUN:
        pause_at("batch", _TRIAL_OF_RUN[run_id])


if __name__ == "__main__":
    _around(optuna.Study, "ask", after=_asked)
    _around(optuna.Study, "tell", before=_before_told, after=_told)
    _around(optuna, "create_study", before=_before_created)
    _around(HeadMaintainer, "update_to_step", before=_before_migrated)
    _around(mlflow.MlflowClient, "create_run", after=_run_created)
    _around(mlflow.MlflowClient, "log_batch", after=_batch_logged)
    main()
