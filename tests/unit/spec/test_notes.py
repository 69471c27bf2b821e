"""Settings that do less than they seem to."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeper.spec import find_notes, load_spec

SPACE = """\
name: notes
trainable: a:B
space:
  x: {type: float, low: 0, high: 1, step: 0.25}
  y: {type: choice, values: [a, b]}
  z: {type: int, low: 1, high: 3}
  f: {type: fixed, value: 1}
objective: {metric: m, goal: maximize}
sampler: SAMPLER
pruning: [RULE]
budget: {trials: 10, epochs: 5}
"""


@pytest.mark.parametrize(
    ("sampler", "rule", "notes"),
    [
        ("{name: tpe, startup_trials: 9}", "", []),
        (
            "{name: tpe, startup_trials: 10}",
            "",
            ["all 10 trials are random: sampler.startup_trials is 10"],
        ),
        ("{name: nsgaii, population: 9}", "", []),
        ("nsgaii", "", ["all 10 trials are random: sampler.population is 50"]),
        ("grid", "", ["the grid has 30 points, of which 10 are tried"]),
        ("cmaes", "", ["cmaes does not learn about y; drawn at random"]),
        ("random", "{rule: gate, metric: m, epoch: 4, min: 0}", []),
        (
            "random",
            "{rule: gate, metric: m, epoch: 5, min: 0}",
            ["pruning.0 (gate) never acts: budget.epochs is 5"],
        ),
        ("random", "{rule: stall, metric: m, patience: 3, warmup_epochs: 1}", []),
        (
            "random",
            "{rule: stall, metric: m, patience: 3, warmup_epochs: 2}",
            ["pruning.0 (stall) never acts: budget.epochs is 5"],
        ),
        (
            "random",
            "{rule: median, warmup_epochs: 5}",
            ["pruning.0 (median) never acts: budget.epochs is 5"],
        ),
        (
            "random",
            "{rule: patient, patience: 1, wrapped: {rule: median, startup_trials: 10}}",
            ["pruning.0 (median) never acts: budget.trials is 10"],
        ),
    ],
)
def test_notes(tmp_path: Path, sampler: str, rule: str, notes: list[str]) -> None:
    file = tmp_path / "notes.yaml"
    file.write_text(SPACE.replace("SAMPLER", sampler).replace("RULE", rule), encoding="utf-8")
    assert find_notes(load_spec(file)) == notes
