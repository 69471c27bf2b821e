"""Amendments stand beside what trials chose, and each stays as it was written."""

from __future__ import annotations

import optuna
import pytest

from sweeper.study.amendments import add_amendment, amendments_of, damaged_amendments

FACTS = {
    "epoch": 4,
    "settings": {"decode.cut": 0.4},
    "scores": {"default": {"aji": 0.1}, "honest": {"aji": 0.2}, "optimistic": {"aji": 0.3}},
    "choose_by": "aji",
    "criterion": "mean AJI",
    "goal": "maximize",
    "num_images": 3,
    "fingerprint": "abc",
    "overrides": ("decode.search=nested",),
    "folder": "trials/1/decode/1",
}


@pytest.fixture
def study():
    return optuna.create_study()


def test_they_are_numbered_by_trial_and_read_back(study):
    first = add_amendment(study, 1, **FACTS)
    other = add_amendment(study, 12, **FACTS)
    second = add_amendment(study, 1, **{**FACTS, "settings": {"decode.cut": 0.6}})
    assert (first.index, second.index, other.index) == (1, 2, 1)
    assert amendments_of(study.user_attrs, 1) == (first, second)
    assert amendments_of(study.user_attrs, 12) == (other,)
    assert amendments_of(study.user_attrs, 2) == ()
    assert first.settings == FACTS["settings"]
    assert damaged_amendments(study.user_attrs, 13) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("amendment/1/2", None),
        ("amendment/1/2", {"epoch": 4}),
        ("amendment/1", {}),
        ("amendment/one/2", {**FACTS, "at_ms": 0}),
        ("amendment/1/2", {**FACTS, "at_ms": 0, "unknown": 1}),
    ],
)
def test_a_damaged_one_is_told_and_hides_no_other(study, key, value):
    whole = add_amendment(study, 1, **FACTS)
    study.set_user_attr(key, value)
    assert amendments_of(study.user_attrs, 1) == (whole,)
    assert damaged_amendments(study.user_attrs, 2) == [key]
    # A number is never used again.
    if key == "amendment/1/2":
        assert add_amendment(study, 1, **FACTS).index == 3


def test_one_of_no_trial_is_told(study):
    add_amendment(study, 7, **FACTS)
    assert damaged_amendments(study.user_attrs, 7) == ["amendment/7/1"]
