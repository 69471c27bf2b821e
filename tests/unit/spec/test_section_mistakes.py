"""Mistakes in sections, names and scalars.

A row: old text, new text, then the messages without the name of the file.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

TABLE = {
    # sections
    "misspelt section": (
        "objective:",
        "objectiv:",
        ["15: objectiv: unknown key; did you mean objective?"],
    ),
    "misspelt setting": (
        "epochs: 6",
        "epocs: 6",
        ["20: budget.epocs: unknown key; did you mean epochs?"],
    ),
    "a setting of the training at the top": (
        "seed: 1",
        "optim: {lr: 1}",
        [
            "3: optim: unknown key; settings of the training belong in fixed (known: name, family, "
            "trainable, seed, data, fixed, space, constraints, start, objective, sampler, pruning, "
            "verdicts, budget, resources, faults)"
        ],
    ),
    "missing section": ("budget: {trials: 4, epochs: 6}", "", ["1: budget: is missing"]),
    "missing setting": ("trials: 4, ", "", ["20: budget.trials: is missing"]),
    "empty section": ("budget: {trials: 4, epochs: 6}", "budget:", ["20: budget: is missing"]),
    "not a mapping": (
        "{trials: 4, epochs: 6}",
        "12",
        ["20: budget: must be a mapping of keys to values, not 12"],
    ),
    # names
    "name of a path": (
        "name: hv",
        "name: ../hv",
        [
            "1: name: '../hv' must begin with a letter or a digit, and hold only letters, digits "
            "and . _ -"
        ],
    ),
    "name that is too long": (
        "name: hv",
        "name: " + "x" * 101,
        ["1: name: has more than 100 characters"],
    ),
    "name with a trailing dot": ("name: hv", "name: hv.", ["1: name: a name can't end with a dot"]),
    "MLflow's folder": (
        "name: hv",
        "name: MLartifacts",
        ["1: name: 'MLartifacts' is the name of a file of MLflow; choose another"],
    ),
    "MLflow's journal": (
        "name: hv",
        "name: mlflow.db-wal",
        ["1: name: 'mlflow.db-wal' is the name of a file of MLflow; choose another"],
    ),
    "name of a number": (
        "name: hv",
        "name: 12",
        ["1: name: must be a text, not 12; put it in quotes"],
    ),
    "trainable without a class": (
        "trainables.hv:HVTrainable",
        "trainables.hv",
        ["2: trainable: 'trainables.hv' must name a class as package.module:Class"],
    ),
    # scalars
    "text for a whole number": (
        "trials: 4",
        "trials: '4'",
        ["20: budget.trials: must be a whole number, not '4', which is a text"],
    ),
    "fraction for a whole number": (
        "trials: 4",
        "trials: 4.5",
        ["20: budget.trials: must be a whole number, not 4.5"],
    ),
    "truth for a whole number": (
        "trials: 4",
        "trials: true",
        ["20: budget.trials: must be a whole number, not true"],
    ),
    "too small": ("trials: 4", "trials: 0", ["20: budget.trials: must be at least 1, not 0"]),
    "no hours": ("trials: 4", "trials: 4, hours: 0", ["20: budget.hours: must be above 0, not 0"]),
    "nothing": ("trials: 4", "trials:", ["20: budget.trials: is empty"]),
    "yes for true": (
        "log: true",
        "log: yes",
        ["8: space.optim.lr.log: must be true or false, not 'yes'"],
    ),
    "not finite": (
        "low: 1e-4",
        "low: .nan",
        ["8: space.optim.lr.low: must be a finite number, not .nan"],
    ),
    "a word for a number": (
        "low: 1e-4",
        "low: tiny",
        ["8: space.optim.lr.low: must be a number, not 'tiny', which is a text"],
    ),
    # resources
    "resources": (
        "{concurrent: 2}",
        "{concurrent: 0, cpus_per_trial: all, gpus_per_trial: 1.5}",
        [
            "21: resources.cpus_per_trial: must be a number above 0, or auto, not 'all'",
            "21: resources.gpus_per_trial: must be 0, a fraction of 1, a whole number, or auto, "
            "not 1.5",
            "21: resources.concurrent: must be a whole number of at least 1, or auto, not 0",
        ],
    ),
    # faults
    "faults": (
        "resources: {concurrent: 2}",
        "faults: {hang_s: never, give_up_after: 0, retries: -1}",
        [
            "21: faults.retries: must be at least 0, not -1",
            "21: faults.hang_s: must be a number of seconds above 0, or off, not 'never'",
            "21: faults.give_up_after: must be a whole number of at least 2, or off, not 0",
        ],
    ),
    "a misspelt key of faults": (
        "resources: {concurrent: 2}",
        "faults: {retry: 2}",
        ["21: faults.retry: unknown key; did you mean retries?"],
    ),
    # YAML
    "key twice": ("seed: 1", "seed: 1\nname: hv2", ["1: name: stands twice, in lines 1 and 4"]),
    "number as a key": ("seed: 1", "1: 1", ["3: 1: a key must be a text; put it in quotes"]),
    "tag": (
        "value: mean",
        "value: !!python/name:os.system x",
        ["12: space.loss.norm.value: tags such as !!python/name:os.system are not allowed"],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_mistake(sound: str, messages: Callable[..., list[str]], case: str) -> None:
    old, new, expected = TABLE[case]
    assert sound.count(old) == 1, "the row must change one place"
    assert messages(sound.replace(old, new)) == expected


def test_all_mistakes_at_once_in_the_order_of_lines(
    sound: str, messages: Callable[..., list[str]]
) -> None:
    text = (
        sound.replace("seed: 1", "seed: -1")
        .replace("low: 1e-4", "low: 1")
        .replace("loss.kind: focal}\nobj", "loss.kind: bce}\nobj")
        .replace("name: hv", "name: mlflow.db")
    )
    assert messages(text) == [
        "1: name: 'mlflow.db' is the name of a file of MLflow; choose another",
        "3: seed: must be at least 0, not -1",
        "8: space.optim.lr.low: low 1 is not below high 0.01",
        "14: start.0.loss.kind: can't be 'bce'; it is one of dice, focal",
    ]
