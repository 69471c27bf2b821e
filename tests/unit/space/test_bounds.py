"""Samplers go on when a range has become wider: they use all of it, and all that they know."""

from __future__ import annotations

import warnings
from typing import Any

import optuna
import pytest
from optuna.search_space import IntersectionSearchSpace
from optuna.trial import TrialState

from sweeper.parameters import suggest
from sweeper.space import build_sampler, suggest_rest
from sweeper.space.bounds import CommonSpace, distributions
from sweeper.spec import SweepSpec

OLD: dict[str, Any] = {
    "x": {"type": "float", "low": 0.0, "high": 1.0},
    "rate": {"type": "float", "low": 0.1, "high": 0.3, "step": 0.1},
    "lr": {"type": "float", "low": 0.01, "high": 0.1, "log": True},
    "n": {"type": "int", "low": 2, "high": 4},
    "kind": {"type": "choice", "values": ["a", "b"]},
}
WIDE: dict[str, Any] = {
    **OLD,
    "x": {"type": "float", "low": -1.0, "high": 5.0},
    "rate": {"type": "float", "low": 0.0, "high": 0.9, "step": 0.1},
    "lr": {"type": "float", "low": 0.001, "high": 1.0, "log": True},
    "n": {"type": "int", "low": 1, "high": 9},
}
ONLY_B = {"only_b": {"type": "float", "low": 0.0, "high": 1.0, "when": {"kind": "b"}}}
SMOOTH = {name: OLD[name] for name in ("x", "lr")}
SMOOTH_WIDE = {name: WIDE[name] for name in ("x", "lr")}

CASES = [
    pytest.param("random", OLD, WIDE, id="random"),
    pytest.param({"name": "tpe", "startup_trials": 4}, OLD, WIDE, id="tpe"),
    pytest.param(
        {"name": "tpe", "startup_trials": 4}, OLD | ONLY_B, WIDE | ONLY_B, id="tpe in groups"
    ),
    pytest.param(
        {"name": "tpe", "startup_trials": 4, "multivariate": False}, OLD, WIDE, id="tpe single"
    ),
    pytest.param("cmaes", SMOOTH, SMOOTH_WIDE, id="cmaes"),
    pytest.param("cmaes", OLD, WIDE, id="cmaes with steps"),
    pytest.param({"name": "nsgaii", "population": 4}, OLD, WIDE, id="nsgaii"),
]


def spec_of(sampler: Any, space: dict[str, Any], trials: int = 100) -> SweepSpec:
    return SweepSpec.model_validate(
        {
            "name": "s",
            "trainable": "a:B",
            "seed": 3,
            "space": space,
            "objective": {"metric": "m", "goal": "maximize"},
            "sampler": sampler,
            "budget": {"trials": trials, "epochs": 1},
        }
    )


def go_on(study: optuna.Study, spec: SweepSpec, count: int) -> list[dict[str, Any]]:
    """More is better, so that the old upper bounds are in the way."""
    found = []
    for number in range(len(study.trials), len(study.trials) + count):
        study.sampler = build_sampler(spec, number)
        trial = study.ask()
        params = suggest(trial, spec.space)
        found.append(params)
        study.tell(trial, params["x"] + params["lr"])
    return found


@pytest.fixture(autouse=True)
def loud(caplog: pytest.LogCaptureFixture) -> None:
    """Optuna's complaints about mixed bounds are log lines."""
    optuna.logging.enable_propagation()
    yield
    optuna.logging.disable_propagation()
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == []


@pytest.mark.parametrize(("sampler", "old", "wide"), CASES)
def test_wider_bounds_are_used_and_kept(
    sampler: Any, old: dict[str, Any], wide: dict[str, Any]
) -> None:
    study = optuna.create_study(direction="maximize")
    go_on(study, spec_of(sampler, old), 12)
    spec = spec_of(sampler, wide)
    found = go_on(study, spec, 24)
    for params in found:
        for name, value in params.items():
            assert spec.space[name].contains(value)
    assert any(params["x"] > 1.0 for params in found)
    assert any(params["lr"] > 0.1 or params["lr"] < 0.01 for params in found)


@pytest.mark.parametrize(
    ("sampler", "old", "wide"), [case for case in CASES if case.id not in {"random", "tpe single"}]
)
def test_parameters_are_still_proposed_together(
    sampler: Any, old: dict[str, Any], wide: dict[str, Any]
) -> None:
    """Optuna alone leaves a parameter with mixed bounds out of what it learns jointly."""
    study = optuna.create_study(direction="maximize")
    go_on(study, spec_of(sampler, old), 12)
    spec = spec_of(sampler, wide)
    go_on(study, spec, 1)
    study.sampler = build_sampler(spec, 13)
    trial = study.ask()
    numeric = {name for name in wide if name not in {"kind", "only_b"}}
    assert trial.relative_params
    expected = distributions(spec.space)
    for name in numeric:
        assert trial.relative_search_space[name] == expected[name]


