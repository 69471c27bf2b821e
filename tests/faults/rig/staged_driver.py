"""The command line as users start it, which stops at the moment that a test asked for.

    python staged_driver.py run walk.yaml ...

Optuna is patched, not sweeper: the moments are those between two writes to the study.
"""

from __future__ import annotations

import optuna
from stage import pause_at

from sweeper.cli.app import main

_ask, _tell = optuna.Study.ask, optuna.Study.tell


def _pause_after_ask(study, *args, **kwargs):
    trial = _ask(study, *args, **kwargs)
    pause_at("ask", trial.number)
    return trial


def _pause_before_tell(study, trial, *args, **kwargs):
    pause_at("tell", trial if isinstance(trial, int) else trial.number)
    return _tell(study, trial, *args, **kwargs)


if __name__ == "__main__":
    optuna.Study.ask = _pause_after_ask
    optuna.Study.tell = _pause_before_tell
    main()
