"""Constraints: which values may come together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweeper.parameters.comparing import Relation, find_relation, holds

__all__ = ["Constraint", "parse_constraint"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A relation of two parameters, or of a parameter and a number.

    Attributes:
        left: Name of a parameter, or a number.
        relation: How left stands to right.
        right: Name of a parameter, or a number; at least one side is a parameter.
    """

    left: str | float
    relation: Relation
    right: str | float

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, left to right."""
        return tuple(side for side in (self.left, self.right) if isinstance(side, str))

    @property
    def lower(self) -> str | float:
        """The side that must not be above the other."""
        return self.left if self.relation.startswith("<") else self.right

    @property
    def upper(self) -> str | float:
        """The side that must not be below the other."""
        return self.right if self.relation.startswith("<") else self.left

    @property
    def is_strict(self) -> bool:
        """Whether both sides must not be equal."""
        return not self.relation.endswith("=")

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether values keep to it.

        Args:
            values: Of the parameters that are active. A constraint on a parameter that is not
                there holds: it asks for nothing.
        """
        if any(name not in values for name in self.names):
            return True
        left, right = (
            values[side] if isinstance(side, str) else side for side in (self.left, self.right)
        )
        return holds(left, self.relation, right)

    def __str__(self) -> str:
        left, right = (
            side if isinstance(side, str) else repr(side).removesuffix(".0")
            for side in (self.left, self.right)
        )
        return f"{left} {self.relation} {right}"


def parse_constraint(text: str) -> Constraint:
    """Reads a constraint such as `seed >= foreground` or `a < 0.5`.

    Raises:
        ValueError: It is none; the message says what is wrong, to be read after the field's name.
    """
    relation = find_relation(text, kind="constraint", example="a <= b, or a < 0.5")
    left, right = (_side(side.strip(), text) for side in text.split(relation))
    if not isinstance(left, str) and not isinstance(right, str):
        raise ValueError(f"'{text}' has no parameter")
    return Constraint(left=left, relation=relation, right=right)


def _side(side: str, text: str) -> str | float:
    if _NAME.fullmatch(side) and side.lower() not in {"nan", "inf", "infinity"}:
        return side
    try:
        number = float(side)
    except ValueError:
        what = f"'{side}' is neither a parameter nor a number" if side else "a side is missing"
        raise ValueError(f"'{text}': {what}") from None
    if number - number != 0:
        raise ValueError(f"'{text}': {side} is not finite")
    return number