@pytest.mark.parametrize(("sampler", "old", "wide"), CASES)
def test_narrower_bounds_around_all_trials_are_kept(
    sampler: Any, old: dict[str, Any], wide: dict[str, Any]
) -> None:
    study = optuna.create_study(direction="maximize")
    found = go_on(study, spec_of(sampler, wide), 12)
    seen = {name: [params[name] for params in found if name in params] for name in ("x", "lr")}
    narrow = {
        **wide,
        **{n: {**wide[n], "low": min(seen[n]), "high": max(seen[n])} for n in seen},
    }
    spec = spec_of(sampler, narrow)
    for params in go_on(study, spec, 12):
        assert all(spec.space[name].contains(value) for name, value in params.items())


def test_tpe_climbs_beyond_the_old_bounds() -> None:
    study = optuna.create_study(direction="maximize")
    go_on(study, spec_of("tpe", SMOOTH), 15)
    go_on(study, spec_of("tpe", SMOOTH_WIDE), 30)
    assert study.best_params["x"] > 4.0


def test_cmaes_climbs_beyond_the_old_bounds() -> None:
    study = optuna.create_study(direction="maximize")
    go_on(study, spec_of("cmaes", SMOOTH), 15)
    go_on(study, spec_of("cmaes", SMOOTH_WIDE), 60)
    assert study.best_params["x"] > 4.0


def study_before_a_change(
    sampler: Any, old: dict[str, Any], wide: dict[str, Any]
) -> tuple[optuna.Study, SweepSpec, SweepSpec]:
    """Ten trials have ended, and the sampler is ready for the next; the specs before and after."""
    study = optuna.create_study(direction="maximize")
    before, after = spec_of(sampler, old), spec_of(sampler, wide)
    go_on(study, before, 10)
    study.sampler = build_sampler(before, 10)
    return study, before, after


@pytest.mark.parametrize(("sampler", "old", "wide"), CASES)
def test_an_interrupted_trial_keeps_its_parameters(
    sampler: Any, old: dict[str, Any], wide: dict[str, Any]
) -> None:
    study, before, after = study_before_a_change(sampler, old, wide)
    params = suggest(study.ask(), before.space)
    attrs = dict(study.trials[10].system_attrs)

    study.sampler = build_sampler(after, 10)
    frozen = study.trials[10]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert suggest_rest(study, frozen, after.space) == params
    assert study.trials[10].system_attrs == attrs  # nothing was proposed in its name
    assert study.trials[10].distributions == frozen.distributions
    study.tell(10, 1.0)
    go_on(study, after, 6)
    assert study.trials[10].params == frozen.params


@pytest.mark.parametrize(("sampler", "old", "wide"), CASES)
def test_a_trial_that_was_killed_between_two_parameters_is_completed_in_the_new_bounds(
    sampler: Any, old: dict[str, Any], wide: dict[str, Any]
) -> None:
    study, before, after = study_before_a_change(sampler, old, wide)
    x = suggest(study.ask(), {"x": before.space["x"]})["x"]
    study.sampler = build_sampler(after, 10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        params = suggest_rest(study, study.trials[10], after.space)
    assert params["x"] == x
    assert all(after.space[name].contains(value) for name, value in params.items())
    study.tell(10, 1.0)
    go_on(study, after, 3)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("tpe", "cmaes"),
        ("cmaes", "tpe"),
        ("random", {"name": "nsgaii", "population": 3}),
        ({"name": "nsgaii", "population": 3}, {"name": "nsgaii", "population": 5}),
        ("cmaes", {"name": "cmaes", "population": 9}),
        ("cmaes", "random"),
        ({"name": "nsgaii", "population": 3}, {"name": "tpe", "startup_trials": 2}),
    ],
)
def test_another_sampler_goes_on(first: Any, then: Any) -> None:
    study = optuna.create_study(direction="maximize")
    go_on(study, spec_of(first, OLD), 12)
    spec = spec_of(then, OLD)
    found = go_on(study, spec, 24)
    assert all(spec.space[name].contains(v) for params in found for name, v in params.items())
    assert all(trial.state is TrialState.COMPLETE for trial in study.trials)


def test_without_a_change_the_common_space_is_optunas() -> None:
    spec = spec_of("random", OLD | ONLY_B)
    study = optuna.create_study(direction="maximize")
    assert CommonSpace(spec.space).calculate(study) == {}
    go_on(study, spec, 8)
    assert {trial.params["kind"] for trial in study.trials} == {"a", "b"}
    study.tell(study.ask({"x": distributions(spec.space)["x"]}), state=TrialState.PRUNED)
    for pruned in (True, False):
        ours = CommonSpace(spec.space, include_pruned=pruned).calculate(study)
        theirs = IntersectionSearchSpace(include_pruned=pruned).calculate(study)
        assert list(ours.items()) == list(theirs.items())
