"""What commands print and how they exit; the sweeps here were never driven."""

from __future__ import annotations

import pytest

from sweeper.paths import Home
from sweeper.spec import read_spec
from sweeper.study.events import State
from sweeper.study.ledger import Ledger
from sweeper.study.store import create_sweep, open_study


class GoOn:
    def decide(self, study, trial):
        return None


@pytest.fixture
def home(tmp_path, toys):
    """A home with a sweep of a completed, a pruned, a failed and an interrupted trial."""
    place = Home.at(tmp_path / "home")
    spec = read_spec(toys / "toy.yaml").spec
    create_sweep(place, spec, start=(), attrs={})
    ledger = Ledger(
        paths=place.sweep("toy"),
        spec=spec,
        study=open_study(place, "toy"),
        decider=GoOn(),
        max_trials=8,
    )
    for _ in range(4):
        ledger.next_ticket()
    for epoch in (1, 2, 3, 4):
        ledger.record(0, epoch, {"score": 0.1 * epoch})
    ledger.settle(0)
    ledger.record(1, 1, {"score": 0.2})
    ledger.end(1, State.PRUNED, "pruned at epoch 1: too slow")
    ledger.end(2, State.FAILED, "epoch 1 raised ValueError: no")
    ledger.record(3, 1, {"score": 0.3})
    return str(place.root)


def test_list(sweeper, home):
    code, printed = sweeper("list", "--home", home)
    assert code == 0
    row = printed.splitlines()[1].split()
    assert row == ["toy", "interrupted", "3/8", "1", "1", "1", "score", "0.4", "(#0)"]


def test_list_of_nothing_says_what_to_do(sweeper, tmp_path):
    code, printed = sweeper("list", "--home", str(tmp_path))
    assert code == 0
    assert "no sweeps in" in printed
    assert "sweeper run" in printed


def test_status(sweeper, home):
    code, printed = sweeper("status", "toy", "--home", home)
    assert code == 0
    assert printed.startswith("toy: interrupted\n")
    rows = [line.split() for line in printed.splitlines() if line.lstrip().startswith("#")]
    assert [row[:3] for row in rows] == [
        ["#0", "completed", "4"],
        ["#3", "interrupted", "1"],
        ["#1", "pruned", "1"],
        ["#2", "failed", "0"],
    ]
    assert "at epoch 1: too slow" in printed
    assert "best trial #0: score 0.4" in printed


def test_status_of_a_missing_sweep(sweeper, home):
    code, printed = sweeper("status", "tyo", "--home", home)
    assert code == 2
    assert "error: no sweep named 'tyo'" in printed
    assert "there: toy" in printed


def test_check(sweeper, toys, tmp_path):
    code, printed = sweeper("check", "toy.yaml", "--home", str(tmp_path))
    assert code == 0
    assert "toy: the space is valid" in printed
    assert "0.001 to 1 log" in printed
    assert "toy data: none" in printed
    assert "this trainable can't estimate it" in printed
    assert not Home.at(tmp_path).sweep("toy").root.exists()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["objective.metric=scor"], "--set objective.metric: toy_trainable:Toy does not report"),
        (["objective.metric=scor"], "did you mean 'score'?"),
        (["fixed.y=1"], "--set fixed.y: no such setting"),
        (["trainable=toy_trainable:Toi"], "has no class 'Toi'"),
        (["trainable=nowhere:Toy"], "no module named 'nowhere'"),
        (["budget.trials=0"], "--set budget.trials"),
        (["resources.cpus_per_trial=5000"], "resources.cpus_per_trial: 5000 asked for"),
        (["resources.gpus_per_trial=5000"], "resources.gpus_per_trial: 5000 asked for"),
    ],
)
def test_mistakes_found_by_check(sweeper, toys, tmp_path, settings, expected):
    words = [word for setting in settings for word in ("--set", setting)]
    code, printed = sweeper("check", "toy.yaml", "--home", str(tmp_path), *words)
    assert code == 2
    assert expected in printed
    assert "Traceback" not in printed


