"""`sweeper run` under a name that is taken, and `--extend`, as they read in a terminal."""

from __future__ import annotations

import sys

import pytest

from sweeper.cli.app import main
from sweeper.paths import Home
from sweeper.space import enqueue_values
from sweeper.spec import read_spec
from sweeper.study.store import create_sweep, open_study


@pytest.fixture
def sweeper(monkeypatch, capsys):
    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(sys, "argv", ["sweeper", *arguments])
        with pytest.raises(SystemExit) as done:
            main()
        printed = capsys.readouterr()
        return int(done.value.code or 0), printed.out + printed.err

    return call


@pytest.fixture
def home(tmp_path, toys, monkeypatch):
    monkeypatch.setenv("SWEEPER_HOME", str(tmp_path / "home"))
    place = Home.at(None)
    spec = read_spec(toys / "toy.yaml").spec
    create_sweep(place, spec, start=enqueue_values(spec), attrs={"facts": {}})
    return place


def test_again(sweeper, home):
    code, printed = sweeper("run", "toy.yaml", "--set", "budget.trials=9", "--set", "seed=8")
    assert code == 2
    assert printed.splitlines() == [
        f"error: a sweep named 'toy' exists already in {home.root}",
        "it can take this over from toy.yaml:",
        "  --set budget.trials: 8 -> 9",
        "it can't take this over:",
        "  --set seed: 7 -> 8",
        "    every random draw of the trials so far follows from it",
        "hint: go on as before: sweeper resume toy",
        "      start another: sweeper run toy.yaml --set budget.trials=9 --set seed=8 --name toy-2",
    ]


def test_extend_refused(sweeper, home):
    before = home.sweep("toy").spec.read_bytes()
    code, printed = sweeper("run", "toy.yaml", "--extend", "--set", "budget.epochs=9")
    assert code == 2
    assert "error: 'toy' can't take this over; nothing was changed:\n" in printed
    assert "  --set budget.epochs: 4 -> 9\n" in printed
    assert home.sweep("toy").spec.read_bytes() == before
    assert "changes" not in open_study(home, "toy").user_attrs


def test_extend_what_is_not_there(sweeper, home):
    code, printed = sweeper("run", "toy.yaml", "--extend", "--name", "tyo")
    assert code == 2
    assert printed.splitlines() == [
        f"error: no sweep named 'tyo' in {home.root} (there: toy)",
        "hint: start it: sweeper run toy.yaml --name tyo",
    ]
