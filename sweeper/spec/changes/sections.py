"""Sections that change as a whole: never, always, or but for one kind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from sweeper.spec.changes.change import Change
from sweeper.spec.differences import find_differences
from sweeper.spec.rules import PatientRule, Rule
from sweeper.spec.samplers import GridSampler
from sweeper.spec.sweep_spec import SweepSpec
from sweeper.spec.writing import plain

__all__ = ["changes_of_objectives", "changes_of_pruning", "changes_of_sampler", "leaf_changes"]

_GRID = "a grid counts its combinations from the first trial on"
_JUDGED = "the trials so far were judged by it"
#: What a sampler makes of trials that another one proposed.
_LEARNS_ANEW = {"cmaes", "nsgaii"}


def leaf_changes(before: object, after: object, section: str, refusal: str) -> Iterator[Change]:
    """One change for each setting that differs; the refusal holds for all of them."""
    for found in find_differences(before, after, (section,)):
        yield Change(path=found.path, words=found.words, refusal=refusal)


def changes_of_sampler(before: SweepSpec, after: SweepSpec) -> Iterator[Change]:
    """Another sampler goes on from what the trials so far are worth to it."""
    old, new = before.sampler, after.sampler
    if old.name == new.name:
        yield from leaf_changes(old, new, "sampler", "")
        return
    words = f"{old.name} -> {new.name}"
    if new.name in _LEARNS_ANEW:
        words += f" ({new.name} learns from its own trials only)"
    grid = isinstance(old, GridSampler) or isinstance(new, GridSampler)
    yield Change(path=("sampler", "name"), words=words, refusal=_GRID if grid else "")


def changes_of_objectives(before: SweepSpec, after: SweepSpec) -> Iterator[Change]:
    """Nothing about objectives can change."""
    yield from leaf_changes(
        dict(enumerate(before.objectives)),
        dict(enumerate(after.objectives)),
        "objective",
        _JUDGED,
    )


def changes_of_pruning(before: SweepSpec, after: SweepSpec) -> Iterator[Change]:
    """Rules that came, went or differ; a rule that only moved went and came."""
    old, new = _texts(before.pruning), _texts(after.pruning)
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for index in range(max(i_end - i, j_end - j)):
            gone = before.pruning[i + index] if i + index < i_end else None
            come = after.pruning[j + index] if j + index < j_end else None
            yield from _rule_changes(gone, come, j + index)


def _rule_changes(gone: Rule | None, come: Rule | None, index: int) -> Iterator[Change]:
    if gone is not None and come is not None and _named(gone) == _named(come):
        for found in find_differences(gone, come, ("pruning", index)):
            yield Change(path=found.path, words=f"{found.words} ({_named(come)})")
        return
    if gone is not None:
        yield Change(path=("pruning",), words=f"removed: {_named(gone)}")
    if come is not None:
        yield Change(path=("pruning", index), words=f"added: {_named(come)}")


def _named(rule: Rule) -> str:
    if isinstance(rule, PatientRule):
        return f"patient {_named(rule.wrapped)}"
    return f"{rule.rule} on {rule.metric}" if rule.metric else rule.rule


def _texts(rules: Sequence[Rule]) -> list[str]:
    return [json.dumps(plain(rule), sort_keys=True) for rule in rules]
