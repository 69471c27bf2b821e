"""Verdicts: what became of a trial, from its curves, by rules in words; needs no sweep.

Example:
    >>> rule = Rule(
    ...     name="separated",
    ...     verdict=Verdict.SUCCESS,
    ...     when=[parse_condition("val/aji > 0.6")],
    ...     at="best",
    ... )
    >>> curves = {3: {"val/aji": 0.62}, 6: {"val/aji": 0.55}}
    >>> facts = Facts(epochs=curves, metric="val/aji", goal="maximize", ending="completed")
    >>> judge([rule], facts).because
    'val/aji = 0.62 > 0.6 at epoch 3'
"""

from __future__ import annotations

from sweeper.verdicts.conditions import Condition, parse_condition
from sweeper.verdicts.facts import Facts, Measured, Moment
from sweeper.verdicts.judging import Ending, Judgement, Rule, Verdict, judge
from sweeper.verdicts.tally import RuleCount, Tally, count_verdicts

__all__ = [
    "Condition",
    "Ending",
    "Facts",
    "Judgement",
    "Measured",
    "Moment",
    "Rule",
    "RuleCount",
    "Tally",
    "Verdict",
    "count_verdicts",
    "judge",
    "parse_condition",
]
