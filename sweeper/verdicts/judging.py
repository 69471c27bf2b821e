"""From rules and facts to a judgement: the first rule whose conditions all hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Literal

from sweeper.verdicts.conditions import Condition, Reading
from sweeper.verdicts.facts import Facts, Measured, Moment

__all__ = ["Ending", "Judgement", "Rule", "Verdict", "judge"]

Ending = Literal["completed", "pruned", "failed"]
_Read = Callable[[Reading], Measured | None]

_ENDED: Mapping[str, str] = {
    "completed": "the trial was completed",
    "pruned": "the trial was pruned",
    "failed": "the trial failed",
}


class Verdict(StrEnum):
    """What became of a trial, whether it ran to its end or not."""

    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When to give a verdict.

    Attributes:
        name: What it recognises, unique among the rules.
        verdict: Not NONE.
        when: Conditions that must all hold; none: it always applies.
        at: When metrics without a moment of their own are read; `any`: at some epoch, the same for
            all of them, each with its newest value up to then.
        ended: Only trials that ended so; none: however they ended.
        advice: What to do about it, in words; may be empty.
    """

    name: str
    verdict: Verdict
    when: Sequence[Condition]
    at: Moment | Literal["any"] = "last"
    ended: Sequence[str] = ()
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict on a trial.

    Attributes:
        verdict: NONE if no rule applies.
        rule: Name of the rule that applied; empty if none did.
        advice: Of the rule.
        because: Its conditions with the values that were measured, and the epochs of these; or why
            there is no verdict.
    """

    verdict: Verdict
    rule: str = ""
    advice: str = ""
    because: str = ""

    @property
    def words(self) -> str:
        """`failed: nothing learnt`, or `no verdict`."""
        return f"{self.verdict}: {self.rule}" if self.rule else "no verdict"


def judge(rules: Sequence[Rule], facts: Facts) -> Judgement:
    """Judges a trial that has ended.

    Args:
        rules: The first that applies decides.
        facts: About the trial.
    """
    for rule in rules:
        because = _explain(rule, facts)
        if because is not None:
            return Judgement(
                verdict=rule.verdict, rule=rule.name, advice=rule.advice, because=because
            )
    return Judgement(verdict=Verdict.NONE, because=_why_none(rules, facts))


def _explain(rule: Rule, facts: Facts) -> str | None:
    """Why a rule applies; None: it does not."""
    if rule.ended and facts.ending not in rule.ended:
        return None
    if not rule.when:
        return _ENDED[facts.ending]
    for read in _readers(rule, facts):
        used: list[int] = []
        explained = [condition.check(_noting(read, used)) for condition in rule.when]
        if None not in explained:
            return f"{'; '.join(filter(None, explained))} {_epochs(used)}"
    return None


def _readers(rule: Rule, facts: Facts) -> Iterator[_Read]:
    """Ways to read metrics, of which one must make all conditions hold."""
    if rule.at == "any":
        yield from (partial(_read_until, facts, epoch) for epoch in sorted(facts.epochs))
    else:
        yield partial(_read_at, facts, rule.at)


def _read_at(facts: Facts, moment: Moment, reading: Reading) -> Measured | None:
    return facts.read(reading.metric, reading.moment or moment)


def _read_until(facts: Facts, epoch: int, reading: Reading) -> Measured | None:
    if reading.moment is None:
        return facts.read_until(reading.metric, epoch)
    return facts.read(reading.metric, reading.moment)


def _noting(read: _Read, used: list[int]) -> _Read:
    """The same, and takes note of the epochs that were read."""

    def noted(reading: Reading) -> Measured | None:
        measured = read(reading)
        if measured is not None:
            used.append(measured.epoch)
        return measured

    return noted


def _epochs(used: Sequence[int]) -> str:
    *first, last = (str(epoch) for epoch in sorted(set(used)))
    return f"at epochs {', '.join(first)} and {last}" if first else f"at epoch {last}"


def _why_none(rules: Sequence[Rule], facts: Facts) -> str:
    if not facts.epochs:
        return "the trial ended before its first epoch"
    named = {
        reading.metric
        for rule in rules
        for condition in rule.when
        for reading in condition.readings
    }
    missing = sorted(name for name in named if facts.read(name, "last") is None)
    more = f"; never measured: {', '.join(missing)}" if missing else ""
    return f"no rule applies{more}"
