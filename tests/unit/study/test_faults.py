"""Which faults are worth another try: the table, row by row."""

from __future__ import annotations

import pytest

from sweeper.study.faults import Fault, FaultKind, Remedy, Streak, choose_remedy

FAIL, RETRY, ALONE, STOP = Remedy.FAIL, Remedy.RETRY, Remedy.RETRY_ALONE, Remedy.STOP_SWEEP


@pytest.mark.parametrize(
    ("kind", "first", "last", "alone", "full"),
    [
        # the first time; with no retry left; the first time, alone; the first time, on a full disk
        ("error", FAIL, FAIL, FAIL, FAIL),
        ("transient", RETRY, FAIL, RETRY, RETRY),
        ("killed", RETRY, FAIL, RETRY, RETRY),
        ("memory", ALONE, FAIL, FAIL, ALONE),
        ("hang", RETRY, FAIL, RETRY, RETRY),
        ("diverged", FAIL, FAIL, FAIL, FAIL),
        ("disk", RETRY, STOP, RETRY, STOP),
    ],
)
def test_remedies(kind, first, last, alone, full):
    fault = Fault(kind=FaultKind(kind), reason="because")

    def remedy(*, retried=0, was_alone=False, disk_is_full=False):
        return choose_remedy(
            fault, retried=retried, retries=2, was_alone=was_alone, disk_is_full=disk_is_full
        )

    assert remedy() == first
    assert remedy(retried=1) == first
    assert remedy(retried=2) == last
    assert remedy(was_alone=True) == alone
    assert remedy(disk_is_full=True) == full


def test_every_kind_is_in_the_docstring():
    from sweeper.study import faults

    assert all(f"| `{kind}` |" in faults.__doc__ for kind in FaultKind)


def streak(*reasons, limit=3):
    found = Streak(limit)
    for reason in reasons:
        if reason:
            found.fail(Fault(kind=FaultKind.ERROR, reason=reason))
        else:
            found.succeed()
    return found.verdict


@pytest.mark.parametrize(
    ("reasons", "is_over"),
    [
        (["a", "a"], False),
        (["a", "a", "a"], True),
        (["a", "a", "b"], False),
        (["b", "a", "a", "a"], True),
        (["a", "a", "", "a"], False),
        (
            ["epoch 2 raised X: at 0.1", "epoch 3 raised X: at 1e-5", "epoch 9 raised X: at 7"],
            True,
        ),
        (["diverged at epoch 1: loss is nan"] * 3, True),
    ],
)
def test_a_streak_ends_the_sweep(reasons, is_over):
    assert bool(streak(*reasons)) == is_over


def test_a_streak_says_what_it_saw():
    assert streak("no data", "no data", "no data") == (
        "3 trials in a row failed for the same reason: no data"
    )
    assert streak(*["no data"] * 9, limit=None) == ""
