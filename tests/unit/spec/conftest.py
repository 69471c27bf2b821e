"""A space file without a mistake, and what is said about files with one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sweeper.errors import SpecError
from sweeper.spec import read_spec

SOUND = """\
name: hv
trainable: trainables.hv:HVTrainable
seed: 1
data: {source: synthetic, size_px: 96}
fixed:
  optim: {schedule: cosine}
space:
  optim.lr: {type: float, low: 1e-4, high: 1e-2, log: true}
  model.width: {type: int, low: 8, high: 32, step: 8}
  loss.kind: {type: choice, values: [dice, focal]}
  loss.gamma: {type: float, low: 1, high: 3, when: {loss.kind: focal}}
  loss.norm: {type: fixed, value: mean}
start:
  - {optim.lr: 1e-3, loss.kind: focal}
objective: {metric: val/aji, goal: maximize}
sampler: {name: tpe}
pruning:
  - {rule: gate, metric: val/dice, epoch: 3, min: 0.1}
  - {rule: median, metric: val/aji}
budget: {trials: 4, epochs: 6}
resources: {concurrent: 2}
"""


@pytest.fixture
def sound() -> str:
    return SOUND


@pytest.fixture
def messages(tmp_path: Path) -> Callable[..., list[str]]:
    """The messages about a text, without the name of the file."""

    def read(text: str, *overrides: str) -> list[str]:
        file = tmp_path / "hv.yaml"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(SpecError) as caught:
            read_spec(file, overrides)
        return [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]

    return read
