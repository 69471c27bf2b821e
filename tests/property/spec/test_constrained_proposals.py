"""No sampler ever gives a trial that breaks a constraint."""

from __future__ import annotations

from typing import Any

import optuna
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sweeper.parameters import active_params, suggest
from sweeper.parameters.conditions import is_active
from sweeper.space import build_sampler, enqueue_values, representative_params, suggest_rest
from sweeper.spec import SweepSpec
from sweeper.spec.validation import validate

QUICK = settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
NAMES = ("a", "b.c", "b.d", "e", "f")
SAMPLERS = st.sampled_from(
    [
        {"name": "tpe", "startup_trials": 1, "candidates": 4},
        {"name": "tpe", "startup_trials": 1, "candidates": 4, "multivariate": False},
        {"name": "random"},
        {"name": "nsgaii", "population": 2},
        {"name": "cmaes"},
        {"name": "grid"},
    ]
)


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(1, 4))
    wide = draw(st.integers(1, 4))
    return draw(
        st.sampled_from(
            [
                {"type": "float", "low": low, "high": low + wide},
                {"type": "float", "low": low / 100, "high": low + wide, "log": True},
                {"type": "float", "low": low, "high": low + 0.1 * wide, "step": 0.1},
                {"type": "int", "low": low, "high": low + wide},
                {"type": "int", "low": low, "high": low + wide, "log": True},
                {"type": "choice", "values": [low + wide, low, 2.5][: wide + 1]},
                {"type": "fixed", "value": low},
            ]
        )
    )


@st.composite
def specs(draw: st.DrawFn) -> SweepSpec:
    sampler = draw(SAMPLERS)
    space: dict[str, Any] = {"kind": {"type": "choice", "values": ["x", "y", "z"]}}
    for name in NAMES:
        parameter = draw(parameters())
        if parameter["type"] == "float" and "step" in parameter:
            parameter["high"] = float(f"{parameter['high']:.10g}")
        if sampler["name"] != "grid" and draw(st.booleans()):
            parameter["when"] = {"kind": draw(st.sampled_from(["x", ["y", "z"]]))}
        space[name] = parameter
    relation = st.sampled_from(["<", "<=", ">", ">="])
    sides = st.sampled_from([*NAMES, "2", "3.5"])
    texts = st.tuples(st.sampled_from(NAMES), relation, sides).map(" ".join)
    constraints = draw(st.lists(texts, min_size=1, max_size=4))
    start = {
        name: parameter.get("low", 2.5)
        for name, parameter in space.items()
        if name != "kind" and parameter["type"] in {"int", "float"} and draw(st.booleans())
    }
    found = validate(
        {
            "name": "s",
            "trainable": "a:B",
            "seed": draw(st.integers(0, 99)),
            "space": space,
            "constraints": constraints,
            "start": [start] if draw(st.booleans()) else [],
            "objective": {"metric": "m", "goal": "minimize"},
            "sampler": sampler,
            "budget": {"trials": 1, "epochs": 1},
        }
    )
    assume(isinstance(found, SweepSpec))
    assert isinstance(found, SweepSpec)
    return found


def check(spec: SweepSpec, params: dict[str, Any]) -> None:
    for name, parameter in spec.space.items():
        assert (name in params) == is_active(spec.space, name, params)
        assert name not in params or parameter.contains(params[name])
    for constraint in spec.parsed_constraints():
        assert constraint.holds(params), (str(constraint), params)


@QUICK
@given(specs(), st.integers(0, 4), st.integers(1, 4))
def test_trials_keep_to_the_constraints_even_half_drawn_ones(
    spec: SweepSpec, whole: int, known: int
) -> None:
    study = optuna.create_study()
    for values in enqueue_values(spec):
        study.enqueue_trial(values)
    for number in range(whole):
        study.sampler = build_sampler(spec, number)
        trial = study.ask()
        params = suggest(trial, spec.space)
        check(spec, params)
        assert active_params(spec.space, study.trials[number].params) == params
        study.tell(trial, float(number % 3))
    study.sampler = build_sampler(spec, whole)
    part = {name: spec.space[name] for name in list(spec.space)[:known]}
    drawn = suggest(study.ask(), part)
    study.sampler = build_sampler(spec, whole)
    params = suggest_rest(study, study.trials[whole], spec.space)
    check(spec, params)
    assert drawn.items() <= params.items()
    assert len(study.trials) == max(whole + 1, len(enqueue_values(spec)))


@QUICK
@given(specs())
def test_representatives_keep_to_the_constraints(spec: SweepSpec) -> None:
    sets = representative_params(spec.space, spec.parsed_constraints())
    assert sets
    for params in sets:
        check(spec, params)