def test_mistake_in_the_file_names_its_line(sweeper, toys, tmp_path):
    text = (toys / "toy.yaml").read_text().replace("metric: magnitude", "metric: magnitud")
    space = tmp_path / "wrong.yaml"
    space.write_text(text)
    code, printed = sweeper("run", str(space), "--home", str(tmp_path / "home"))
    assert code == 2
    line = 1 + text.splitlines().index("  - {rule: gate, metric: magnitud, epoch: 2, min: 0.01}")
    assert f"wrong.yaml:{line}: pruning.0.metric" in printed
    assert "did you mean 'magnitude'?" in printed
    assert not (tmp_path / "home" / "toy").exists()


def test_train_and_train_again(sweeper, toys, tmp_path):
    config = tmp_path / "one.yaml"
    config.write_text("trainable: toy_trainable:Toy\nseed: 3\nconfig: {epochs: 2, x: 0.3}\n")
    out = tmp_path / "out"
    arguments = ("train", str(config), "--out", str(out), "--home", str(tmp_path))
    code, printed = sweeper(*arguments)
    assert code == 0
    assert "epoch 2  train/loss 0.1353" in printed
    assert (out / "checkpoints" / "epoch-00002").is_dir()
    code, printed = sweeper(*arguments)
    assert code == 2
    assert "exists and is not empty" in printed
    code, printed = sweeper(*arguments[:2], "--set", "fail=raise", "--out", str(tmp_path / "2"))
    assert code == 2
    assert "fail" in printed


@pytest.mark.parametrize(
    ("device", "words"),
    [("gpu", "is none of cpu, cuda and cuda:N"), ("cuda:99", "no cuda:99: PyTorch sees")],
)
def test_train_on_a_device_that_is_not_here(sweeper, toys, tmp_path, device, words):
    config, out = tmp_path / "toy.yaml", tmp_path / "out"
    config.write_text("trainable: toy_trainable:Toy\nconfig: {epochs: 1}\n")
    code, printed = sweeper("train", str(config), "--out", str(out), "--device", device)
    assert code == 2
    assert words in printed
    assert not out.exists()


def test_train_that_fails(sweeper, toys, tmp_path):
    config = tmp_path / "one.yaml"
    config.write_text("trainable: toy_trainable:Toy\nconfig: {epochs: 2, fail: diverge}\n")
    code, printed = sweeper(
        "train", str(config), "--out", str(tmp_path / "out"), "--home", str(tmp_path)
    )
    assert code == 1
    assert "failed: diverged at epoch 2: loss is nan" in printed


@pytest.mark.parametrize("command", ["list", "check", "run"])
def test_home_that_is_a_file(sweeper, toys, tmp_path, command):
    (tmp_path / "file").write_text("")
    words = [] if command == "list" else ["toy.yaml"]
    for home in ("file", "file/below"):
        code, printed = sweeper(command, *words, "--home", str(tmp_path / home))
        if (command, home) != ("list", "file/below"):
            assert code == 2
            assert "error: --home: " in printed
        assert "Traceback" not in printed


def test_ui_without_a_store(sweeper, tmp_path):
    code, printed = sweeper("ui", "--home", str(tmp_path))
    assert code == 2
    assert "no MLflow store" in printed


def test_version(sweeper):
    code, printed = sweeper("version")
    assert code == 0
    assert printed.startswith("sweeper 0.1.0")


def test_a_bug_of_ours_is_told_apart(sweeper, monkeypatch):
    from sweeper.cli import app

    def broken() -> None:
        raise RuntimeError("inner")

    monkeypatch.setattr(app, "app", broken)
    code, printed = sweeper("version")
    assert code == 70
    assert "This is a bug in sweeper" in printed


def test_a_damaged_sweep_does_not_hide_the_others(tmp_path, toys, sweeper):
    home = Home.at(tmp_path)
    for name in ("bad", "good"):
        spec = read_spec(toys / "toy.yaml", [f"name={name}"]).spec
        create_sweep(home, spec, start=(), attrs={"facts": {}, "tracking_uri": None})
    journal = tmp_path / "bad" / "study.journal"
    journal.write_text("half a line\n" + journal.read_text())
    code, printed = sweeper("list", "--home", str(tmp_path))
    assert code == 0
    assert "0/8" in printed
    assert "can't be read" in printed
    journal.unlink()
    code, printed = sweeper("status", "bad", "--home", str(tmp_path))
    assert code == 3
    assert "is gone, and with it the record of sweep 'bad'" in printed
