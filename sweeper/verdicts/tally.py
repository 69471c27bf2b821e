"""How often each rule explained the trials of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sweeper.verdicts.judging import Judgement, Verdict

__all__ = ["RuleCount", "Tally", "count_verdicts"]

_ORDER = (Verdict.SUCCESS, Verdict.PARTIAL, Verdict.FAILED, Verdict.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """A rule and the trials that it explains.

    Attributes:
        rule: Its name; empty: the trials to which no rule applies.
        verdict: Its verdict.
        advice: In words; may be empty.
        trials: Their numbers, ascending; at least one.
    """

    rule: str
    verdict: Verdict
    advice: str
    trials: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The verdicts of a sweep.

    Attributes:
        rules: Those that explain trials: success first, then partial, failed and none; among equals
            those with most trials first.
    """

    rules: Sequence[RuleCount]

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """Trials by verdict, in that order; verdicts without trials are left out."""
        totals = {
            verdict: sum(len(found.trials) for found in self.rules if found.verdict is verdict)
            for verdict in _ORDER
        }
        return {verdict: count for verdict, count in totals.items() if count}

    @property
    def main_failure(self) -> RuleCount | None:
        """The rule that explains most of the failed trials; None: none failed by a rule."""
        failing = [found for found in self.rules if found.verdict is Verdict.FAILED]
        return max(failing, key=lambda found: len(found.trials), default=None)


def count_verdicts(judgements: Mapping[int, Judgement]) -> Tally:
    """Counts judgements.

    Args:
        judgements: By number of the trial; those that were not judged are not there.
    """
    trials: dict[tuple[str, Verdict, str], list[int]] = {}
    for number, judgement in sorted(judgements.items()):
        trials.setdefault((judgement.rule, judgement.verdict, judgement.advice), []).append(number)
    found = [
        RuleCount(rule=rule, verdict=verdict, advice=advice, trials=tuple(numbers))
        for (rule, verdict, advice), numbers in trials.items()
    ]
    found.sort(key=lambda one: (_ORDER.index(one.verdict), -len(one.trials), one.trials))
    return Tally(rules=tuple(found))
