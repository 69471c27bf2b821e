"""Metrics that a space names: some are known of all data, some of these data alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweeper.checking import check_space, find_problems
from sweeper.engine.loading import load_trainable
from sweeper.errors import SpecError
from sweeper.paths import Home
from sweeper.spec import read_spec

KNOWN = frozenset({"score", "magnitude", "val/pq/*"})
OF_THE_DATA = frozenset({"score", "magnitude", "val/pq/round", "val/pq/long"})


@pytest.fixture
def toy(toys, monkeypatch):
    """The toy, whose data have classes."""
    trainable = load_trainable("toy_trainable:Toy", [str(toys)])
    prepare = trainable.prepare
    monkeypatch.setattr(trainable, "metric_names", KNOWN)
    monkeypatch.setattr("sweeper.checking.load_trainable", lambda *_: trainable)
    monkeypatch.setattr(
        trainable, "prepare", lambda *args: replace(prepare(*args), metric_names=OF_THE_DATA)
    )
    return toys / "toy.yaml"


@pytest.mark.parametrize("metric", ["val/pq/round", "val/pq/long", "score"])
def test_what_the_data_have(toy, tmp_path, metric):
    file = read_spec(toy, [f"objective.metric={metric}"])
    assert find_problems(file) == []
    assert check_space(file, Home(tmp_path)).data.metric_names == OF_THE_DATA


def test_a_name_that_no_data_have(toy):
    (problem,) = find_problems(read_spec(toy, ["objective.metric=val/pr/round"]))
    assert "does not report a metric 'val/pr/round'" in str(problem)
    assert "*" not in str(problem)


def test_a_name_that_these_data_do_not_have(toy, tmp_path):
    file = read_spec(toy, ["objective.metric=val/pq/rund"])
    assert find_problems(file) == []
    with pytest.raises(SpecError) as error:
        check_space(file, Home(tmp_path))
    assert (
        "--set objective.metric: toy_trainable:Toy does not report a metric 'val/pq/rund' "
        "on these data; did you mean 'val/pq/round'?"
    ) in str(error.value)


def test_a_collapse_is_looked_for_in_what_there_is_and_in_what_was_asked_for(toy):
    rule = "{rule: collapse, metric: score, target: magnitude%s}"
    assert find_problems(read_spec(toy, [f"pruning=[{rule % ''}]"])) == []
    asked = read_spec(toy, [f"pruning=[{rule % ', contrast: val/np_contrast'}]"])
    (problem,) = find_problems(asked)
    assert "does not report a metric 'val/np_contrast'" in str(problem)
    assert find_problems(read_spec(toy, [f"pruning=[{rule % ', contrast: off'}]"])) == []
