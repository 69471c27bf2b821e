"""What `--set` changes, what it drops, and how its mistakes are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sweeper.parameters.kinds import ChoiceParameter, FixedParameter, FloatParameter
from sweeper.spec import SpecFile, read_spec


@pytest.fixture
def read(tmp_path: Path, sound: str) -> Callable[..., SpecFile]:
    def read(*overrides: str, text: str = sound) -> SpecFile:
        file = tmp_path / "hv.yaml"
        file.write_text(text, encoding="utf-8")
        return read_spec(file, overrides)

    return read


@pytest.mark.parametrize(
    ("override", "section", "expected"),
    [
        ("name=other-2", "name", "other-2"),
        ("seed=0x10", "seed", 16),
        ("data.size_px=128", "data", {"source": "synthetic", "size_px": 128}),
        ("data={source: folder, path: x}", "data", {"source": "folder", "path": "x"}),
        ("fixed.optim.schedule=constant", "fixed", {"optim": {"schedule": "constant"}}),
        ("optim.schedule=constant", "fixed", {"optim": {"schedule": "constant"}}),
        ("fixed.amp=false", "fixed", {"optim": {"schedule": "cosine"}, "amp": False}),
        ("fixed.a.b.c=1e-3", "fixed", {"optim": {"schedule": "cosine"}, "a": {"b": {"c": 0.001}}}),
        ("start=[]", "start", ()),
        ("start.0.optim.lr=2e-3", "start", ({"optim.lr": 0.002, "loss.kind": "focal"},)),
        ("pruning=", "pruning", ()),
    ],
)
def test_a_setting_is_replaced(
    read: Callable[..., SpecFile], override: str, section: str, expected: Any
) -> None:
    assert getattr(read(override).spec, section) == expected


@pytest.mark.parametrize(
    ("override", "path", "expected"),
    [
        ("budget.trials=40", "budget.trials", 40),
        ("budget.hours=1.5", "budget.hours", 1.5),
        ("epochs=9", "budget.epochs", 9),
        ("resources.gpus_per_trial=0.25", "resources.gpus_per_trial", 0.25),
        ("resources.gpus_per_trial=2", "resources.gpus_per_trial", 2.0),
        ("resources.concurrent=auto", "resources.concurrent", "auto"),
        ("objective.metric=val/aji", "objectives.0.metric", "val/aji"),
        ("sampler=random", "sampler.name", "random"),
        ("sampler.startup_trials=3", "sampler.startup_trials", 3),
        ("pruning.0.epoch=5", "pruning.0.epoch", 5),
        ("pruning.1.startup_trials=2", "pruning.1.startup_trials", 2),
    ],
)
def test_a_setting_inside_is_replaced(
    read: Callable[..., SpecFile], override: str, path: str, expected: Any
) -> None:
    found: Any = read(override).spec
    for key in path.split("."):
        found = found[int(key)] if key.isdecimal() else getattr(found, key)
    assert found == expected


def test_a_named_sampler_gets_settings(read: Callable[..., SpecFile], sound: str) -> None:
    text = sound.replace("sampler: {name: tpe}", "sampler: tpe")
    sampler = read("sampler.startup_trials=3", text=text).spec.sampler
    assert sampler.model_dump()["startup_trials"] == 3


def test_names_with_dots_are_found(read: Callable[..., SpecFile]) -> None:
    space = read("space.optim.lr.high=0.02", "space.loss.gamma.when.loss.kind=dice").spec.space
    assert space["optim.lr"] == FloatParameter(type="float", low=1e-4, high=0.02, log=True)
    assert space["loss.gamma"].when == {"loss.kind": "dice"}


def test_a_new_parameter(read: Callable[..., SpecFile]) -> None:
    space = read("space.optim.clip={type: choice, values: [1, 2]}").spec.space
    assert space["optim.clip"] == ChoiceParameter(type="choice", values=(1, 2))


@pytest.mark.parametrize("key", ["optim.lr", "fixed.optim.lr"])
def test_a_parameter_is_pinned(read: Callable[..., SpecFile], key: str) -> None:
    spec = read(f"{key}=0.5").spec
    assert spec.space["optim.lr"] == FixedParameter(type="fixed", value=0.5)
    assert spec.start == ({"loss.kind": "focal"},)


def test_a_pinned_parameter_keeps_its_condition(read: Callable[..., SpecFile]) -> None:
    parameter = read("loss.gamma=7").spec.space["loss.gamma"]
    assert parameter == FixedParameter(type="fixed", value=7, when={"loss.kind": "focal"})


def test_pinning_a_parent_switches_its_children(read: Callable[..., SpecFile]) -> None:
    assert read("loss.kind=dice").spec.space["loss.gamma"].when == {"loss.kind": "focal"}


@pytest.mark.parametrize(
    "overrides",
    [
        ("data.source=folder", "data.path=x"),
        ("data.path=x", "data.source=folder"),
    ],
)
def test_another_source_drops_the_settings_of_the_first(
    read: Callable[..., SpecFile], overrides: tuple[str, ...]
) -> None:
    assert read(*overrides).spec.data == {"source": "folder", "path": "x"}


def test_the_same_source_keeps_its_settings(read: Callable[..., SpecFile]) -> None:
    assert read("data.source=synthetic").spec.data == {"source": "synthetic", "size_px": 96}


def test_another_sampler_rule_or_type_drops_settings_too(
    read: Callable[..., SpecFile], sound: str
) -> None:
    text = sound.replace("{name: tpe}", "{name: tpe, startup_trials: 3}")
    spec = read(
        "sampler.name=nsgaii",
        "pruning.0.rule=median",
        "pruning.0.metric=val/aji",
        "space.loss.gamma.values=[1, 2]",
        "space.loss.gamma.type=choice",
        text=text,
    ).spec
    assert spec.sampler.name == "nsgaii"
    assert spec.pruning[0] == spec.pruning[1]
    assert spec.space["loss.gamma"] == ChoiceParameter(
        type="choice", values=(1, 2), when={"loss.kind": "focal"}
    )


def test_another_objective_leaves_a_rule_without_a_goal(
    sound: str, messages: Callable[..., list[str]]
) -> None:
    assert messages(sound, "objective.metric=val/pq") == [
        "19: pruning.1.goal: is missing: maximize or minimize (known by itself only for objectives)"
    ]


def test_the_last_word_counts(read: Callable[..., SpecFile]) -> None:
    assert read("budget.trials=5", "budget.trials=7").spec.budget.trials == 7
    assert read("budget.trials=5", "budget={trials: 8, epochs: 6}").spec.budget.trials == 8


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("budget.trails=4", "--set budget.trails: unknown key; did you mean trials?"),
        ("budget.trials=0", "--set budget.trials: must be at least 1, not 0"),
        ("budget={trials: 0, epochs: 6}", "--set budget: budget.trials: must be at least 1, not 0"),
        (
            "bugdet.trials=4",
            "--set bugdet.trials: the file has no bugdet.trials; did you mean budget.trials? "
            "(a new setting is --set fixed.bugdet.trials=...)",
        ),
        (
            "trials=4",
            "--set trials: the file has no trials; did you mean budget.trials? "
            "(a new setting is --set fixed.trials=...)",
        ),
        (
            "optim.lrr=4",
            "--set optim.lrr: the file has no optim.lrr; did you mean optim.lr? "
            "(a new setting is --set fixed.optim.lrr=...)",
        ),
        (
            "space.optim.lrr.high=1",
            "--set space.optim.lrr.high: no parameter optim.lrr.high in the space; "
            "did you mean optim.lr?",
        ),
        ("space.optim.lr.low=1", "--set space.optim.lr.low: low 1 is not below high 0.01"),
        ("space.optim.lr.hihg=1", "--set space.optim.lr.hihg: unknown key; did you mean high?"),
        ("pruning.2=1", "--set pruning.2: entries of pruning have numbers; there are 0 to 1"),
        ("pruning.a=1", "--set pruning.a: entries of pruning have numbers; there are 0 to 1"),
        ("seed.x=1", "--set seed.x: seed is one value, without anything inside"),
        (
            "fixed.optim.schedule.x=1",
            "--set fixed.optim.schedule.x: fixed.optim.schedule is 'cosine'; "
            "it can only be set as a whole",
        ),
        ("budget..trials=1", "--set budget..trials: a dot too many"),
        ("budget.trials", "--set budget.trials: write KEY=VALUE"),
        ("=4", "--set: write KEY=VALUE"),
        ("data.path=[x", "--set data.path: a bracket is not closed, or a comma is missing"),
        ("data.size_px=.nan", "--set data.size_px: must be a finite number, not .nan"),
        ("loss.norm={a: 1, a: 2}", "--set loss.norm: stands twice, in lines 1 and 1"),
        ("name=../x", "--set name: '../x' must begin with a letter or a digit, and hold only "
                      "letters, digits and . _ -"),
    ],
)  # fmt: skip
def test_mistake(
    sound: str, messages: Callable[..., list[str]], override: str, message: str
) -> None:
    assert messages(sound, override) == [message]


def test_mistakes_of_file_and_overrides_together(
    sound: str, messages: Callable[..., list[str]]
) -> None:
    text = sound.replace("seed: 1", "seed: -1").replace("trials: 4", "trials: 0")
    assert messages(text, "budget.trials=5", "nme=x", "optim.lr=1", "data.source=folder") == [
        "3: seed: must be at least 0, not -1",
        "--set nme: the file has no nme; did you mean name? (a new setting is --set fixed.nme=...)",
    ]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("optim.lr", "--set optim.lr"),
        ("model.width", "--set fixed.model.width: space.model.width"),
        ("data.source", "--set data.source"),
        ("data.path", "--set data.path"),
        ("data.val_frac", "--set data.source: data.val_frac"),
        ("epochs", "--set budget.epochs"),
    ],
)
def test_locate(read: Callable[..., SpecFile], field: str, expected: str) -> None:
    file = read(
        "optim.lr=1",
        "fixed.model.width=3",
        "data.path=x",
        "data.source=folder",
        "budget.epochs=5",
    )
    assert file.locate(field) in {expected, expected.partition(": ")[0]}


def test_lines_of_dropped_settings_are_forgotten(read: Callable[..., SpecFile]) -> None:
    file = read("data.source=folder")
    assert file.locate("data.size_px") == "--set data.source: data.size_px"
    assert file.locate("optim.schedule").endswith("hv.yaml:6: fixed.optim.schedule")
