"""Looking at sweeps must not load what trains them."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import sys
sys.argv = ["sweeper", *sys.argv[1:]]
from sweeper.cli.app import main
try:
    main()
except SystemExit:
    pass
heavy = {"ray", "mlflow", "torch", "monai", "pandas", "plotly"} & set(sys.modules)
print("HEAVY", sorted(heavy))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list"],
        ["status", "none"],
        ["audit", "--help"],
        ["run", "--help"],
        ["decode", "none"],
        ["evaluate", "none"],
        ["version"],
    ],
)
def test_no_heavy_import(arguments, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_package_is_light():
    program = "import sweeper, sys; print(sorted({'ray', 'mlflow', 'optuna'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_hv_trainable_is_light():
    program = (
        "import trainables.hv, sys; print(sorted({'ray', 'torch', 'monai'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
