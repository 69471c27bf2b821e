"""A change is taken over as a whole, wherever the driver dies. Real journal, real files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from sweeper.errors import BackendError
from sweeper.parameters import suggest
from sweeper.paths import Home
from sweeper.space import build_sampler, enqueue_values, suggest_rest
from sweeper.spec import SweepSpec, dump_spec, read_spec, spec_hash
from sweeper.study import extension
from sweeper.study.budget import extend_budget, read_budget
from sweeper.study.extension import extend_sweep, finish_extension
from sweeper.study.history import read_history
from sweeper.study.records import read_record
from sweeper.study.store import create_sweep, open_spec, open_study

START = ["start=[{x: 0.25}, {x: 0.5, lr: 0.1}, {lr: 0.2}]"]


class Died(BaseException):
    """Stands for a kill -9."""


class Sweep:
    """A sweep on disk of which one of three queued trials has begun."""

    def __init__(self, home: Home, toys: Path) -> None:
        self.home, self.toys = home, toys
        self.before = self.spec()
        self.paths = home.sweep("toy")
        if self.paths.root.exists():
            return
        create_sweep(
            home,
            self.before,
            start=enqueue_values(self.before),
            attrs={"facts": {"spec_hash": spec_hash(self.before), "sweep": "toy"}},
        )
        self.study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        for score in (0.2, 0.4, 0.9):
            self.study.add_trial(_ended(score))

    def spec(self, *overrides: str) -> SweepSpec:
        return read_spec(self.toys / "toy.yaml", [*START, *overrides]).spec

    @property
    def study(self) -> optuna.Study:
        return open_study(self.home, "toy")

    def extend(self, after: SweepSpec) -> None:
        extend_sweep(
            self.paths,
            self.study,
            before=open_spec(self.paths),
            after=after,
            words=["budget.trials: 8 -> 12"],
            attrs={"request": {"space": "there"}},
        )

    def state(self) -> dict[str, Any]:
        study = self.study
        return {
            "spec": self.paths.spec.read_text(),
            "trials": read_budget(study, open_spec(self.paths)).trials,
            "hours": read_history(study, open_spec(self.paths)).max_hours,
            "hashes": {k: v for k, v in study.user_attrs["facts"].items() if "hash" in k},
            "request": study.user_attrs.get("request"),
            "verdicts": [str(judged.verdict) for judged in read_record(study).verdicts.values()],
            "queue": [
                trial.system_attrs["fixed_params"]
                for trial in study.trials
                if trial.state is TrialState.WAITING
            ],
        }


def _ended(score: float) -> optuna.trial.FrozenTrial:
    """A pruned trial of one epoch."""
    held = {"epoch/1": {"metrics": {"score": score}, "at_ms": 1}}
    return optuna.trial.create_trial(state=TrialState.PRUNED, user_attrs=held)


@pytest.fixture
def sweep(tmp_path, toys):
    return Sweep(Home.at(tmp_path / "sweeps"), toys)


CHANGES = [
    "budget.trials=12",
    "budget.hours=3.0",
    "space.lr.high=2.0",
    "start=[{x: 0.25}, {lr: 0.2}, {x: 0.75}, {x: 0.875}]",
    "verdicts=[{name: a, verdict: success, when: [score > 0.5]}, {name: b, verdict: failed}]",
]


def test_all_of_a_change_is_there(sweep):
    first = sweep.paths.spec.read_text()
    sweep.extend(sweep.spec(*CHANGES))
    after = sweep.spec(*CHANGES)
    assert sweep.state() == {
        "spec": dump_spec(after),
        "trials": 12,
        "hours": 3.0,
        "hashes": {"spec_hash": spec_hash(sweep.before), "spec_hash.1": spec_hash(after)},
        "request": {"space": "there"},
        "verdicts": ["failed", "failed", "success"],
        # In the place of the set that is gone comes one that is new.
        "queue": [{"x": 0.75}, {"lr": 0.2}, {"x": 0.875}],
    }
    assert sweep.paths.spec_before(1).read_text() == first
    (change,) = sweep.study.user_attrs["changes"]
    assert change["words"] == ["budget.trials: 8 -> 12"]
    assert change["at"]
    assert not finish_extension(sweep.paths, sweep.study)


def test_a_second_change_keeps_what_was_between(sweep):
    sweep.extend(sweep.spec("budget.trials=12"))
    between = sweep.paths.spec.read_text()
    sweep.extend(sweep.spec("budget.trials=20"))
    assert sweep.paths.spec_before(2).read_text() == between
    assert sorted(p.name for p in sweep.paths.root.glob("spec*")) == [
        "spec.1.yaml",
        "spec.2.yaml",
        "spec.yaml",
    ]
    assert read_budget(sweep.study, open_spec(sweep.paths)).trials == 20


def test_a_death_at_any_moment_leaves_the_old_or_the_new(tmp_path, toys, monkeypatch):
    """Everything that touches the disk is made to die, one call after the other."""
    whole = Sweep(Home.at(tmp_path / "whole"), toys)
    old = whole.state()
    shutil.copytree(tmp_path / "whole", tmp_path / "untouched")
    whole.extend(whole.spec(*CHANGES))
    new = whole.state()
    seen = []
    for moment in range(100):
        shutil.copytree(tmp_path / "untouched", tmp_path / str(moment))
        sweep = Sweep(Home.at(tmp_path / str(moment)), toys)
        with monkeypatch.context() as patch:
            calls = _dying_at(moment, patch)
            try:
                sweep.extend(sweep.spec(*CHANGES))
            except Died:
                pass
            else:
                break
        # Whatever is on disk can be read and run as it is ...
        open_spec(sweep.paths)
        finish_extension(sweep.paths, sweep.study)
        # ... and the next driver finds one of the two.
        state = sweep.state()
        assert state in (old, new), calls
        seen.append(state == new)
        assert sorted(p.name for p in sweep.paths.root.glob("spec*")) == (
            ["spec.1.yaml", "spec.yaml"] if state == new else ["spec.yaml"]
        )
    assert len(seen) > 15
    assert seen == sorted(seen)
    assert {True, False} == set(seen)


def _dying_at(moment: int, patch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []

    def guard(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if len(calls) >= moment:
                raise Died
            calls.append(name)
            return real(*args, **kwargs)

        patch.setattr(owner, name, guarded)

    guard(optuna.storages.JournalStorage, "set_study_user_attr")
    guard(optuna.storages.JournalStorage, "set_trial_system_attr")
    guard(optuna.storages.JournalStorage, "create_new_trial")
    guard(extension.os, "fsync")
    guard(Path, "replace")
    return calls


def test_a_full_disk_is_told_and_finished_later(sweep, monkeypatch):
    real = Path.replace

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BackendError, match="No space left on device") as error:
        sweep.extend(sweep.spec("budget.trials=12"))
    assert "sweeper resume" in error.value.hint
    monkeypatch.setattr(Path, "replace", real)
    assert finish_extension(sweep.paths, sweep.study)
    assert read_budget(sweep.study, open_spec(sweep.paths)).trials == 12


def test_the_file_wins_over_resume_only_where_it_has_changed(sweep):
    extend_budget(sweep.study, sweep.before, trials="+4", hours=2.0)
    sweep.extend(sweep.spec("space.lr.high=2.0"))
    assert (sweep.state()["trials"], sweep.state()["hours"]) == (12, 2.0)
    sweep.extend(sweep.spec("budget.trials=24", "budget.hours=5.0"))
    assert (sweep.state()["trials"], sweep.state()["hours"]) == (24, 5.0)
    sweep.extend(sweep.spec("budget.trials=24"))
    assert (sweep.state()["trials"], sweep.state()["hours"]) == (24, None)
    extend_budget(sweep.study, open_spec(sweep.paths), trials="+1", hours=1.0)
    assert (sweep.state()["trials"], sweep.state()["hours"]) == (25, 1.0)


def test_history_has_the_values_of_the_file(tmp_path, toys):
    spec = read_spec(
        toys / "toy.yaml",
        [
            "space.kind={type: choice, values: [[1, 2], {a: 1}]}",
            "space.x={type: float, low: 0.1, high: 0.9, step: 0.1}",
            "start=[{kind: {a: 1}}, {x: 0.3}]",
        ],
    ).spec
    home = Home.at(tmp_path / "sweeps")
    create_sweep(home, spec, start=enqueue_values(spec), attrs={"spent_s": 1800.0})
    study = open_study(home, "toy")
    trial = study.ask()
    trial.suggest_categorical("kind", ["[1, 2]", '{"a": 1}'])
    trial.suggest_float("x", 0.1, 0.9, step=0.1)
    history = read_history(study, spec)
    assert history.num_begun == 1
    assert history.num_queued == 1
    assert history.spent_hours == 0.5
    assert history.values["kind"] == {0: {"a": 1}}
    assert spec.space["x"].contains(history.values["x"][0])
    assert history.values["lr"] == {}
    assert history.started == {0: {"kind": {"a": 1}}}


def test_constraints_are_taken_over(sweep):
    words = ["constraints=[lr <= x]", "start=[{x: 0.25}, {lr: 0.2}]"]
    sweep.extend(sweep.spec(*words))
    spec = open_spec(sweep.paths)
    assert spec.constraints == ("lr <= x",)
    assert sweep.state()["queue"] == [{}, {"lr": 0.2}]
    # The trial that has begun with x = 0.25 lacks lr.
    study = sweep.study
    study.sampler = build_sampler(spec, 0)
    assert suggest_rest(study, study.trials[0], spec.space)["lr"] <= 0.25
    for number in range(1, 6):
        study.sampler = build_sampler(spec, number)
        values = suggest(study.ask(), spec.space)
        assert values["lr"] <= values["x"]
    sweep.extend(sweep.spec("constraints=[]", *words[1:]))
    assert open_spec(sweep.paths).constraints == ()
