"""Training files: what trials leave behind, read back and changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeper.errors import SpecError
from sweeper.spec import dump_training, read_training

CONFIG = {"epochs": 2, "optim": {"lr": 1e-5, "name": "1e-3"}, "data": {"source": "a", "x": None}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(dump_training("a.b:C", 7, CONFIG), encoding="utf-8")
    return path


def test_it_reads_back(file: Path) -> None:
    training = read_training(file)
    assert (training.trainable, training.seed) == ("a.b:C", 7)
    assert training.config == CONFIG
    assert isinstance(training.config["optim"]["name"], str)


def test_overrides(file: Path) -> None:
    training = read_training(
        file, ["optim.lr=1e-3", "config.extra.deep=1", "seed=3", "data.source=b", "data.source=c"]
    )
    assert training.seed == 3
    assert training.config == {
        "epochs": 2,
        "optim": {"lr": 0.001, "name": "1e-3"},
        "data": {"source": "c"},
        "extra": {"deep": 1},
    }


def test_locate(file: Path) -> None:
    training = read_training(file, ["optim.lr=1e-3"])
    assert training.locate("optim.lr") == "--set optim.lr"
    assert training.locate("optim.name") == f"{file}:7: config.optim.name"
    assert training.locate("optim.nmae") == f"{file}:5: config.optim.nmae"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a.b:C", "a.b", "{file}:1: trainable: 'a.b' must name a class as package.module:Class"),
        ("seed: 7", "sede: 7", "{file}:2: sede: unknown key; did you mean seed?"),
        (
            "epochs: 2",
            "epochs: 0",
            "{file}:4: config.epochs: must be a whole number of at least 1, not 0",
        ),
        (
            "epochs: 2",
            "epocs: 2",
            "{file}:3: config.epochs: must be a whole number of at least 1; it is missing",
        ),
    ],
)
def test_mistake(file: Path, old: str, new: str, message: str) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_training(file)
    assert str(caught.value) == message.format(file=file)


def test_a_misspelt_override(file: Path) -> None:
    with pytest.raises(SpecError) as caught:
        read_training(file, ["optim.rl=1", "config..x=1"])
    assert str(caught.value).splitlines() == [
        "--set optim.rl: the file has no optim.rl; did you mean optim.lr? "
        "(a new setting is --set config.optim.rl=...)",
        "--set config..x: a dot too many",
    ]
