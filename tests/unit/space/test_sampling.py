"""Samplers by name: reproducible whatever happened to the process, quiet, and able to learn."""

from __future__ import annotations

from typing import Any

import optuna
import pytest

from sweeper.parameters import suggest
from sweeper.space import build_sampler, enqueue_values
from sweeper.spec import SweepSpec

NUMBERS: dict[str, Any] = {
    "x": {"type": "float", "low": -1, "high": 1},
    "y": {"type": "float", "low": 1e-3, "high": 1, "log": True},
    "n": {"type": "int", "low": 1, "high": 9},
}
CONDITIONAL: dict[str, Any] = {
    **NUMBERS,
    "kind": {"type": "choice", "values": ["a", "b"]},
    "only_b": {"type": "float", "low": 0, "high": 1, "when": {"kind": "b"}},
}
GRID: dict[str, Any] = {
    "x": {"type": "float", "low": 0, "high": 0.3, "step": 0.1},
    "kind": {"type": "choice", "values": ["a", [1, 2], None]},
}
ONE = {"metric": "m", "goal": "minimize"}
TWO = [ONE, {"metric": "n", "goal": "maximize"}]


def spec_of(sampler: Any, space: dict[str, Any], **changes: Any) -> SweepSpec:
    return SweepSpec.model_validate(
        {
            "name": "s",
            "trainable": "a:B",
            "seed": 3,
            "space": space,
            "objective": ONE,
            "sampler": sampler,
            "budget": {"trials": 12, "epochs": 1},
            **changes,
        }
    )


def score(params: dict[str, Any]) -> float:
    return float(params.get("x", 0.0)) ** 2 + float(params.get("y", 0.0))


def proposals(spec: SweepSpec, count: int, study: optuna.Study | None = None) -> list[Any]:
    """Asks and tells; returns the parameters of all trials."""
    goals = [objective.goal for objective in spec.objectives]
    study = study or optuna.create_study(directions=goals)
    found = []
    for number in range(len(study.trials), len(study.trials) + count):
        study.sampler = build_sampler(spec, number)
        trial = study.ask()
        params = suggest(trial, spec.space)
        study.tell(trial, [score(params)] * len(goals))
        found.append(params)
    return found


CASES = [
    pytest.param({"name": "tpe", "startup_trials": 3}, NUMBERS, ONE, id="tpe"),
    pytest.param({"name": "tpe", "startup_trials": 3}, CONDITIONAL, ONE, id="tpe conditional"),
    pytest.param({"name": "tpe", "startup_trials": 3}, CONDITIONAL, TWO, id="tpe two objectives"),
    pytest.param(
        {"name": "tpe", "startup_trials": 3, "multivariate": False},
        CONDITIONAL,
        ONE,
        id="tpe single",
    ),
    pytest.param("random", CONDITIONAL, ONE, id="random"),
    pytest.param("grid", GRID, ONE, id="grid"),
    pytest.param("grid", GRID, TWO, id="grid two objectives"),
    pytest.param("cmaes", NUMBERS, ONE, id="cmaes"),
    pytest.param("cmaes", CONDITIONAL, ONE, id="cmaes conditional"),
    pytest.param("cmaes", {"x": NUMBERS["x"]}, ONE, id="cmaes one parameter"),
    pytest.param({"name": "nsgaii", "population": 4}, CONDITIONAL, TWO, id="nsgaii"),
    pytest.param({"name": "nsgaii", "population": 4}, CONDITIONAL, ONE, id="nsgaii one objective"),
]


@pytest.mark.parametrize(("sampler", "space", "objective"), CASES)
def test_proposals_do_not_depend_on_the_process(
    sampler: Any, space: dict[str, Any], objective: Any
) -> None:
    spec = spec_of(sampler, space, objective=objective)
    whole = proposals(spec, 12)
    assert proposals(spec, 12) == whole
    # Another process goes on with what the study holds, and nothing else.
    goals = [o.goal for o in spec.objectives]
    storage = optuna.storages.InMemoryStorage()
    first = optuna.create_study(study_name="s", storage=storage, directions=goals)
    begun = proposals(spec, 7, first)
    again = optuna.load_study(study_name="s", storage=storage)
    assert begun + proposals(spec, 5, again) == whole
    assert proposals(spec.model_copy(update={"seed": 4}), 12) != whole


@pytest.mark.parametrize("sampler", [{"name": "tpe", "startup_trials": 5}, "cmaes"])
def test_samplers_learn(sampler: Any) -> None:
    spec = spec_of(sampler, NUMBERS)
    scores = [score(params) for params in proposals(spec, 40)]
    assert sum(scores[-10:]) < sum(scores[:10]) / 2


def test_trials_that_run_at_the_same_time_differ() -> None:
    spec = spec_of({"name": "tpe", "startup_trials": 3}, NUMBERS)
    study = optuna.create_study()
    proposals(spec, 6, study)
    running = []
    for number in range(6, 10):
        study.sampler = build_sampler(spec, number)
        running.append(tuple(suggest(study.ask(), spec.space).values()))
    assert len(set(running)) == 4


def test_discrete_values_keep_their_margin_in_cmaes() -> None:
    # Without it, whole numbers freeze once the spread is below one step.
    study = optuna.create_study()
    proposals(spec_of("cmaes", NUMBERS), 4, study)
    assert any(key.startswith("cmawm:") for t in study.trials for key in t.system_attrs)


def test_the_grid_is_tried_once() -> None:
    spec = spec_of("grid", GRID)
    found = [(p["x"], str(p["kind"])) for p in proposals(spec, 12)]
    assert sorted(found) == sorted(
        (x, kind) for x in (0.0, 0.1, 0.2, 0.3) for kind in ("a", "[1, 2]", "None")
    )


def test_start_values_take_their_place_in_the_grid() -> None:
    start = [{"x": 0.2, "kind": [1, 2]}, {"x": 0.2}, {"kind": None}]
    spec = spec_of("grid", GRID, start=start)
    study = optuna.create_study()
    for values in enqueue_values(spec):
        study.enqueue_trial(values)
    # Trials in the queue are numbered already.
    found = []
    for number in range(12):
        study.sampler = build_sampler(spec, number)
        trial = study.ask()
        found.append(suggest(trial, spec.space))
        study.tell(trial, 0.0)
    assert (found[0]["x"], found[0]["kind"]) == (0.2, [1, 2])
    assert found[1]["x"] == 0.2
    assert found[2]["kind"] is None
    assert len({(p["x"], str(p["kind"])) for p in found}) == 12


def test_a_grid_that_is_used_up_begins_again() -> None:
    spec = spec_of("grid", GRID)
    study = optuna.create_study()
    proposals(spec, 12, study)
    (extra,) = proposals(spec, 1, study)
    assert spec.space["x"].contains(extra["x"])


def test_a_grid_trial_that_was_interrupted_keeps_its_point() -> None:
    spec = spec_of("grid", GRID)
    study = optuna.create_study(sampler=build_sampler(spec, 0))
    trial = study.ask()
    trial.suggest_float("x", 0, 0.3, step=0.1)
    study.sampler = build_sampler(spec, 0)
    again = suggest(optuna.Trial(study, trial._trial_id), spec.space)
    assert again == suggest(optuna.Trial(study, trial._trial_id), spec.space)
    assert again == proposals(spec, 1)[0]
