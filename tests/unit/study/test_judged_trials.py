"""Verdicts in the study: written before endings, and given again when they do not hold."""

from __future__ import annotations

import json

import pytest
from optuna.trial import TrialState

from sweeper.paths import Home
from sweeper.spec import read_spec
from sweeper.study.events import State, TrialEnded
from sweeper.study.judged import Judged, attribute, judged_of
from sweeper.study.judging import judge_again
from sweeper.study.ledger import Ledger
from sweeper.study.records import read_record
from sweeper.study.store import create_sweep, open_study
from sweeper.verdicts import Judgement, Verdict

RULES = [
    {"name": "high", "verdict": "success", "when": ["score > 0.5"], "advice": "Keep it."},
    {"name": "cut", "verdict": "failed", "ended": ["pruned", "failed"]},
]


class GoOn:
    def decide(self, study, trial):
        return None


class Sweep:
    def __init__(self, home: Home, toys) -> None:
        self.home, self.toys = home, toys
        create_sweep(home, self.spec(RULES), start=(), attrs={})
        self.heard = []

    def spec(self, rules):
        return read_spec(self.toys / "toy.yaml", [f"verdicts={json.dumps(rules)}"]).spec

    def ledger(self, rules=RULES) -> Ledger:
        return Ledger(
            paths=self.home.sweep("toy"),
            spec=self.spec(rules),
            study=open_study(self.home, "toy"),
            decider=GoOn(),
            max_trials=8,
            listeners=(self.heard.append,),
        )

    @property
    def verdicts(self) -> dict[int, str]:
        record = read_record(open_study(self.home, "toy"))
        return {number: found.words for number, found in record.verdicts.items()}

    @property
    def num_lines(self) -> int:
        return self.home.sweep("toy").journal.read_text().count("\n")


@pytest.fixture
def sweep(tmp_path, toys):
    return Sweep(Home.at(tmp_path / "sweeps"), toys)


def end_three(ledger: Ledger) -> None:
    """Trials: completed high, pruned low, failed at once."""
    for _ in range(3):
        ledger.next_ticket()
    for epoch in (1, 2, 3, 4):
        ledger.record(0, epoch, {"score": 0.2 * epoch})
    ledger.settle(0)
    ledger.record(1, 1, {"score": 0.1})
    ledger.end(1, State.PRUNED, "pruned at epoch 1: too slow")
    ledger.end(2, State.FAILED, "epoch 1 raised ValueError: no")


def test_an_ending_comes_with_its_verdict(sweep):
    ledger = sweep.ledger()
    end_three(ledger)
    assert sweep.verdicts == {0: "success: high", 1: "failed: cut", 2: "failed: cut"}
    (first, *_) = [event for event in sweep.heard if isinstance(event, TrialEnded)]
    assert first.judged.judgement == Judgement(
        verdict=Verdict.SUCCESS,
        rule="high",
        advice="Keep it.",
        because="score = 0.8 > 0.5 at epoch 4",
    )
    assert judge_again(ledger.study, ledger.spec) == []


def test_without_rules_nothing_is_written(sweep):
    ledger = sweep.ledger([])
    end_three(ledger)
    assert sweep.verdicts == {}
    assert not any(key.startswith("verdict") for key in ledger.study.user_attrs)
    assert judge_again(ledger.study, ledger.spec) == []


def test_a_driver_that_dies_before_the_ending_leaves_no_verdict(sweep, monkeypatch):
    ledger = sweep.ledger()
    ledger.next_ticket()
    ledger.record(0, 1, {"score": 0.9})

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger.study, "tell", die)
    with pytest.raises(KeyboardInterrupt):
        ledger.end(0, State.FAILED, "a worker was lost")
    assert sweep.verdicts == {}
    # The next driver goes on with the trial, which then comes to something else.
    second = sweep.ledger()
    assert second.next_ticket().number == 0
    second.record(0, 2, {"score": 0.3})
    second.end(0, State.PRUNED, "too slow")
    assert sweep.verdicts == {0: "failed: cut"}
    (judged,) = [trial.judged for trial in read_record(second.study).trials]
    assert judged.index == 2


def test_other_rules_give_other_verdicts_once(sweep):
    end_three(sweep.ledger())
    study = open_study(sweep.home, "toy")
    stricter = sweep.spec([{**RULES[0], "when": ["score > 0.9"]}, RULES[1]])
    assert judge_again(study, stricter) == [0]
    assert sweep.verdicts == {0: "no verdict", 1: "failed: cut", 2: "failed: cut"}
    before = sweep.num_lines
    assert judge_again(study, stricter) == []
    assert sweep.num_lines == before
    # The same verdict for another reason is another one too.
    reworded = sweep.spec([RULES[0], {**RULES[1], "advice": "See the log."}])
    assert judge_again(study, reworded) == [0, 1, 2]


def test_rules_that_are_gone_take_their_verdicts_with_them(sweep):
    end_three(sweep.ledger())
    study = open_study(sweep.home, "toy")
    assert judge_again(study, sweep.spec([])) == [0, 1, 2]
    found = read_record(study).verdicts[0]
    assert (found.verdict, found.because) == ("none", "the space has no verdicts any more")
    assert judge_again(study, sweep.spec([])) == []
    assert judge_again(study, sweep.spec(RULES)) == [0, 1, 2]
    assert sweep.verdicts[0] == "success: high"


def test_trials_that_are_not_over_are_left_alone(sweep):
    ledger = sweep.ledger()
    ledger.next_ticket()
    ledger.record(0, 1, {"score": 0.9})
    assert ledger.study.trials[0].state is TrialState.RUNNING
    assert judge_again(ledger.study, ledger.spec) == []
    assert sweep.verdicts == {}


@pytest.mark.parametrize("held", [None, {}, {"index": 1}, "text", {"verdict": "good"}])
def test_a_damaged_verdict_is_none_and_given_again(sweep, held):
    end_three(sweep.ledger())
    study = open_study(sweep.home, "toy")
    study.set_user_attr("verdict/1", held)
    assert 1 not in sweep.verdicts
    assert judge_again(study, sweep.spec(RULES)) == [1]
    assert sweep.verdicts[1] == "failed: cut"


def test_reads_back():
    judgement = Judgement(verdict=Verdict.PARTIAL, rule="a", advice="b", because="c")
    judged = Judged(index=3, judgement=judgement, at_ms=4)
    key, value = attribute(7, judged)
    attrs = {key: json.loads(json.dumps(value))}
    assert judged_of(attrs, 7) == judged
    assert judged_of(attrs, 8) is None
