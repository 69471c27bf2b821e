"""Verdict rules have names of their own: trials are counted by them."""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.parameters.fields import Mistake
from sweeper.spec.checks.parts import Parts

__all__ = ["check_verdicts"]


def check_verdicts(parts: Parts) -> Iterator[Mistake]:
    """A name stands once."""
    seen: set[str] = set()
    for index, rule in parts.verdicts.items():
        if rule.name in seen:
            yield ("verdicts", index, "name"), f"'{rule.name}' stands twice"
        seen.add(rule.name)
