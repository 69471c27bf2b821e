"""Verdict rules may change at any time: the trials that have ended are judged again."""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.spec.changes.change import Change
from sweeper.spec.differences import find_differences
from sweeper.spec.sweep_spec import SweepSpec

__all__ = ["changes_of_verdicts"]


def changes_of_verdicts(before: SweepSpec, after: SweepSpec) -> Iterator[Change]:
    """Rules that went, came or differ, by their names, and whether their order is another."""
    old = {rule.name: rule for rule in before.verdicts}
    new = {rule.name: (index, rule) for index, rule in enumerate(after.verdicts)}
    for name in old:
        if name not in new:
            yield Change(path=("verdicts",), words=f"removed: {name}")
    for name, (index, rule) in new.items():
        if name not in old:
            yield Change(path=("verdicts", index), words=f"added: {name}")
            continue
        for found in find_differences(old[name], rule, ("verdicts", index)):
            yield Change(path=found.path, words=f"{found.words} ({name})")
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield Change(path=("verdicts",), words="in another order; the first that applies decides")
