"""Curve in, verdict out."""

from __future__ import annotations

import pytest

from sweeper.verdicts import Facts, Judgement, Rule, Verdict, judge, parse_condition

#: aji is measured every other epoch and best at 4; loss at all but the fifth.
CURVES = {
    1: {"loss": 1.0},
    2: {"loss": 0.8, "aji": 0.2, "dice": 0.80},
    3: {"loss": 0.6},
    4: {"loss": 0.4, "aji": 0.5, "dice": 0.90},
    5: {"dice": 0.85},
    6: {"loss": 0.2, "aji": 0.3, "dice": 0.70},
}


def facts(curves=None, *, goal="maximize", ending="completed") -> Facts:
    return Facts(
        epochs=CURVES if curves is None else curves, metric="aji", goal=goal, ending=ending
    )


def rule(*when: str, at="last", name="r", verdict=Verdict.FAILED, ended=()) -> Rule:
    return Rule(
        name=name,
        verdict=verdict,
        when=[parse_condition(text) for text in when],
        at=at,
        ended=ended,
        advice=f"about {name}",
    )


@pytest.mark.parametrize(
    ("at", "when", "because"),
    [
        ("last", ["aji > 0.29"], "aji = 0.3 > 0.29 at epoch 6"),
        ("last", ["aji > 0.3"], None),
        (
            "first",
            ["aji < 0.25", "loss > 0.9"],
            "aji = 0.2 < 0.25; loss = 1 > 0.9 at epochs 1 and 2",
        ),
        ("best", ["aji >= 0.5", "loss < 0.5"], "aji = 0.5 >= 0.5; loss = 0.4 < 0.5 at epoch 4"),
        ("best", ["loss < 0.4"], None),
        # An epoch is read as a gate reads it: the first value at it or later.
        (3, ["aji > 0.4", "loss > 0.5"], "aji = 0.5 > 0.4; loss = 0.6 > 0.5 at epochs 3 and 4"),
        (5, ["loss < 0.3"], "loss = 0.2 < 0.3 at epoch 6"),
        (7, ["loss < 9"], None),
        # All conditions at the same epoch, each with what was known by then.
        (
            "any",
            ["aji > 0.4", "dice < 0.86"],
            "aji = 0.5 > 0.4; dice = 0.85 < 0.86 at epochs 4 and 5",
        ),
        ("any", ["aji > 0.4", "loss > 0.5"], None),
        (
            "any",
            ["loss > 0.9", "aji@last > 0.2"],
            "loss = 1 > 0.9; aji@last = 0.3 > 0.2 at epochs 1 and 6",
        ),
        # A metric with a moment of its own.
        (
            "last",
            ["dice < dice@highest - 0.1"],
            "dice = 0.7 < dice@highest - 0.1 = 0.8 at epochs 4 and 6",
        ),
        (
            "last",
            ["loss@lowest < 0.3", "loss@1 > 0.9"],
            "loss@lowest = 0.2 < 0.3; loss@1 = 1 > 0.9 at epochs 1 and 6",
        ),
        ("last", ["loss@lowest > 0.3"], None),
        ("last", ["aji@first < aji@best"], "aji@first = 0.2 < aji@best = 0.5 at epochs 2 and 4"),
    ],
)
def test_when(at, when, because):
    found = judge([rule(*when, at=at)], facts())
    if because is None:
        assert found == Judgement(verdict=Verdict.NONE, because="no rule applies")
    else:
        expected = {"verdict": Verdict.FAILED, "rule": "r", "advice": "about r"}
        assert found == Judgement(**expected, because=because)


def test_the_first_rule_that_applies_decides():
    rules = [
        rule("aji > 0.6", name="a", verdict=Verdict.SUCCESS),
        rule("aji > 0.25", name="b", verdict=Verdict.PARTIAL),
        rule("aji > 0.2", name="c"),
    ]
    assert judge(rules, facts()).words == "partial: b"
    assert judge(rules[::-1], facts()).words == "failed: c"


@pytest.mark.parametrize(("goal", "epoch"), [("maximize", 4), ("minimize", 2)])
def test_the_best_epoch_follows_the_goal(goal, epoch):
    assert facts(goal=goal).best_epoch == epoch


def test_of_equally_good_epochs_the_newer_is_the_best():
    assert facts({1: {"aji": 0.5}, 2: {"aji": 0.5}, 3: {"aji": 0.1}}).best_epoch == 2


@pytest.mark.parametrize(
    ("ended", "ending", "applies"),
    [
        ((), "failed", True),
        (("pruned",), "pruned", True),
        (("pruned", "failed"), "failed", True),
        (("completed",), "pruned", False),
    ],
)
def test_only_some_endings(ended, ending, applies):
    found = judge([rule("loss < 1", ended=ended)], facts(ending=ending))
    assert (found.rule == "r") == applies


@pytest.mark.parametrize(
    ("ending", "because"),
    [
        ("completed", "the trial was completed"),
        ("pruned", "the trial was pruned"),
        ("failed", "the trial failed"),
    ],
)
@pytest.mark.parametrize("at", ["last", "any"])
def test_a_rule_without_conditions_always_applies(ending, because, at):
    assert judge([rule(at=at)], facts({}, ending=ending)).because == because


def test_a_trial_that_broke_at_once_has_no_verdict():
    found = judge([rule("aji < 1"), rule("loss < 1", at="any")], facts({}, ending="failed"))
    assert found == Judgement(
        verdict=Verdict.NONE, because="the trial ended before its first epoch"
    )
    assert found.words == "no verdict"


def test_metrics_that_were_never_measured_are_named():
    found = judge([rule("auc > 0.1"), rule("f1 < aji@9")], facts())
    assert found.because == "no rule applies; never measured: auc, f1"


def test_a_trial_without_its_objective_has_no_best_epoch():
    assert judge([rule("loss < 9", at="best")], facts({1: {"loss": 1.0}})).words == "no verdict"
