"""Verdict rules: what became of a trial that has ended. `sweeper.verdicts` carries them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from sweeper.parameters.fields import Mistake, MistakesError, Section, Title, Whole
from sweeper.verdicts import Condition, Rule, Verdict, parse_condition

__all__ = ["VerdictRule", "named_metrics"]

_Ending = Literal["completed", "pruned", "failed"]


def _spell_out(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class VerdictRule(Section):
    """Gives trials a verdict; the first rule that applies to a trial decides."""

    name: Title = Field(description="What it recognises, in a few words; names are unique.")
    verdict: Literal["success", "partial", "failed"] = Field(description="What became of it.")
    when: tuple[Annotated[str, StringConstraints(max_length=300)], ...] = Field(
        (),
        description="Conditions that must all hold, such as `val/aji > 0.5`, or "
        "`val/dice@last < val/dice@highest - 0.05`: sums of numbers, metrics and numbers times "
        "metrics. One on a metric that was never measured does not hold. Left out: always.",
    )
    at: Annotated[Whole, Field(ge=1)] | Literal["first", "last", "best", "any"] = Field(
        "last",
        description="When metrics without an @ are read: an epoch (the first value at it or "
        "later), first, last, best (the epoch of the best objective, the first of several), or any "
        "(all conditions hold at some epoch).",
    )
    ended: Annotated[
        tuple[_Ending, ...],
        BeforeValidator(_spell_out, json_schema_input_type=_Ending | list[_Ending]),
    ] = Field((), description="Only trials that ended so; left out: however they ended.")
    advice: Annotated[str, StringConstraints(max_length=1000)] = Field(
        "", description="What to do about it, in words."
    )

    def conditions(self) -> list[Condition]:
        """What stands in `when`, as objects."""
        return [parse_condition(text) for text in self.when]

    def rule(self) -> Rule:
        """The same for `sweeper.verdicts.judge`."""
        return Rule(
            name=self.name,
            verdict=Verdict(self.verdict),
            when=self.conditions(),
            at=self.at,
            ended=self.ended,
            advice=" ".join(self.advice.split()),
        )

    @model_validator(mode="after")
    def _check_conditions(self) -> Self:
        found: list[Mistake] = []
        for index, text in enumerate(self.when):
            try:
                parse_condition(text)
            except ValueError as error:
                found.append((("when", index), str(error)))
        if found:
            raise MistakesError(found)
        return self


def named_metrics(rules: Sequence[VerdictRule]) -> Iterator[tuple[str, str]]:
    """Each metric that conditions name, after the dotted path of its condition in the file."""
    for index, rule in enumerate(rules):
        for place, condition in enumerate(rule.conditions()):
            for reading in condition.readings:
                yield f"verdicts.{index}.when.{place}", reading.metric
