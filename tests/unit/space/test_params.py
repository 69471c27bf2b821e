"""Values between the space file, the study and the configuration."""

from __future__ import annotations

import copy
import math
from typing import Any

import optuna
import pytest

from sweeper.parameters import active_params, count_grid, suggest
from sweeper.space import (
    build_config,
    enqueue_values,
    representative_params,
)
from sweeper.spec import SweepSpec

SPACE: dict[str, Any] = {
    # The child stands before its parent.
    "loss.gamma": {"type": "float", "low": 1, "high": 3, "when": {"loss.kind": "focal"}},
    "loss.kind": {"type": "choice", "values": ["dice", "focal"]},
    "loss.alpha": {"type": "fixed", "value": 0.25, "when": {"loss.kind": "focal"}},
    "loss.weights": {"type": "choice", "values": [[1, 1], [2, 0.5], None]},
    "optim.lr": {"type": "float", "low": 1e-4, "high": 1e-2, "log": True},
    "decode.threshold": {"type": "float", "low": 0.1, "high": 0.7, "step": 0.1},
    "model.width": {"type": "int", "low": 8, "high": 32, "step": 8},
}


def spec_of(**changes: Any) -> SweepSpec:
    content: dict[str, Any] = {
        "name": "hv",
        "trainable": "a.b:C",
        "data": {"source": "synthetic"},
        "fixed": {"optim": {"schedule": "cosine"}, "amp": True},
        "space": SPACE,
        "objective": {"metric": "m", "goal": "maximize"},
        "budget": {"trials": 3, "epochs": 7},
    }
    return SweepSpec.model_validate({**content, **changes})


FULL = {
    "loss.gamma": 2.0,
    "loss.kind": "focal",
    "loss.weights": "[2, 0.5]",
    "optim.lr": 1e-3,
    "decode.threshold": 0.1 + 2 * 0.1,
    "model.width": 16,
}


def enqueued(values: dict[str, Any]) -> optuna.Trial:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.enqueue_trial(values)
    return study.ask()


def test_suggest_gives_values_of_the_file_and_stores_those_of_the_study() -> None:
    trial = enqueued(FULL)
    assert suggest(trial, spec_of().space) == {
        "loss.gamma": 2.0,
        "loss.kind": "focal",
        "loss.alpha": 0.25,
        "loss.weights": [2, 0.5],
        "optim.lr": 1e-3,
        "decode.threshold": 0.3,
        "model.width": 16,
    }
    assert trial.params == FULL


def test_suggest_keeps_the_order_of_the_file() -> None:
    assert list(suggest(enqueued(FULL), spec_of().space)) == list(SPACE)


def test_suggest_leaves_out_what_has_no_meaning() -> None:
    trial = enqueued({**FULL, "loss.kind": "dice"})
    params = suggest(trial, spec_of().space)
    assert {"loss.gamma", "loss.alpha"} & (params.keys() | trial.params.keys()) == set()


def test_suggest_again_gives_the_same() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    trial = study.ask()
    space = spec_of().space
    first = suggest(trial, space)
    study.sampler = optuna.samplers.RandomSampler(seed=1)
    assert suggest(optuna.Trial(study, trial._trial_id), space) == first


