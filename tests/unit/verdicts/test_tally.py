"""Which rule explains how many trials."""

from __future__ import annotations

from sweeper.verdicts import Judgement, Verdict, count_verdicts


def judgement(verdict: str, rule: str) -> Judgement:
    return Judgement(verdict=Verdict(verdict), rule=rule, advice=f"about {rule}", because="x")


def test_counts_and_the_rule_behind_most_failures():
    tally = count_verdicts(
        {
            7: judgement("failed", "flat"),
            0: judgement("failed", "blind"),
            3: judgement("failed", "flat"),
            4: judgement("partial", "decoding"),
            5: judgement("none", ""),
            6: judgement("success", "fine"),
        }
    )
    assert [(found.rule, found.trials) for found in tally.rules] == [
        ("fine", (6,)),
        ("decoding", (4,)),
        ("flat", (3, 7)),
        ("blind", (0,)),
        ("", (5,)),
    ]
    assert dict(tally.counts) == {"success": 1, "partial": 1, "failed": 3, "none": 1}
    assert tally.main_failure.rule == "flat"
    assert tally.main_failure.advice == "about flat"


def test_of_equals_the_rule_with_the_first_trial():
    tally = count_verdicts({1: judgement("failed", "b"), 0: judgement("failed", "a")})
    assert tally.main_failure.rule == "a"


def test_nothing_judged_and_nothing_failed():
    assert count_verdicts({}).counts == {}
    assert count_verdicts({0: judgement("success", "fine")}).main_failure is None
