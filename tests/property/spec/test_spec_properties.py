"""What holds for every spec: it reads back, damage is told in words, trials lie inside."""

from __future__ import annotations

import copy
import json
from typing import Any

import optuna
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sweeper.parameters import active_params, suggest
from sweeper.parameters.conditions import is_active
from sweeper.space import (
    build_config,
    build_sampler,
    enqueue_values,
    representative_params,
)
from sweeper.spec import SweepSpec, dump_spec, dump_yaml, spec_hash
from sweeper.spec.changes import find_changes, merge_specs
from sweeper.spec.source import YamlError, parse_yaml
from sweeper.spec.validation import validate
from sweeper.study.history import read_history

QUICK = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
JARGON = ("Input", "input", "valid ", "parse", "type=", "union", "tag'", "Extra", "string", "dict")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from(["1e-3", "off", "yes", "0o17", "2024-01-01", "1:30", "null", "<<", ".inf"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
names = st.builds(
    ".".join, st.lists(st.sampled_from(["a", "b", "loss", "optim", "lr"]), min_size=1, max_size=3)
)


@st.composite
def floats(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        low = draw(st.integers(-50, 50))
        count, step = draw(st.integers(1, 20)), draw(st.sampled_from([0.1, 0.05, 0.3, 0.25, 2]))
        # Decimals as somebody would write them: 0.1 + 2 x 0.1 is 0.3.
        high = float(f"{low + count * step:.10g}")
        return {"type": "float", "low": low, "high": high, "step": step}
    low = draw(st.floats(1e-6, 1e3))
    high = low * draw(st.floats(1.5, 1e3))
    return {"type": "float", "low": low, "high": high, "log": draw(st.booleans())}


@st.composite
def ints(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(1, 50))
    if draw(st.booleans()):
        return {"type": "int", "low": low, "high": low + draw(st.integers(1, 99)), "log": True}
    step = draw(st.integers(1, 5))
    return {"type": "int", "low": low, "high": low + step * draw(st.integers(1, 9)), "step": step}


def label(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value


choices = st.builds(
    lambda found: {"type": "choice", "values": found},
    st.lists(values, min_size=1, max_size=4, unique_by=lambda value: repr(label(value))),
)
fixed = st.builds(lambda found: {"type": "fixed", "value": found}, values)


def possible(parameter: dict[str, Any]) -> list[Any]:
    match parameter:
        case {"type": "choice", "values": found}:
            return list(found)
        case {"type": "int", "low": low, "high": high}:
            return [low, high]
        case {"type": "fixed", "value": value}:
            return [value]
        case _:
            return [parameter["low"], parameter["high"]]


@st.composite
def raw_specs(draw: st.DrawFn) -> dict[str, Any]:
    """A space file's content without a mistake."""
    space: dict[str, Any] = {}
    for name in draw(st.lists(names, min_size=1, max_size=6, unique=True)):
        if any(f"{o}.".startswith(f"{name}.") or f"{name}.".startswith(f"{o}.") for o in space):
            continue
        parameter = draw(st.one_of(floats(), ints(), choices, fixed))
        parents = [n for n, p in space.items() if p["type"] in {"choice", "int"}]
        if parents and draw(st.booleans()):
            parent = draw(st.sampled_from(parents))
            # In a list of its own a value that is a list is not taken for several values.
            parameter["when"] = {parent: [draw(st.sampled_from(possible(space[parent])))]}
        space[name] = parameter
    start = {
        name: draw(st.sampled_from(possible(parameter)))
        for name, parameter in space.items()
        if "when" not in parameter and draw(st.booleans())
    }
    raw = {
        "name": draw(st.sampled_from(["hv", "a.b-c_1", "9"])),
        "trainable": "package.module:Class",
        "seed": draw(st.integers(0, 2**32 - 1)),
        "data": draw(st.dictionaries(texts, values, max_size=3)),
        "fixed": {"model": draw(values), "data_": draw(values)},
        "space": space,
        "start": [start],
        "objective": {"metric": "val/aji", "goal": draw(st.sampled_from(["maximize", "minimize"]))},
        "sampler": {"name": draw(st.sampled_from(["tpe", "random", "nsgaii"]))},
        "pruning": [{"rule": "median"}, {"rule": "gate", "metric": "m", "epoch": 1, "min": 0}],
        "budget": {"trials": draw(st.integers(1, 99)), "epochs": draw(st.integers(1, 99))},
    }
    twins = [
        one
        for parameter in space.values()
        for index, one in enumerate(parameter.get("values", ()))
        for other in parameter["values"][:index]
        if label(one) == label(other)
    ]
    assume(not twins)
    return raw


def built(raw: dict[str, Any]) -> SweepSpec:
    spec = validate(raw)
    assert isinstance(spec, SweepSpec), spec
    return spec


@QUICK
@given(values)
def test_yaml_reads_back(value: Any) -> None:
    found = parse_yaml(dump_yaml({"key": value}))
    assert found.mistakes == []
    assert repr(found.value) == repr({"key": value})


@QUICK
@given(raw_specs())
def test_specs_read_back(raw: dict[str, Any]) -> None:
    spec = built(raw)
    found = parse_yaml(dump_spec(spec))
    assert found.mistakes == []
    again = built(found.value)
    assert again == spec
    assert list(again.space) == list(spec.space)
    assert spec_hash(again) == spec_hash(spec)
    assert dump_spec(again) == dump_spec(spec)


@QUICK
@given(raw_specs(), st.data())
def test_damage_is_told_in_words(raw: dict[str, Any], data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        holder: Any = raw
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(holder[key], dict | list) and data.draw(st.booleans()):
                holder = holder[key]
                continue
            if data.draw(st.booleans()):
                del holder[key]
            else:
                holder[key] = data.draw(values)
            break
    found = validate(raw)
    if isinstance(found, list):
        assert found
        for path, reason in found:
            assert path
            words = reason.split("not ")[0] if "'" in reason else reason
            assert not any(term in words for term in JARGON), reason


@QUICK
@given(st.text(max_size=60))
def test_any_text_is_yaml_or_is_refused(text: str) -> None:
    try:
        parse_yaml(text)
    except YamlError as error:
        refusal = error
    else:
        return
    assert refusal.line >= 1
    assert refusal.reason


@QUICK
@given(raw_specs(), st.integers(0, 20))
def test_proposals_lie_inside(raw: dict[str, Any], number: int) -> None:
    spec = built(raw)
    before = copy.deepcopy(spec)
    study = optuna.create_study(sampler=build_sampler(spec, number))
    trial = study.ask()
    params = suggest(trial, spec.space)
    for name, parameter in spec.space.items():
        assert (name in params) == is_active(spec.space, name, params)
        assert name not in params or parameter.contains(params[name])
    stored = study.get_trials(deepcopy=False)[0].params
    assert active_params(spec.space, stored) == params
    assert active_params(spec.space, params) == params
    config = build_config(spec, stored)
    assert config == build_config(spec, params)
    for name, value in params.items():
        found = config
        for key in name.split("."):
            found = found[key]
        assert found == value
    assert spec == before


@QUICK
@given(raw_specs())
def test_start_values_come_first(raw: dict[str, Any]) -> None:
    spec = built(raw)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for params in enqueue_values(spec):
        study.enqueue_trial(params)
    found = suggest(study.ask(), spec.space)
    assert {name: found[name] for name in spec.start[0]} == spec.start[0]


@QUICK
@given(raw_specs())
def test_representatives_hold_every_choice(raw: dict[str, Any]) -> None:
    spec = built(raw)
    sets = representative_params(spec.space)
    for params in sets:
        assert active_params(spec.space, params) == params
        assert all(spec.space[name].contains(value) for name, value in params.items())
    for name, parameter in spec.space.items():
        if not parameter.when and parameter.type == "choice":
            seen = [label(params[name]) for params in sets]
            assert all(label(value) in seen for value in parameter.values)


@st.composite
def edited(draw: st.DrawFn, raw: dict[str, Any]) -> dict[str, Any]:
    """The content after somebody has changed some settings, mostly ranges."""
    raw = copy.deepcopy(raw)
    for parameter in raw["space"].values():
        if "low" in parameter and draw(st.booleans()):
            step = parameter.get("step", 1)
            unit = step * draw(st.sampled_from([0.5, 1, 2]))
            unit = round(unit) if parameter["type"] == "int" else unit
            parameter["low"] = draw(st.sampled_from([parameter["low"], parameter["low"] - unit]))
            parameter["high"] += draw(st.sampled_from([0, unit, 2 * unit, -unit]))
            parameter["high"] = float(f"{parameter['high']:.10g}")
            if parameter["type"] == "int":
                parameter["high"] = int(parameter["high"])
    raw["budget"]["trials"] = draw(st.integers(1, 99))
    if draw(st.booleans()):
        del raw["pruning"][draw(st.integers(0, 1))]
    if draw(st.booleans()):
        raw["space"] = dict(reversed(raw["space"].items()))
    if draw(st.booleans()):
        raw["sampler"] = {"name": draw(st.sampled_from(["tpe", "random", "nsgaii"]))}
    return raw


@settings(QUICK, max_examples=200)
@given(raw_specs(), st.data())
def test_what_is_taken_over_leaves_every_trial_as_it_was(
    raw: dict[str, Any], data: st.DataObject
) -> None:
    before = built(raw)
    study = optuna.create_study(direction=before.objectives[0].goal)
    for params in enqueue_values(before):
        study.enqueue_trial(params)
    for number in range(3):
        study.sampler = build_sampler(before, number)
        suggest(study.ask(), before.space)
    history = read_history(study, before)
    assert find_changes(before, before, history) == []
    assert find_changes(before, built(parse_yaml(dump_spec(before)).value), history) == []

    after = validate(data.draw(edited(raw)))
    assume(isinstance(after, SweepSpec))
    assert isinstance(after, SweepSpec)
    changes = find_changes(before, after, history)
    if any(change.refusal for change in changes):
        return
    merged = merge_specs(before, after)
    assert find_changes(merged, after, history) == []
    assert built(parse_yaml(dump_spec(merged)).value) == merged
    for trial in study.get_trials(deepcopy=False):
        assert build_config(merged, trial.params) == build_config(before, trial.params)
    study.sampler = build_sampler(merged, 3)
    params = suggest(study.ask(), merged.space)
    assert all(merged.space[name].contains(value) for name, value in params.items())
