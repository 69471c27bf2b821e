"""Which changes of a spec a sweep can take over, and what is said about each."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from sweeper.spec import SweepSpec
from sweeper.spec.changes import _PLAIN_SECTIONS, _RULES, History, find_changes, merge_specs

BASE: dict[str, Any] = {
    "name": "s",
    "trainable": "a:B",
    "seed": 3,
    "data": {"source": "folder", "path": "/data"},
    "fixed": {"model": {"width": 16}, "amp": True},
    "space": {
        "lr": {"type": "float", "low": 0.001, "high": 0.1, "log": True},
        "depth": {"type": "int", "low": 2, "high": 6},
        "rate": {"type": "float", "low": 0.1, "high": 0.5, "step": 0.1},
        "kind": {"type": "choice", "values": ["a", "b", 1]},
        "only_b": {"type": "float", "low": 0, "high": 1, "when": {"kind": "b"}},
        "pinned": {"type": "fixed", "value": 5},
    },
    "start": [{"lr": 0.01}, {"lr": 0.02, "depth": 3}],
    "objective": {"metric": "m", "goal": "maximize"},
    "sampler": {"name": "tpe"},
    "pruning": [
        {"rule": "gate", "metric": "g", "epoch": 2, "min": 0.1},
        {"rule": "median", "metric": "m"},
    ],
    "budget": {"trials": 12, "epochs": 5},
}
#: Three trials have begun, the first with the first set of `start`; the second set waits.
HISTORY = History(
    max_trials=12,
    num_begun=3,
    num_queued=1,
    spent_hours=0.5,
    values={
        "lr": {0: 0.01, 1: 0.004, 2: 0.09},
        "depth": {0: 2, 1: 4, 2: 5},
        "rate": {0: 0.1, 1: 0.3, 2: 0.3},
    },
    started={0: {"lr": 0.01}},
)


def spec_of(changes: dict[str, Any], base: dict[str, Any] = BASE) -> SweepSpec:
    """The base with settings replaced; keys are paths with slashes, None removes."""
    raw = copy.deepcopy(base)
    for key, value in changes.items():
        *path, last = key.split("/")
        holder: Any = raw
        for part in path:
            holder = holder[int(part)] if isinstance(holder, list) else holder.setdefault(part, {})
        last = int(last) if isinstance(holder, list) else last
        if value is None:
            del holder[last]
        else:
            holder[last] = value
    return SweepSpec.model_validate(raw)


def lines(changes: dict[str, Any], history: History = HISTORY) -> list[str]:
    found = find_changes(spec_of({}), spec_of(changes), history)
    return [
        f"{'.'.join(map(str, change.path))}: {change.words}"
        + (f" | {change.refusal}" if change.refusal else "")
        for change in found
    ]


ALLOWED = [
    ({"budget/trials": 24}, "budget.trials: 12 -> 24"),
    ({"budget/trials": 4}, "budget.trials: 12 -> 4"),
    ({"budget/hours": 2.0}, "budget.hours: no limit -> 2.0"),
    ({"budget/hours": 0.5}, "budget.hours: no limit -> 0.5 (all used up: 0.5 h so far)"),
    ({"space/lr/high": 0.5}, "space.lr.high: 0.1 -> 0.5 (wider)"),
    ({"space/lr/low": 1e-4}, "space.lr.low: 0.001 -> 0.0001 (wider)"),
    ({"space/lr/low": 0.002}, "space.lr.low: 0.001 -> 0.002 (narrower)"),
    ({"space/lr/high": 0.09}, "space.lr.high: 0.1 -> 0.09 (narrower)"),
    ({"space/depth/low": 1}, "space.depth.low: 2 -> 1 (wider)"),
    ({"space/depth/high": 9}, "space.depth.high: 6 -> 9 (wider)"),
    ({"space/rate/high": 0.7}, "space.rate.high: 0.5 -> 0.7 (wider)"),
    ({"space/rate/step": 0.05}, "space.rate.step: 0.1 -> 0.05"),
    ({"space/rate/step": 0.2}, "space.rate.step: 0.1 -> 0.2"),
    ({"space/rate/step": None}, "space.rate.step: 0.1 -> none"),
    ({"sampler": "random"}, "sampler.name: tpe -> random"),
    ({"sampler": "cmaes"}, "sampler.name: tpe -> cmaes (cmaes learns from its own trials only)"),
    ({"sampler/startup_trials": 3}, "sampler.startup_trials: 10 -> 3"),
    ({"pruning/0/min": 0.2}, "pruning.0.min: 0.1 -> 0.2 (gate on g)"),
    ({"pruning/0": None}, "pruning: removed: gate on g"),
    ({"pruning/1/startup_trials": 9}, "pruning.1.startup_trials: 5 -> 9 (median on m)"),
    ({"resources": {"concurrent": 2}}, "resources.concurrent: auto -> 2"),
    ({"constraints": ["lr < rate"]}, "constraints.0: added: lr < rate"),
    ({"constraints": ["only_b < 0.5"]}, "constraints.0: added: only_b < 0.5"),
    ({"constraints": ["lr <= 0.09"]}, "constraints.0: added: lr <= 0.09"),
    ({"start/1": None}, "start: removed: lr 0.02, depth 3"),
    ({"start/1/lr": 0.03}, "start.1.lr: 0.02 -> 0.03"),
]


@pytest.mark.parametrize(("changes", "expected"), ALLOWED, ids=[line for _, line in ALLOWED])
def test_allowed(changes: dict[str, Any], expected: str) -> None:
    assert lines(changes) == [expected]


NEVER = [
    ({"budget/epochs": 6}, "budget.epochs: 5 -> 6", "scores after other numbers of epochs"),
    ({"budget/trials": 3}, "budget.trials: 12 -> 3", "3 have begun already and 1 wait"),
    ({"trainable": "a:C"}, "trainable: a:B -> a:C", "trained by other code"),
    ({"family": "f"}, "family: s -> f", "MLflow experiment"),
    ({"seed": 4}, "seed: 3 -> 4", "every random draw"),
    ({"data/path": "/other"}, "data.path: /data -> /other", "other data"),
    ({"fixed/model/width": 32}, "fixed.model.width: 16 -> 32", "trained with another value"),
    ({"fixed/amp": None}, "fixed.amp: removed (was true)", "trained with another value"),
    ({"fixed/new": 1}, "fixed.new: added: 1", "trained with another value"),
    ({"objective/goal": "minimize"}, "objective.0.goal: maximize -> minimize", "judged by it"),
    ({"space/lr/log": False}, "space.lr.log: true -> false", "the scale of a parameter"),
    (
        {"space/lr/high": 0.05},
        "space.lr.high: 0.1 -> 0.05 (narrower)",
        "trial #2 lies outside, with 0.09",
    ),
    (
        {"space/depth/low": 5, "start/1/depth": 5},
        "space.depth.low: 2 -> 5 (narrower)",
        "2 trials lie outside, such as #0 with 2",
    ),
    (
        {"space/rate/low": 0.05, "space/rate/high": 0.45},
        "space.rate.low: 0.1 -> 0.05 (wider)",
        "3 trials are not on the new steps, such as #0 with 0.1",
    ),
    (
        {"space/rate/step": 0.4},
        "space.rate.step: 0.1 -> 0.4",
        "2 trials are not on the new steps, such as #1 with 0.3",
    ),
    (
        {"space/depth": {"type": "float", "low": 2, "high": 6}},
        "space.depth.type: int -> float",
        "the kind of a parameter",
    ),
    ({"space/pinned/value": 6}, "space.pinned.value: 5 -> 6", "trained with another value"),
    (
        {"space/kind/values": ["a", "b", 1, 2]},
        "space.kind.values: added 2",
        "the values of a choice",
    ),
    (
        {"space/kind/values": ["a", "b", True]},
        "space.kind.values: added true, removed 1",
        "the values of a choice",
    ),
    (
        {"space/only_b/when": {"kind": "a"}},
        "space.only_b.when.kind: b -> a",
        "other conditions",
    ),
    ({"space/only_b": None}, "space.only_b: removed", "the trials so far varied it"),
    (
        {"space/more": {"type": "float", "low": 0, "high": 1}},
        "space.more: added",
        "the trials so far did not vary it",
    ),
    (
        {"constraints": ["depth <= 4"]},
        "constraints.0: added: depth <= 4",
        "trial #2 breaks it, with depth 5",
    ),
    (
        {"constraints": ["lr < 0.05", "depth < pinned"], "start": [{"lr": 0.01}]},
        "constraints.0: added: lr < 0.05",
        "trial #2 breaks it, with lr 0.09",
    ),
    (
        {"constraints": ["lr >= rate"], "start": []},
        "constraints.0: added: lr >= rate",
        "3 trials break it, such as #0 with lr 0.01 and rate 0.1",
    ),
    ({"start/0/lr": 0.03}, "start.0.lr: 0.01 -> 0.03", "a trial has begun with these values"),
    ({"start/0": None}, "start: removed: lr 0.01", "a trial has begun with these values"),
]


@pytest.mark.parametrize(("changes", "words", "why"), NEVER, ids=[line for _, line, _ in NEVER])
def test_refused(changes: dict[str, Any], words: str, why: str) -> None:
    first = lines(changes)[0]
    assert first.startswith(f"{words} | ")
    assert why in first


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "other", "family": "s"},
        {"space/kind/values": [1, "b", "a"]},
        {"space": dict(reversed(BASE["space"].items()))},
        {"start": list(reversed(BASE["start"]))},
        {"space/depth/step": 1},
        {"fixed/model/width": 16.0},
        {"pruning/1/goal": "maximize"},
    ],
)
def test_what_means_the_same_is_no_change(changes: dict[str, Any]) -> None:
    assert lines(changes) == []


def test_every_section_has_a_rule() -> None:
    assert set(SweepSpec.model_fields) <= {"name", *_RULES, *_PLAIN_SECTIONS}


def test_trials_that_resume_added_are_neither_lost_nor_undone() -> None:
    extended = History(max_trials=20, num_begun=3)
    assert lines({}, extended) == []
    assert lines({"budget/trials": 20}, extended) == []
    (line,) = lines({"budget/trials": 16}, extended)
    assert line == "budget.trials: 20 -> 16 (12 in the file before, then `resume --trials`)"


def test_hours_that_resume_added() -> None:
    extended = History(max_trials=12, max_hours=3.0)
    assert lines({}, extended) == []
    (line,) = lines({"budget/hours": 4.0}, extended)
    assert line == "budget.hours: 3.0 -> 4.0 (no limit in the file before, then `resume --hours`)"


def test_a_grid_keeps_its_space_and_its_name() -> None:
    grid = {
        **BASE,
        "space": {"kind": BASE["space"]["kind"], "depth": BASE["space"]["depth"]},
        "start": [],
        "sampler": "grid",
    }
    before = spec_of({}, grid)
    (wider,) = find_changes(before, spec_of({"space/depth/high": 9}, grid), HISTORY)
    assert "a grid counts its combinations" in wider.refusal
    (away,) = find_changes(before, spec_of({"sampler": "tpe"}, grid), HISTORY)
    assert "a grid counts its combinations" in away.refusal
    (more,) = find_changes(before, spec_of({"budget/trials": 15}, grid), HISTORY)
    assert not more.refusal


def test_constraints_go_freely_and_come_with_a_look_at_the_trials() -> None:
    bound = {**BASE, "constraints": ["lr < rate", "depth <= pinned"]}
    before = spec_of({}, bound)
    texts = ["pinned >= depth", "depth > 2", "rate > 0.2"]
    found = find_changes(before, spec_of({"constraints": texts}, bound), HISTORY)
    assert [(change.path, change.words, change.refusal) for change in found] == [
        (("constraints",), "removed: lr < rate", ""),
        (("constraints", 1), "added: depth > 2", "trial #0 breaks it, with depth 2"),
        (("constraints", 2), "added: rate > 0.2", "trial #0 breaks it, with rate 0.1"),
    ]
    merged = merge_specs(before, spec_of({"constraints": None}, bound))
    assert merged.constraints == ()


def test_a_trial_that_is_half_drawn_must_fit_a_new_constraint() -> None:
    history = History(
        max_trials=12, num_begun=1, values={"depth": {0: 6}}, started={0: {"lr": 0.01}}
    )
    base = {**BASE, "start": [{"lr": 0.01}]}
    before = spec_of({}, base)
    for text, refusal in [
        ("depth <= pinned", "trial #0 breaks it, with depth 6 and pinned 5"),
        ("rate <= lr", "trial #0 could not be completed"),
        ("rate > lr", ""),
    ]:
        raw = {"constraints": [text]}
        if text.startswith("rate <="):
            raw |= {"start": [], "space/rate/low": 0.1}
        found = find_changes(before, spec_of(raw, base), history)
        assert [c.refusal for c in found if c.path[0] == "constraints"] == [refusal]


def test_cmaes_says_that_it_begins_anew() -> None:
    cmaes = {**BASE, "sampler": "cmaes"}
    (change,) = find_changes(spec_of({}, cmaes), spec_of({"space/lr/high": 0.5}, cmaes), HISTORY)
    assert change.words == "0.1 -> 0.5 (wider; cmaes begins anew)"
    (conditional,) = find_changes(
        spec_of({}, cmaes), spec_of({"space/only_b/high": 2}, cmaes), HISTORY
    )
    assert conditional.words == "1.0 -> 2.0 (wider)"


def test_sets_of_start_count_as_often_as_they_stand_there() -> None:
    twice = {**BASE, "start": [{"lr": 0.01}, {"lr": 0.01}]}
    (one_less,) = find_changes(spec_of({}, twice), spec_of({"start/1": None}, twice), HISTORY)
    assert not one_less.refusal
    both = find_changes(spec_of({}, twice), spec_of({"start": []}, twice), HISTORY)
    assert [bool(change.refusal) for change in both] == [True, False]
    (more,) = find_changes(
        spec_of({}, twice), spec_of({"start": [*twice["start"], {"depth": 2}]}, twice), HISTORY
    )
    assert (more.path, more.words, more.refusal) == (("start", 2), "added: depth 2", "")


def test_a_new_rule_in_front_moves_the_others_only() -> None:
    new = {"rule": "patient", "patience": 2, "wrapped": {"rule": "median", "metric": "m"}}
    assert lines({"pruning": [new, *BASE["pruning"]]}) == ["pruning.0: added: patient median on m"]
    assert lines({"pruning/0": new}) == [
        "pruning: removed: gate on g",
        "pruning.0: added: patient median on m",
    ]


def test_long_paths_are_told_apart_by_their_ends() -> None:
    folder = "/a/long/way/down/to/where/the/images/are"
    base = {**BASE, "data": {"path": f"{folder}/one"}}
    (change,) = find_changes(
        spec_of({}, base), spec_of({"data": {"path": f"{folder}/two"}}, base), HISTORY
    )
    assert change.words == ".../one -> .../two"


def test_merged_spec_is_what_was_asked_for_in_the_order_of_before() -> None:
    before = spec_of({})
    turned = {**BASE["space"], "kind": {"type": "choice", "values": [1, "b", "a"]}}
    after = spec_of(
        {
            "space": dict(reversed(turned.items())),
            "budget/trials": 24,
            "pruning": [],
            "sampler": "random",
        }
    )
    merged = merge_specs(before, after)
    assert find_changes(merged, after, HISTORY) == []
    assert list(merged.space) == list(before.space)
    assert merged.space["kind"] == before.space["kind"]
    assert (merged.budget.trials, merged.pruning, merged.sampler.name) == (24, (), "random")
