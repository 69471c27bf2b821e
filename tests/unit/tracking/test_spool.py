"""A trial's spool: whole lines, marks, and the study's truth exactly once."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweeper.paths import SweepPaths
from sweeper.study.amendments import Amendment
from sweeper.study.curves import Epoch
from sweeper.study.events import State
from sweeper.study.judged import Judged as JudgedTrial
from sweeper.study.records import Retry, TrialRecord
from sweeper.tracking.lines import (
    Amended,
    Ended,
    Interrupted,
    Judged,
    Measured,
    Resumed,
    Retried,
    Started,
    dump_line,
    load_line,
)
from sweeper.tracking.refilling import is_whole, refill, tell_amendment
from sweeper.tracking.spool import Mark, Spool, unsent
from sweeper.verdicts import Judgement, Verdict

PARAMS = {"optim.lr": 0.1, "augment.preset": "all", "n": 3, "flag": True, "none": None}


def epoch(number: int) -> Epoch:
    return Epoch(epoch=number, metrics={"score": number / 7}, at_ms=1000 + number)


def amendment(index: int) -> Amendment:
    return Amendment(
        trial=0,
        index=index,
        at_ms=6000 + index,
        epoch=1,
        settings={"decode.cut": index / 10},
        scores={},
        choose_by="aji",
        criterion="mean AJI",
        goal="maximize",
        num_images=1,
        fingerprint="",
        overrides=(),
        folder="",
    )


def amended(index: int) -> Amended:
    return Amended(index=index, settings={"decode.cut": index / 10}, at_ms=6000 + index)


def verdict(index: int) -> Judgement:
    return Judgement(
        verdict=Verdict.FAILED, rule=f"rule {index}", advice='do "this"', because="a = 1 > 0"
    )


def judged(index: int) -> Judged:
    return Judged(index=index, judgement=verdict(index), at_ms=7000 + index)


def trial(
    epochs: int = 0,
    state: State = State.RUNNING,
    retries: int = 0,
    amendments: int = 0,
    verdicts: int = 0,
) -> TrialRecord:
    over = state is not State.RUNNING
    return TrialRecord(
        number=0,
        state=state,
        params=PARAMS,
        epochs=[epoch(number + 1) for number in range(epochs)],
        reason="because" if over else "",
        values=(),
        ended_ms=5000 if over else None,
        started_ms=900,
        retries=[Retry(attempt=n + 1, epoch=0, reason="broke", at_ms=950) for n in range(retries)],
        amendments=[amendment(n + 1) for n in range(amendments)],
        judged=JudgedTrial(index=verdicts, judgement=verdict(verdicts), at_ms=7000 + verdicts)
        if verdicts
        else None,
    )


STARTED = Started(params=PARAMS, at_ms=900)
ENDED_PRUNED = Ended(state=State.PRUNED, reason="because", at_ms=5000)
ENDED = Ended(state=State.COMPLETED, reason="because", at_ms=5000)
EVERY_KIND = [
    STARTED,
    Measured(epoch=Epoch(epoch=1, metrics={}, at_ms=1, chosen={"decode.cut": [0.5, None]})),
    Interrupted(epoch=1, at_ms=2000),
    Resumed(epoch=1, at_ms=3000),
    Retried(attempt=1, epoch=1, reason='it "broke"\nbadly', at_ms=3500),
    ENDED,
    Amended(index=1, settings={"decode.cut": 0.5, "decode.on": True}, at_ms=6000),
    judged(2),
]


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "trials" / "0" / "spool")


@pytest.mark.parametrize("line", EVERY_KIND, ids=lambda line: type(line).__name__)
def test_every_line_comes_back_as_it_was(line):
    assert load_line(dump_line(line)) == line
    assert "\n" not in dump_line(line)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"kind": "epoch"}',
        '{"kind": "other", "at_ms": 1}',
        '{"kind": "judged", "index": 1, "verdict": "good", "rule": "", "advice": "", '
        '"because": "", "at_ms": 1}',
        "\0\0",
    ],
)
def test_other_text_is_not_a_line(text):
    with pytest.raises(ValueError, match="not a line"):
        load_line(text)


def test_lines_are_appended_and_read_from_any_of_them(spool):
    spool.append(EVERY_KIND[:2])
    spool.append(EVERY_KIND[2:])
    assert spool.lines() == EVERY_KIND
    read = list(spool.read_from(0))
    assert [line for line, _ in read] == EVERY_KIND
    assert [line for line, _ in spool.read_from(read[2][1])] == EVERY_KIND[3:]
    assert spool.ending() == EVERY_KIND[5:]


def test_a_line_that_is_being_written_is_not_read(spool):
    spool.append(EVERY_KIND[:2])
    with spool.outbox.open("a", encoding="utf-8") as file:
        file.write(dump_line(EVERY_KIND[2]))
    assert [line for line, _ in spool.read_from(0)] == EVERY_KIND[:2]
    assert spool.ending() == []


def test_a_full_disk_leaves_the_lines_before_whole(spool, monkeypatch):
    spool.append(EVERY_KIND[:1])
    before, write, calls = spool.bytes(), os.write, []

    def fill(file: int, data: bytes) -> int:
        if calls:
            raise OSError(errno.ENOSPC, "No space left on device")
        calls.append(data)
        return write(file, data[: len(data) // 2])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", fill)
        with pytest.raises(OSError, match="No space"):
            spool.append(EVERY_KIND[1:])
    assert spool.bytes() == before


def test_marks_are_bound_to_a_store(spool, tmp_path):
    paths = SweepPaths(tmp_path)
    spool.append(EVERY_KIND)
    assert unsent(paths) == {0: 8}
    spool.write_mark(Mark(store="http://a", run_id="r", sent=4))
    assert spool.read_mark() == Mark(store="http://a", run_id="r", sent=4)
    assert unsent(paths) == unsent(paths, "http://a") == {0: 4}
    assert unsent(paths, "http://b") == {0: 8}
    spool.write_mark(Mark(store="http://a", run_id="r", sent=8))
    assert unsent(paths, "http://a") == {}


@pytest.mark.parametrize("text", ["", '{"store": "http://a", "run', "[]", '{"sent": 3}', "\0\0"])
def test_a_torn_mark_is_none(spool, text):
    spool.append(EVERY_KIND)
    spool.sent.write_text(text, encoding="utf-8")
    assert spool.read_mark() is None
    assert spool.num_unsent("http://a") == 8


def test_refill_writes_the_whole_study_into_an_empty_spool(spool):
    refill(spool, trial(2, State.COMPLETED, retries=1))
    assert spool.lines() == [
        STARTED,
        Retried(attempt=1, epoch=0, reason="broke", at_ms=950),
        Measured(epoch=epoch(1)),
        Measured(epoch=epoch(2)),
        ENDED,
    ]


def test_queued_trials_have_no_spool(spool):
    refill(spool, trial(0, State.QUEUED))
    assert not spool.outbox.exists()


def test_refill_says_once_that_a_trial_waits(spool):
    for _ in range(2):
        refill(spool, trial(2), waits=True)
    kinds = [type(line) for line in spool.lines()]
    assert kinds == [Started, Measured, Measured, Interrupted]
    spool.append([Resumed(epoch=2, at_ms=4000)])
    refill(spool, trial(2), waits=True)
    assert [type(line) for line in spool.lines()][3:] == [Interrupted, Resumed, Interrupted]


def test_parameters_that_became_known_later_are_added(spool):
    spool.append([Started(params={"n": 3}, at_ms=900)])
    assert not spool.has_begun_with(PARAMS)
    refill(spool, trial(0))
    assert spool.lines() == [Started(params={"n": 3}, at_ms=900), STARTED]
    assert spool.has_begun_with(PARAMS)


@pytest.mark.parametrize(
    "wrong",
    [
        [Started(params={**PARAMS, "n": 4}, at_ms=900)],
        [STARTED, Measured(epoch=Epoch(epoch=1, metrics={"score": 9.0}, at_ms=1001))],
        [
            STARTED,
            *[Measured(epoch=epoch(number)) for number in (1, 2, 3)],
        ],  # 3 is not in the study
        [STARTED, Measured(epoch=epoch(1)), Measured(epoch=epoch(1))],
        [STARTED, Measured(epoch=epoch(2))],  # 1 would come after it
        [STARTED, Measured(epoch=epoch(1)), ENDED],  # so would 2
        [Measured(epoch=epoch(1))],
        [STARTED, Measured(epoch=replace(epoch(1), chosen={"decode.cut": 1}))],
        [STARTED, *[Measured(epoch=epoch(n)) for n in (1, 2)], ENDED, amended(1)],
        [STARTED, *[Measured(epoch=epoch(n)) for n in (1, 2)], ENDED, judged(1)],
    ],
)
def test_lines_that_contradict_the_study_are_written_anew(spool, wrong):
    spool.append(wrong)
    spool.write_mark(Mark(store="http://a", run_id="r", sent=len(wrong)))
    refill(spool, trial(2, State.COMPLETED))
    assert spool.lines() == [STARTED, *[Measured(epoch=epoch(n)) for n in (1, 2)], ENDED]
    assert spool.read_mark() is None


def test_amendments_are_appended_to_what_was_sent(spool):
    refill(spool, trial(1, State.FAILED))
    ended = spool.lines()
    spool.write_mark(Mark(store="http://a", run_id="r", sent=3))
    now = trial(1, State.FAILED, amendments=2)
    assert not is_whole(spool, now)
    tell_amendment(spool, now.amendments[0])
    refill(spool, now)
    assert spool.lines() == [*ended, amended(1), amended(2)]
    assert spool.read_mark().sent == 3
    assert is_whole(spool, now)


def test_a_new_verdict_is_appended_to_what_was_sent(spool):
    refill(spool, trial(1, State.PRUNED, verdicts=1))
    before = spool.lines()
    assert before[-1] == judged(1)
    spool.write_mark(Mark(store="http://a", run_id="r", sent=4))
    now = trial(1, State.PRUNED, verdicts=2)
    assert not is_whole(spool, now)
    refill(spool, now)
    assert spool.lines() == [*before, judged(2)]
    assert spool.read_mark().sent == 3 + 1
    assert is_whole(spool, now)
    later = trial(1, State.PRUNED, verdicts=2, amendments=1)
    refill(spool, later)
    assert spool.lines() == [*before, judged(2), amended(1)]
    assert is_whole(spool, later)


def test_verdicts_and_amendments_come_in_any_order(spool):
    refill(spool, trial(1, State.PRUNED, amendments=1))
    now = trial(1, State.PRUNED, amendments=1, verdicts=1)
    refill(spool, now)
    assert spool.lines()[-3:] == [ENDED_PRUNED, amended(1), judged(1)]
    assert is_whole(spool, now)


@pytest.mark.parametrize("other", [judged(3), replace(judged(2), at_ms=1)])
def test_a_verdict_that_the_study_does_not_hold_is_dropped(spool, other):
    refill(spool, trial(1, State.PRUNED))
    spool.append([judged(1), other])
    refill(spool, trial(1, State.PRUNED, verdicts=2))
    assert [line for line in spool.lines() if isinstance(line, Judged)] == [judged(2)]


def test_an_amendment_waits_for_its_ending(spool):
    refill(spool, trial(1))
    tell_amendment(spool, amendment(1))
    refill(spool, trial(1, State.COMPLETED, amendments=1))
    assert spool.lines() == [STARTED, Measured(epoch=epoch(1)), ENDED, amended(1)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.integers(0, 8),
    torn=st.integers(0, 400),
    garbage=st.binary(max_size=40),
    marked=st.integers(0, 9),
    over=st.booleans(),
)
def test_whatever_a_crash_leaves_is_made_whole(
    tmp_path_factory, written, torn, garbage, marked, over
):
    spool = Spool(tmp_path_factory.mktemp("spool"))
    after = {"amendments": 2, "verdicts": 1} if over else {}
    now = trial(4, State.COMPLETED if over else State.RUNNING, **after)
    ending = [ENDED, judged(1), amended(1), amended(2)] if over else []
    whole = [STARTED, *[Measured(epoch=epoch(n)) for n in (1, 2, 3, 4)], *ending]
    spool.append(whole[:written])
    data = spool.bytes()
    spool.outbox.write_bytes(data[: max(0, len(data) - torn)] + garbage)
    spool.write_mark(Mark(store="http://a", run_id="r", sent=min(marked, written)))
    left = len(spool.lines())
    refill(spool, now)
    assert spool.lines() == whole
    assert spool.bytes().count(b"\n") == len(whole)
    mark = spool.read_mark()
    assert mark is None or mark.sent <= left
    assert is_whole(spool, now) == over
    before = spool.bytes()
    refill(spool, now)
    assert spool.bytes() == before
