"""Conditions on metrics as short texts: `val/aji > 0.5`, `val/dice@last < val/dice@highest - 0.05`.

A condition compares two sums. A term of a sum is a number, a metric, or a number times a metric;
nothing else can be said, so nothing is ever evaluated as code. A metric is read when its rule says
(`at`), unless a moment stands behind it (`@6`, `@best`, ...; see `sweeper.verdicts.facts.Moment`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from sweeper.parameters.comparing import Relation, find_relation, holds
from sweeper.verdicts.facts import MOMENTS, Measured, Moment

__all__ = ["Condition", "Reading", "Side", "Term", "parse_condition"]

# Names may hold / - and dots, as metrics do; so minus needs a space around it, and division is out.
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w./@-])
      | (?P<name>[A-Za-z0-9][A-Za-z0-9_./-]*)(?:@(?P<moment>\w+))?
      | (?P<sign>[-+*])
    )""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A metric and when it is read; None: when the rule says."""

    metric: str
    moment: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A number times a metric; without a metric a plain number."""

    factor: float
    reading: Reading | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a condition, a sum.

    Attributes:
        terms: At least one.
        text: As it was written, blanks aside.
    """

    terms: tuple[Term, ...]
    text: str

    @property
    def readings(self) -> Iterator[Reading]:
        """The metrics that it reads, left to right."""
        return (term.reading for term in self.terms if term.reading is not None)

    def compute(self, read: Callable[[Reading], Measured | None]) -> float | None:
        """Its value; None: a metric was not measured."""
        total = 0.0
        for term in self.terms:
            measured = Measured(epoch=0, value=1.0) if term.reading is None else read(term.reading)
            if measured is None:
                return None
            total += term.factor * measured.value
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How one sum stands to another."""

    left: Side
    relation: Relation
    right: Side

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The metrics that it reads, left to right."""
        return (*self.left.readings, *self.right.readings)

    def check(self, read: Callable[[Reading], Measured | None]) -> str | None:
        """Whether it holds.

        Args:
            read: The value of a metric; None: it was not measured.

        Returns:
            The condition with the values that make it true; None: it does not hold, as whenever a
            metric was not measured.
        """
        left, right = self.left.compute(read), self.right.compute(read)
        if left is None or right is None or not holds(left, self.relation, right):
            return None
        return f"{_shown(self.left, left)} {self.relation} {_shown(self.right, right)}"

    def __str__(self) -> str:
        return f"{self.left.text} {self.relation} {self.right.text}"


def parse_condition(text: str) -> Condition:
    """Reads a condition.

    Raises:
        ValueError: It is none; the message says what is wrong, to be read after the field's name.
    """
    relation = find_relation(text, kind="condition", example="for example val/aji > 0.5")
    try:
        left, right = (_parse_side(side) for side in text.split(relation))
    except ValueError as error:
        raise ValueError(f"'{text}': {error}") from None
    condition = Condition(left=left, relation=relation, right=right)
    if not condition.readings:
        raise ValueError(f"'{text}' has no metric")
    return condition


def _parse_side(text: str) -> Side:
    text = " ".join(text.split())
    if not text:
        raise ValueError("a side is missing")
    tokens = _tokens(text)
    terms: list[Term] = []
    while tokens:
        terms.append(_parse_term(tokens, is_first=not terms))
    return Side(terms=tuple(terms), text=text)


def _tokens(text: str) -> list[float | str | Reading]:
    """Numbers, signs and readings, in reverse, to be taken from the end."""
    found: list[float | str | Reading] = []
    place = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            rest = text[place:].strip()
            raise ValueError(
                f"'{rest}' can't be read; a side is a sum of numbers, metrics and numbers times "
                "metrics, such as 0.5 * val/dice + 0.1"
            )
        place = token.end()
        if token["number"]:
            found.append(_parse_number(token["number"]))
        elif token["sign"]:
            found.append(token["sign"])
        elif token["name"].lower() in {"nan", "inf", "infinity"}:
            raise ValueError(f"{token['name']} is not a finite number")
        else:
            found.append(Reading(metric=token["name"], moment=_parse_moment(token["moment"])))
    return found[::-1]


def _parse_term(tokens: list[float | str | Reading], *, is_first: bool) -> Term:
    """Takes a term, with its sign unless it is the first, from the end of the tokens."""
    factor = 1.0
    if tokens[-1] in ("+", "-"):
        factor = -1.0 if tokens.pop() == "-" else 1.0
    elif not is_first:
        raise ValueError(f"a sign (+, - or *) is missing before {_named(tokens[-1])}")
    factors = [_parse_factor(tokens)]
    while tokens and tokens[-1] == "*":
        tokens.pop()
        factors.append(_parse_factor(tokens))
    readings = [part for part in factors if isinstance(part, Reading)]
    if len(readings) > 1:
        raise ValueError(f"{_named(readings[0])} times {_named(readings[1])}: one must be a number")
    for part in factors:
        factor *= 1.0 if isinstance(part, Reading) else part
    return Term(factor=factor, reading=readings[0] if readings else None)


def _parse_factor(tokens: list[float | str | Reading]) -> float | Reading:
    if not tokens:
        raise ValueError("it breaks off behind a sign")
    token = tokens.pop()
    if isinstance(token, str):
        raise ValueError(f"a number or a metric is missing before {token}")
    return token


def _parse_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def _parse_moment(word: str | None) -> Moment | None:
    if word is None or word in MOMENTS:
        return cast("Moment | None", word)
    if word.isdecimal() and int(word) > 0:
        return int(word)
    raise ValueError(f"@{word} is no moment; known: an epoch from 1, {', '.join(MOMENTS)}")


def _named(token: float | str | Reading) -> str:
    match token:
        case Reading(metric=metric, moment=moment):
            return metric if moment is None else f"{metric}@{moment}"
        case float():
            return f"{token:g}"
        case _:
            return token


def _shown(side: Side, value: float) -> str:
    return f"{side.text} = {value:.4g}" if any(side.readings) else side.text
