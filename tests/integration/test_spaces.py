"""Every space of the repository: checked, and run with two trials on tiny images."""

from __future__ import annotations

from pathlib import Path

import pytest

import sweeper
from sweeper.cli.app import main
from sweeper.spec import load_spec
from sweeper.study.events import State

ROOT = Path(__file__).resolve().parents[2]
SPACES = sorted((ROOT / "search_spaces").glob("*.yaml"))
TINY = [
    "data.num_train=6",
    "data.num_val=4",
    "data.num_test=0",
    "data.size_px=64",
    "fixed.crop_px=48",
    "fixed.batch_size=2",
    "fixed.eval_every=1",
    "fixed.decode.combinations=4",
    "pruning=[]",
    "budget.trials=2",
    "budget.epochs=2",
]
# What makes the network of a space small.
SMALL = {"tokens": ["model.width=16", "fixed.model.zoom=1"]}
SMALL_UNET = ["fixed.model.width=4", "fixed.model.depth=3"]

each_space = pytest.mark.parametrize("space", SPACES, ids=lambda path: path.stem)


def overrides_of(space: Path) -> list[str]:
    return [*TINY, *SMALL.get(space.stem, SMALL_UNET)]


@each_space
def test_it_is_checked(space, tmp_path, monkeypatch, capsys):
    arguments = [word for one in overrides_of(space)[:4] for word in ("--set", one)]
    command = ["sweeper", "check", str(space), *arguments, "--home", str(tmp_path), "--no-cost"]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as done:
        main()
    printed = capsys.readouterr().out
    assert not done.value.code
    assert f"{space.stem}: the space is valid" in printed
    assert "nothing was started" in printed


@each_space
def test_two_trials_of_it(space, tmp_path, small_ray):
    result = sweeper.run(space, overrides=overrides_of(space), home=tmp_path)
    trials = [trial for trial in result.record.trials if trial.state is not State.QUEUED]
    assert [(trial.state, trial.reason) for trial in trials] == [
        (State.COMPLETED, "completed all 2 epochs")
    ] * 2
    for trial in trials:
        assert trial.epoch == 2
        assert 0 <= trial.latest("val/aji") <= 1


@each_space
def test_it_says_what_it_is_for(space):
    first, _, *rest = space.read_text(encoding="utf-8").splitlines()
    assert first == "# yaml-language-server: $schema=schema.json"
    assert rest[0].startswith("# The question:")
    assert any(f"sweeper run search_spaces/{space.name}" in line for line in rest)
    spec = load_spec(space)
    assert spec.trainable == "trainables.hv:HVTrainable"
    assert spec.pruning
