"""`import sweeper.spec` is for every command, also for those that must answer at once."""

from __future__ import annotations

import subprocess
import sys


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, sweeper.spec, sweeper.spec.schema;"
        "print(*sorted({'optuna', 'torch', 'ray', 'mlflow', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
