"""Samplers under constraints: no trial breaks one, none is wasted, a kill changes nothing."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import optuna
import pytest

from sweeper.parameters import Space, suggest
from sweeper.space import build_sampler, enqueue_values, suggest_rest
from sweeper.spec import SweepSpec

UNIT = {"type": "float", "low": 0.0, "high": 1.0}
MIXED: dict[str, Any] = {
    "seed": UNIT,
    "foreground": UNIT,
    "lr": {"type": "float", "low": 1e-4, "high": 1.0, "log": True},
    "depth": {"type": "int", "low": 1, "high": 6},
    "width": {"type": "choice", "values": [8, 4, 2]},
    "rate": {"type": "float", "low": 0.1, "high": 0.5, "step": 0.1},
    "cap": {"type": "fixed", "value": 0.9},
    "kind": {"type": "choice", "values": ["a", "b"]},
    "gamma": {"type": "float", "low": 0.5, "high": 1.5, "when": {"kind": "b"}},
}
MIXED_TEXTS = [
    "foreground <= seed",
    "seed < cap",
    "lr < 0.1",
    "width > depth",
    "rate <= foreground",
    "gamma < lr",  # Can't hold: so kind is never b.
]
NUMBERS = {name: MIXED[name] for name in ("seed", "foreground", "lr", "depth")}
NUMBERS_TEXTS = ["foreground <= seed", "lr < foreground", "depth > 2"]
SMOOTH = {name: MIXED[name] for name in ("seed", "foreground", "lr")}
SMOOTH_TEXTS = ["foreground <= seed", "lr < foreground"]
# One in 5040 random sets is allowed.
CHAIN = {f"x{index}": UNIT for index in range(7)}
CHAIN_TEXTS = [f"x{index} < x{index + 1}" for index in range(6)]
GRID: dict[str, Any] = {
    "a": {"type": "int", "low": 1, "high": 5},
    "b": {"type": "float", "low": 0.0, "high": 5.0, "step": 0.5},
    "kind": {"type": "choice", "values": ["x", None]},
}
ONE = {"metric": "m", "goal": "minimize"}
TWO = [ONE, {"metric": "n", "goal": "maximize"}]
TPE = {"name": "tpe", "startup_trials": 4}
NSGA = {"name": "nsgaii", "population": 4}

CASES = [
    pytest.param(TPE, MIXED, MIXED_TEXTS, ONE, id="tpe"),
    pytest.param(TPE, NUMBERS, NUMBERS_TEXTS, ONE, id="tpe without conditions"),
    pytest.param(TPE, CHAIN, CHAIN_TEXTS, ONE, id="tpe in a corner"),
    pytest.param({**TPE, "multivariate": False}, MIXED, MIXED_TEXTS, TWO, id="tpe single"),
    pytest.param("random", MIXED, MIXED_TEXTS, ONE, id="random"),
    pytest.param("random", CHAIN, CHAIN_TEXTS, ONE, id="random in a corner"),
    pytest.param("cmaes", SMOOTH, SMOOTH_TEXTS, ONE, id="cmaes"),
    pytest.param("cmaes", NUMBERS, NUMBERS_TEXTS, ONE, id="cmaes with steps"),
    pytest.param("cmaes", MIXED, MIXED_TEXTS, ONE, id="cmaes conditional"),
    pytest.param("cmaes", CHAIN, CHAIN_TEXTS, ONE, id="cmaes in a corner"),
    pytest.param(NSGA, MIXED, MIXED_TEXTS, TWO, id="nsgaii"),
    pytest.param(NSGA, CHAIN, CHAIN_TEXTS, ONE, id="nsgaii in a corner"),
    pytest.param("grid", GRID, ["a < b"], ONE, id="grid"),
]


def spec_of(
    sampler: Any, space: dict[str, Any], constraints: list[str], **changes: Any
) -> SweepSpec:
    return SweepSpec.model_validate(
        {
            "name": "s",
            "trainable": "a:B",
            "seed": 3,
            "space": space,
            "constraints": constraints,
            "objective": ONE,
            "sampler": sampler,
            "budget": {"trials": 12, "epochs": 1},
            **changes,
        }
    )


def keeps(spec: SweepSpec, params: dict[str, Any]) -> bool:
    inside = all(spec.space[name].contains(value) for name, value in params.items())
    return inside and all(c.holds(params) for c in spec.parsed_constraints())


def score(params: dict[str, Any]) -> float:
    return sum(float(value) for value in params.values() if isinstance(value, float))


def study_of(spec: SweepSpec) -> optuna.Study:
    study = optuna.create_study(directions=[objective.goal for objective in spec.objectives])
    for values in enqueue_values(spec):
        study.enqueue_trial(values)
    return study


def go_on(study: optuna.Study, spec: SweepSpec, count: int, first: int = 0) -> list[dict[str, Any]]:
    found = []
    for number in range(first, first + count):
        study.sampler = build_sampler(spec, number)
        trial = study.ask()
        params = suggest(trial, spec.space)
        assert trial.number == number
        study.tell(trial, [score(params)] * len(spec.objectives))
        found.append(params)
    return found


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Optuna's complaints are log lines."""
    optuna.logging.enable_propagation()
    yield
    optuna.logging.disable_propagation()
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == []


@pytest.mark.parametrize(("sampler", "space", "texts", "objective"), CASES)
def test_no_trial_breaks_a_constraint(
    sampler: Any, space: dict[str, Any], texts: list[str], objective: Any
) -> None:
    spec = spec_of(sampler, space, texts, objective=objective)
    study = study_of(spec)
    found = go_on(study, spec, 20)
    assert all(keeps(spec, params) for params in found)
    # Nothing else stands in the study, and with the bounds of the spec.
    assert len(study.trials) == 20
    assert len({str(trial.distributions) for trial in study.trials}) <= 2


@pytest.mark.parametrize(("sampler", "space", "texts", "objective"), CASES)
def test_proposals_do_not_depend_on_the_process(
    sampler: Any, space: dict[str, Any], texts: list[str], objective: Any
) -> None:
    spec = spec_of(sampler, space, texts, objective=objective)
    whole = go_on(study_of(spec), spec, 12)
    goals = [objective.goal for objective in spec.objectives]
    storage = optuna.storages.InMemoryStorage()
    first = optuna.create_study(study_name="s", storage=storage, directions=goals)
    begun = go_on(first, spec, 7)
    again = optuna.load_study(study_name="s", storage=storage)
    assert begun + go_on(again, spec, 5, first=7) == whole


@pytest.mark.parametrize("known", [1, 2, 3])
@pytest.mark.parametrize(("sampler", "space", "texts", "objective"), CASES)
def test_a_trial_that_was_killed_half_drawn_gets_the_rest_of_its_proposal(
    sampler: Any, space: dict[str, Any], texts: list[str], objective: Any, known: int
) -> None:
    spec = spec_of(sampler, space, texts, objective=objective)
    study = study_of(spec)
    go_on(study, spec, 9)
    study.sampler = build_sampler(spec, 9)
    part: Space = {name: spec.space[name] for name in list(space)[:known]}
    drawn = suggest(study.ask(), part)

    study.sampler = build_sampler(spec, 9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = suggest_rest(study, study.trials[9], spec.space)
    assert {name: found[name] for name in drawn} == drawn
    unhurt = study_of(spec)
    assert found == go_on(unhurt, spec, 10)[9]
    assert study.trials[9].system_attrs == unhurt.trials[9].system_attrs


def test_a_trial_that_was_begun_under_other_constraints_is_completed() -> None:
    before = spec_of("random", NUMBERS, [])
    for number in range(20):
        study = study_of(before)
        study.sampler = build_sampler(before, number)
        seed = suggest(study.ask(), {"seed": before.space["seed"]})["seed"]
        after = spec_of("random", NUMBERS, ["foreground > seed", f"lr > {seed / 2 + 0.4}"])
        study.sampler = build_sampler(after, number)
        params = suggest_rest(study, study.trials[0], after.space)
        assert params["seed"] == seed
        assert keeps(after, params)


@pytest.mark.parametrize(
    ("sampler", "space", "texts", "objective"),
    [case for case in CASES if case.id in {"tpe", "random", "cmaes conditional", "nsgaii"}],
)
def test_the_rest_of_a_start_set_is_drawn_around_it(
    sampler: Any, space: dict[str, Any], texts: list[str], objective: Any
) -> None:
    start = [{"foreground": 0.86}, {"depth": 6}, {"seed": 0.11, "lr": 0.01}]
    spec = spec_of(sampler, space, texts, objective=objective, start=start)
    found = go_on(study_of(spec), spec, 8)
    assert all(keeps(spec, params) for params in found)
    for given, params in zip(start, found, strict=False):
        assert given.items() <= params.items()


def test_the_grid_leaves_out_what_breaks_a_constraint() -> None:
    spec = spec_of("grid", GRID, ["a < b"], start=[{"b": 2.0}])
    num_allowed = 2 * sum(1 for a in range(1, 6) for half in range(11) if a < half / 2)
    assert num_allowed == 40
    study = study_of(spec)
    found = go_on(study, spec, num_allowed)
    assert all(keeps(spec, params) for params in found)
    assert found[0]["b"] == 2.0
    assert len({tuple(params.values()) for params in found}) == num_allowed
    # Without the constraint it goes on with what was left out.
    free = spec_of("grid", GRID, [])
    found += go_on(study, free, 110 - num_allowed, first=num_allowed)
    assert len({tuple(params.values()) for params in found}) == 110


def test_a_grid_trial_moves_to_another_point_when_its_own_is_no_longer_allowed() -> None:
    before = spec_of("grid", GRID, [])
    for number in range(20):
        study = study_of(before)
        study.sampler = build_sampler(before, 0)
        go_on(study, before, number)
        a = suggest(study.ask(), {"a": before.space["a"]})["a"]
        after = spec_of("grid", GRID, ["b <= a", "b > 0.5"])
        study.sampler = build_sampler(after, number)
        params = suggest_rest(study, study.trials[number], after.space)
        assert params["a"] == a
        assert keeps(after, params)


def test_random_proposals_stay_uniform_over_what_is_allowed() -> None:
    spec = spec_of("random", {"a": UNIT, "b": UNIT}, ["a <= b"])
    found = go_on(study_of(spec), spec, 400)
    # Below the diagonal of the unit square: 1/4 of it has b < 0.5, 1/2 has a < 0.5 < b.
    low = sum(params["b"] < 0.5 for params in found)
    crossing = sum(params["a"] < 0.5 <= params["b"] for params in found)
    assert low == pytest.approx(100, abs=30)
    assert crossing == pytest.approx(200, abs=35)


@pytest.mark.parametrize("sampler", [{"name": "tpe", "startup_trials": 5}, "cmaes"])
def test_samplers_still_learn(sampler: Any) -> None:
    """The best that is allowed lies at the border."""
    spec = spec_of(sampler, {"a": UNIT, "b": UNIT}, ["a <= b"])
    study = study_of(spec)
    values = []
    for number in range(50):
        study.sampler = build_sampler(spec, number)
        trial = study.ask()
        params = suggest(trial, spec.space)
        values.append((params["a"] - 0.9) ** 2 + (params["b"] - 0.2) ** 2)
        study.tell(trial, values[-1])
    # At a = b = 0.55.
    assert min(values[25:]) == pytest.approx(0.245, abs=0.05)
    assert sum(values[-10:]) < sum(values[:10])
