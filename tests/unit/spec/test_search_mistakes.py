"""Mistakes in objectives, samplers and rules.

A row: old text, new text, then the messages without the name of the file.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

TABLE = {
    # objectives
    "objective twice": (
        "objective: {metric: val/aji, goal: maximize}",
        "objective: [{metric: val/aji, goal: maximize}, {metric: val/aji, goal: maximize}]",
        ["15: objective.1.metric: val/aji stands twice"],
    ),
    "no goal": (
        "{metric: val/aji, goal: maximize}",
        "{metric: val/aji}",
        [
            "15: objective.goal: is missing: maximize or minimize",
        ],
    ),
    "wrong goal": (
        "goal: maximize}",
        "goal: max}",
        [
            "15: objective.goal: must be maximize or minimize, not 'max'",
        ],
    ),
    "not a metric": (
        "metric: val/dice",
        "metric: val dice",
        [
            "18: pruning.0.metric: 'val dice' is not the name of a metric; allowed are letters, "
            "digits and / _ - ."
        ],
    ),
    # samplers
    "misspelt sampler": (
        "{name: tpe}",
        "tep",
        ["16: sampler.name: unknown name 'tep'; did you mean tpe?"],
    ),
    "setting of another sampler": (
        "{name: tpe}",
        "{name: random, startup_trials: 3}",
        ["16: sampler.startup_trials: unknown key; known: name"],
    ),
    "grid": (
        "{name: tpe}",
        "grid",
        [
            "8: space.optim.lr: a grid needs values that can be counted: add a step, or write a "
            "choice",
            "11: space.loss.gamma: a grid needs values that can be counted: add a step, or write a "
            "choice",
            "11: space.loss.gamma.when: a grid can't follow conditions; take another sampler",
        ],
    ),
    # rules
    "misspelt rule": (
        "rule: gate",
        "rule: gaet",
        ["18: pruning.0.rule: unknown rule 'gaet'; did you mean gate?"],
    ),
    "gate without limits": (", min: 0.1", "", ["18: pruning.0: a gate needs min, max or both"]),
    "gate that is closed": (
        "min: 0.1",
        "min: 0.3, max: 0.2",
        ["18: pruning.0.min: min 0.3 is above max 0.2"],
    ),
    "hyperband without room": (
        "rule: median, metric: val/aji",
        "rule: hyperband, min_epochs: 6",
        ["19: pruning.1.min_epochs: 6 must be below budget.epochs, which is 6"],
    ),
    "wrapped without room": (
        "rule: median, metric: val/aji",
        "rule: patient, patience: 1, wrapped: {rule: successive_halving, min_epochs: 9}",
        ["19: pruning.1.wrapped.min_epochs: 9 must be below budget.epochs, which is 6"],
    ),
    "wrapped gate": (
        "rule: median, metric: val/aji",
        "rule: patient, patience: 1, wrapped: {rule: gate}",
        [
            "19: pruning.1.wrapped.rule: unknown rule 'gate'; known: median, percentile, "
            "hyperband, successive_halving"
        ],
    ),
    "goal against the objective": (
        "metric: val/aji}\nbudget",
        "metric: val/aji, goal: minimize}\nbudget",
        ["19: pruning.1.goal: minimize, but as an objective val/aji is to maximize"],
    ),
    "unknown goal": (
        "metric: val/aji}\nbudget",
        "metric: val/loss}\nbudget",
        [
            "19: pruning.1.goal: is missing: maximize or minimize "
            "(known by itself only for objectives)"
        ],
    ),
    "level of the other goal, minimized": (
        "rule: median, metric: val/aji",
        "rule: stall, metric: val/loss, goal: minimize, patience: 2, below: 0.4",
        ["19: pruning.1.below: belongs to goal: maximize; write above"],
    ),
    "level of the other goal": (
        "rule: median, metric: val/aji",
        "rule: stall, metric: val/loss, patience: 2, above: 0.4",
        ["19: pruning.1.above: belongs to goal: minimize; write below"],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_mistake(sound: str, messages: Callable[..., list[str]], case: str) -> None:
    old, new, expected = TABLE[case]
    assert sound.count(old) == 1, "the row must change one place"
    assert messages(sound.replace(old, new)) == expected


SMALL_GRID = """\
name: grid
trainable: a:B
space:
  x: {type: int, low: 1, high: 2}
  y: {type: choice, values: [a, b, c]}
objective: {metric: m, goal: minimize}
sampler: grid
budget: {trials: 6, epochs: 1}
"""


def test_a_grid_has_an_end(messages: Callable[..., list[str]]) -> None:
    text = SMALL_GRID.replace("trials: 6", "trials: 7")
    assert messages(text) == ["8: budget.trials: 7 trials, but the grid has only 6 points"]


def test_a_grid_has_a_limit(messages: Callable[..., list[str]]) -> None:
    text = SMALL_GRID.replace("high: 2", "high: 1000000")
    assert messages(text) == [
        "7: sampler: the grid has 3,000,000 points, more than 100,000; use tpe or random"
    ]


@pytest.mark.parametrize("sampler", ["grid", "cmaes"])
def test_a_broken_parameter_is_not_blamed_twice(
    messages: Callable[..., list[str]], sampler: str
) -> None:
    text = SMALL_GRID.replace("sampler: grid", f"sampler: {sampler}").replace("high: 2", "high: 0")
    assert messages(text) == ["4: space.x.low: low 1 is not below high 0"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "{type: int, low: 1, high: 2}",
            "{type: int, low: 1, high: 2, when: {y: a}}",
            "cmaes needs a float or an int without a condition (y is a choice; x is conditional)",
        ),
        (
            "{type: int, low: 1, high: 2}",
            "{type: choice, values: [1, 2]}",
            "cmaes needs a float or an int without a condition (x, y are a choice)",
        ),
        (
            "{metric: m, goal: minimize}",
            "[{metric: m, goal: minimize}, {metric: n, goal: minimize}]",
            "cmaes takes one objective; use tpe or nsgaii for several",
        ),
    ],
)
def test_cmaes_needs_numbers(
    messages: Callable[..., list[str]], old: str, new: str, expected: str
) -> None:
    text = SMALL_GRID.replace("sampler: grid", "sampler: cmaes").replace(old, new)
    assert messages(text) == [f"7: sampler: {expected}"]
