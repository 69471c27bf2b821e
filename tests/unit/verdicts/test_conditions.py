"""Conditions as texts: what they mean, and what is said about those that mean nothing."""

from __future__ import annotations

import re

import pytest

from sweeper.verdicts import Measured, parse_condition

VALUES = {"a": 2.0, "b": 0.5, "val/hv-mse.x_1": 4.0, "2d/aji": 1.0}

UNREADABLE = (
    "can't be read; a side is a sum of numbers, metrics and numbers times metrics, such as "
    "0.5 * val/dice + 0.1"
)


def check(text: str) -> str | None:
    def read(reading):
        value = VALUES.get(reading.metric)
        return None if value is None else Measured(epoch=1, value=value)

    return parse_condition(text).check(read)


@pytest.mark.parametrize(
    ("text", "explained"),
    [
        ("a > 1", "a = 2 > 1"),
        ("a > 2", None),
        ("a >= 2", "a = 2 >= 2"),
        ("a <= 2.0", "a = 2 <= 2.0"),
        ("a < 2", None),
        ("a<3", "a = 2 < 3"),
        ("1 < a", "1 < a = 2"),
        ("b < a * 0.5", "b = 0.5 < a * 0.5 = 1"),
        ("b < 0.2*a", None),
        ("b<.3*a", "b = 0.5 < .3*a = 0.6"),
        ("a - b > 1.4", "a - b = 1.5 > 1.4"),
        ("a  -b>1.6", None),
        ("a + b + 1 > 3.4", "a + b + 1 = 3.5 > 3.4"),
        ("-a < -1.5", "-a = -2 < -1.5"),
        ("2 * 3 * b > 2.9", "2 * 3 * b = 3 > 2.9"),
        ("1e-3 + 2 * a > 4.0005", "1e-3 + 2 * a = 4.001 > 4.0005"),
        ("val/hv-mse.x_1 > 3.5", "val/hv-mse.x_1 = 4 > 3.5"),
        ("2d/aji >= 1", "2d/aji = 1 >= 1"),
        # What was never measured makes nothing true, whichever way it is asked for.
        ("c > 0", None),
        ("c <= 0", None),
        ("a > 0 * c", None),
    ],
)
def test_meaning(text, explained):
    assert check(text) == explained


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' compares nothing; write for example val/aji > 0.5"),
        ("val/aji 0.5", "'val/aji 0.5' compares nothing; write for example val/aji > 0.5"),
        (
            "0 < a < 1",
            "'0 < a < 1' compares more than two sides; write one condition for each pair",
        ),
        ("a == 1", "'a == 1': == can't be used; known: <, <=, >, >="),
        ("a ≥ 1", "'a ≥ 1': ≥ can't be used; known: <, <=, >, >="),
        ("a >", "'a >': a side is missing"),
        ("1 < 2", "'1 < 2' has no metric"),
        ("a b > 1", "'a b > 1': a sign (+, - or *) is missing before b"),
        ("2 a > 1", "'2 a > 1': a sign (+, - or *) is missing before a"),
        ("a + > 1", "'a + > 1': it breaks off behind a sign"),
        ("a * * b > 1", "'a * * b > 1': a number or a metric is missing before *"),
        ("a * b > 1", "'a * b > 1': a times b: one must be a number"),
        (
            "a@soon > 1",
            "'a@soon > 1': @soon is no moment; known: an epoch from 1, first, last, best, highest, "
            "lowest",
        ),
        (
            "a@0 > 1",
            "'a@0 > 1': @0 is no moment; known: an epoch from 1, first, last, best, highest, "
            "lowest",
        ),
        ("a - -1 > 2", "'a - -1 > 2': a number or a metric is missing before -"),
        ("a > nan", "'a > nan': nan is not a finite number"),
        ("a > 1e999", "'a > 1e999': 1e999 is too large"),
        ("a > ５", f"'a > ５': '５' {UNREADABLE}"),  # noqa: RUF001 - a digit, but no ASCII
        ("a / 2 > 1", f"'a / 2 > 1': '/ 2' {UNREADABLE}"),
        ("__import__('os') > 1", f"'__import__('os') > 1': '__import__('os')' {UNREADABLE}"),
        ("a > 50%", f"'a > 50%': '%' {UNREADABLE}"),
        ("(a) > 1", f"'(a) > 1': '(a)' {UNREADABLE}"),
    ],
)
def test_mistake(text, reason):
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        parse_condition(text)


def test_moments_stand_behind_metrics():
    condition = parse_condition("val/dice@last < 0.9 * val/dice@highest - x@12 + y")
    found = [(reading.metric, reading.moment) for reading in condition.readings]
    assert found == [("val/dice", "last"), ("val/dice", "highest"), ("x", 12), ("y", None)]
    assert str(condition) == "val/dice@last < 0.9 * val/dice@highest - x@12 + y"
