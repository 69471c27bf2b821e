"""Ranges may change around the values that trials have; nothing else of a space may.

Optuna takes any bounds and steps for a numeric parameter as time goes by, and neither another kind
or scale nor other choices (`check_distribution_compatibility`). What its samplers make of mixed
bounds is mended in `sweeper.space.bounds`. A value outside of a new range would be met by samplers
that expect none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sweeper.parameters.kinds import (
    ChoiceParameter,
    FixedParameter,
    FloatParameter,
    IntParameter,
    Parameter,
)
from sweeper.parameters.values import same_value
from sweeper.parameters.wording import listed
from sweeper.spec.changes.change import Change, History
from sweeper.spec.differences import brief, find_differences
from sweeper.spec.samplers import CmaesSampler, GridSampler
from sweeper.spec.sweep_spec import SweepSpec

__all__ = ["changes_of_space", "merged_space"]

_GRID = "a grid counts its combinations from the first trial on"


def changes_of_space(before: SweepSpec, after: SweepSpec, history: History) -> Iterator[Change]:
    """Parameter by parameter, in the order of the file as it was; new ones last."""
    for change in _all_changes(before, after, history):
        if isinstance(before.sampler, GridSampler) and not change.refusal:
            yield Change(path=change.path, words=change.words, refusal=_GRID)
        else:
            yield change


def merged_space(before: SweepSpec, after: SweepSpec) -> dict[str, Parameter]:
    """The space to go on with, when nothing of it was refused.

    Only ranges can differ then. The order of parameters and of choices stays: Optuna tells choices
    by their place, and random draws are given out in order.
    """
    return {
        name: after.space[name]
        if isinstance(after.space[name], FloatParameter | IntParameter)
        else before.space[name]
        for name in before.space
    }


def _all_changes(before: SweepSpec, after: SweepSpec, history: History) -> Iterator[Change]:
    for name, parameter in before.space.items():
        if name in after.space:
            values = history.values.get(name, {})
            yield from _changes(name, parameter, after, values)
        else:
            yield Change(
                path=("space", name), words="removed", refusal="the trials so far varied it"
            )
    for name in after.space:
        if name not in before.space:
            yield Change(
                path=("space", name), words="added", refusal="the trials so far did not vary it"
            )


def _changes(
    name: str, old: Parameter, after: SweepSpec, values: Mapping[int, Any]
) -> Iterator[Change]:
    new = after.space[name]
    path = ("space", name)
    if old.type != new.type:
        yield Change(
            path=(*path, "type"),
            words=f"{old.type} -> {new.type}",
            refusal="the kind of a parameter can't change in an Optuna study",
        )
        return
    for found in find_differences(old.when, new.when, (*path, "when")):
        yield Change(
            path=found.path,
            words=found.words,
            refusal="the trials so far had the parameter under other conditions",
        )
    match old, new:
        case FloatParameter() | IntParameter(), FloatParameter() | IntParameter():
            note = _sampler_note(after) if not new.when else ""
            yield from _range_changes(name, old, new, values, note)
        case ChoiceParameter(), ChoiceParameter():
            yield from _choice_changes(name, old, new)
        case FixedParameter(), FixedParameter() if not same_value(old.value, new.value):
            yield Change(
                path=(*path, "value"),
                words=f"{brief(old.value)} -> {brief(new.value)}",
                refusal="the trials so far were trained with another value",
            )
        case _:
            pass


def _sampler_note(after: SweepSpec) -> str:
    return "; cmaes begins anew" if isinstance(after.sampler, CmaesSampler) else ""


def _range_changes(
    name: str,
    old: FloatParameter | IntParameter,
    new: FloatParameter | IntParameter,
    values: Mapping[int, Any],
    note: str,
) -> Iterator[Change]:
    path = ("space", name)
    if old.log != new.log:
        yield Change(
            path=(*path, "log"),
            words=f"{brief(old.log)} -> {brief(new.log)}",
            refusal="the scale of a parameter can't change in an Optuna study",
        )
    outside = {n: v for n, v in values.items() if not new.low <= v <= new.high}
    between = {n: v for n, v in values.items() if n not in outside and not new.contains(v)}
    if old.low != new.low:
        below = {n: v for n, v in outside.items() if v < new.low}
        words = f"{brief(old.low)} -> {brief(new.low)}"
        words += f" ({'wider' if new.low < old.low else 'narrower'}{note})"
        refusal = _outside(below) or _between(between)
        yield Change(path=(*path, "low"), words=words, refusal=refusal)
    if old.high != new.high:
        above = {n: v for n, v in outside.items() if v > new.high}
        words = f"{brief(old.high)} -> {brief(new.high)}"
        words += f" ({'wider' if new.high > old.high else 'narrower'}{note})"
        yield Change(path=(*path, "high"), words=words, refusal=_outside(above))
    if _step(old) != _step(new):
        words = f"{brief(_step(old) or 'none')} -> {brief(_step(new) or 'none')}"
        yield Change(path=(*path, "step"), words=words, refusal=_between(between))


def _step(parameter: FloatParameter | IntParameter) -> float | None:
    return parameter.step or (1 if isinstance(parameter, IntParameter) else None)


def _outside(values: Mapping[int, Any]) -> str:
    return _misfits(values, "lies outside", "lie outside")


def _between(values: Mapping[int, Any]) -> str:
    return _misfits(values, "is not on the new steps", "are not on the new steps")


def _misfits(values: Mapping[int, Any], one: str, many: str) -> str:
    if not values:
        return ""
    number, value = next(iter(values.items()))
    if len(values) == 1:
        return f"trial #{number} {one}, with {value:.4g}"
    return f"{len(values)} trials {many}, such as #{number} with {value:.4g}"


def _choice_changes(name: str, old: ChoiceParameter, new: ChoiceParameter) -> Iterator[Change]:
    added = [value for value in new.values if not old.contains(value)]
    removed = [value for value in old.values if not new.contains(value)]
    words = [f"added {listed(map(brief, added))}"] if added else []
    words += [f"removed {listed(map(brief, removed))}"] if removed else []
    if words:
        yield Change(
            path=("space", name, "values"),
            words=", ".join(words),
            refusal="the values of a choice can't change in an Optuna study",
        )