def test_active_params_take_either_form() -> None:
    space = spec_of().space
    params = active_params(space, FULL)
    assert params["loss.weights"] == [2, 0.5]
    assert params["loss.alpha"] == 0.25
    assert active_params(space, params) == params


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({**FULL, "optim.rl": 1}, "no parameters of the space: optim.rl"),
        ({"loss.kind": "dice"}, "no value for the parameter loss.weights"),
    ],
)
def test_active_params_of_another_space(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        active_params(spec_of().space, params)


def test_configuration() -> None:
    spec = spec_of()
    before = copy.deepcopy(spec)
    config = build_config(spec, FULL)
    assert config == {
        "optim": {"schedule": "cosine", "lr": 1e-3},
        "amp": True,
        "data": {"source": "synthetic"},
        "epochs": 7,
        "loss": {"gamma": 2.0, "kind": "focal", "alpha": 0.25, "weights": [2, 0.5]},
        "decode": {"threshold": 0.3},
        "model": {"width": 16},
    }
    config["data"]["source"] = config["optim"]["schedule"] = config["loss"]["weights"][0] = "new"
    assert spec == before
    assert build_config(spec, FULL)["loss"]["weights"] == [2, 0.5]


def test_a_parameter_of_the_data() -> None:
    spec = spec_of(space={"data.size_px": {"type": "choice", "values": [96]}})
    assert build_config(spec, {"data.size_px": 96})["data"] == {
        "source": "synthetic",
        "size_px": 96,
    }
    assert spec.data == {"source": "synthetic"}


def test_enqueued_values_are_those_of_the_study() -> None:
    spec = spec_of(
        start=[
            {"loss.weights": [2, 0.5], "loss.gamma": 2, "loss.kind": "focal", "loss.alpha": 0.25},
            {"loss.alpha": 0.25},
            {},
            {"loss.weights": None},
        ]
    )
    assert enqueue_values(spec) == [
        {"loss.weights": "[2, 0.5]", "loss.gamma": 2.0, "loss.kind": "focal"},
        {"loss.weights": None},
    ]


def test_representatives() -> None:
    space = {
        name: parameter
        for name, parameter in spec_of().space.items()
        if name in {"loss.gamma", "loss.kind", "loss.alpha", "model.width"}
    }
    dice, focal = {"loss.kind": "dice"}, {"loss.kind": "focal", "loss.alpha": 0.25}
    assert representative_params(space) == [
        {**dice, "model.width": 24},
        {"loss.gamma": 1.0, **focal, "model.width": 24},
        {"loss.gamma": 3.0, **focal, "model.width": 24},
        {"loss.gamma": 2.0, **focal, "model.width": 24},
        {**dice, "model.width": 8},
        {**dice, "model.width": 32},
    ]


def test_representatives_of_ranges() -> None:
    space = spec_of(
        space={
            "a": {"type": "float", "low": 1, "high": 4},
            "b": {"type": "float", "low": 1, "high": 4, "log": True},
            "c": {"type": "int", "low": 1, "high": 100, "log": True},
        }
    ).space
    middle, *limits = representative_params(space)
    assert middle == pytest.approx({"a": 2.5, "b": 2.0, "c": 10})
    assert [params[name] for name, params in zip("aabbcc", limits, strict=True)] == [
        *(1.0, 4.0, 1.0, 4.0, 1, 100)
    ]


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        ({"a": {"type": "int", "low": 1, "high": 3}}, 3),
        ({"a": {"type": "int", "low": 1, "high": 7, "step": 3}}, 3),
        ({"a": {"type": "float", "low": 0, "high": 0.3, "step": 0.1}}, 4),
        ({"a": {"type": "float", "low": 0.1, "high": 0.7, "step": 0.2}}, 4),
        ({"a": {"type": "float", "low": 0, "high": 1}}, None),
        (
            {
                "a": {"type": "int", "low": 1, "high": 3},
                "b": {"type": "choice", "values": ["x", "y"]},
                "c": {"type": "fixed", "value": 1},
            },
            6,
        ),
    ],
)
def test_grid_size(parameters: dict[str, Any], size: int | None) -> None:
    assert count_grid(spec_of(space=parameters).space) == size


def test_steps_are_decimals() -> None:
    space = spec_of().space
    assert space["decode.threshold"].finite_values() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


def test_representatives_keep_to_constraints() -> None:
    spec = spec_of(
        space={
            "a": {"type": "float", "low": 0, "high": 1},
            "b": {"type": "float", "low": 0, "high": 1, "step": 0.25},
            "n": {"type": "choice", "values": [9, 3, 5]},
            "kind": {"type": "choice", "values": ["x", "y"]},
            "gamma": {"type": "float", "low": 0, "high": 1, "when": {"kind": "y"}},
        },
        constraints=["a < b", "n < 6", "gamma > 0.4"],
    )
    low = math.nextafter(0.5, 0.0)
    rest = {"n": 5, "kind": "x"}
    assert representative_params(spec.space, spec.parsed_constraints()) == [
        {"a": low, "b": 0.5, **rest},
        {"a": 0.0, "b": 0.5, **rest},
        # As near to a = 1 and b = 0 as a trial can come.
        {"a": math.nextafter(1.0, 0.0), "b": 1.0, **rest},
        {"a": math.nextafter(0.25, 0.0), "b": 0.25, **rest},
        {"a": 0.5, "b": 1.0, **rest},
        {"a": low, "b": 0.5, "n": 3, "kind": "x"},
        {"a": low, "b": 0.5, "n": 5, "kind": "y", "gamma": 0.5},
        {"a": low, "b": 0.5, "n": 5, "kind": "y", "gamma": math.nextafter(0.4, 1.0)},
        {"a": low, "b": 0.5, "n": 5, "kind": "y", "gamma": 1.0},
    ]


def test_representatives_below_a_fixed_parent() -> None:
    space = spec_of(
        space={
            "kind": {"type": "fixed", "value": "x"},
            "gamma": {"type": "float", "low": 0, "high": 1, "when": {"kind": "y"}},
            "a": {"type": "float", "low": 0, "high": 1},
        }
    ).space
    assert representative_params(space) == [
        {"kind": "x", "a": 0.5},
        {"kind": "x", "a": 0.0},
        {"kind": "x", "a": 1.0},
    ]
