"""The examples in the docstrings run, with plain Optuna and without Ray."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys

import optuna
import pytest

_EXAMPLES = {"any_of": 5, "collapse": 5, "gate": 5, "on_metric": 3, "stall": 5}


@pytest.mark.parametrize("name", _EXAMPLES)
def test_docstring_examples(name):
    module = importlib.import_module(f"sweeper.pruning.{name}")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    found = doctest.testmod(module)
    assert found.failed == 0
    assert found.attempted >= _EXAMPLES[name]


def test_importing_the_rules_loads_neither_ray_nor_mlflow_nor_torch():
    code = (
        "import sys, sweeper.pruning; print(sorted({'ray', 'mlflow', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
