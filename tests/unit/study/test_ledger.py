"""The ledger: what is written, when, and what listeners hear. Real journal, no Ray."""

from __future__ import annotations

import json

import pytest

from sweeper.errors import SweepExistsError, SweepNotFoundError, UserError
from sweeper.paths import Home
from sweeper.pruning import build_pruner
from sweeper.space import enqueue_values
from sweeper.spec import read_spec
from sweeper.study.budget import extend_budget, read_budget, spend
from sweeper.study.checkpoints import write_checkpoint
from sweeper.study.events import EpochRecorded, State, TrialEnded, TrialStarted
from sweeper.study.ledger import Ledger
from sweeper.study.records import read_record
from sweeper.study.store import create_sweep, drop_torn_line, open_spec, open_study

GOOD = {"score": 0.5, "magnitude": 0.5}
WEAK = {"score": 0.5, "magnitude": 0.001}


@pytest.fixture
def home(tmp_path):
    return Home.at(tmp_path / "sweeps")


@pytest.fixture
def spec(toys):
    return read_spec(toys / "toy.yaml").spec


@pytest.fixture
def new_ledger(home, spec):
    """A ledger as a new driver would open it; the first call creates the sweep."""

    def build(**overrides) -> Ledger:
        if not home.sweep("toy").root.exists():
            create_sweep(home, spec, start=enqueue_values(spec), attrs={})
        return Ledger(
            paths=home.sweep("toy"),
            spec=spec,
            study=open_study(home, "toy"),
            decider=build_pruner(spec.pruning, spec.budget.epochs),
            max_trials=overrides.pop("max_trials", 8),
            **overrides,
        )

    return build


def test_a_trial_from_proposal_to_end(new_ledger):
    heard = []
    ledger = new_ledger(listeners=(heard.append,))
    ticket = ledger.next_ticket()
    for epoch in (1, 2, 3, 4):
        assert ledger.record(ticket.number, epoch, GOOD)
        over = ledger.settle(ticket.number)
        assert over == (epoch == 4)
    assert [type(event) for event in heard] == [
        TrialStarted,
        *([EpochRecorded] * 4),
        TrialEnded,
    ]
    (trial,) = read_record(ledger.study).trials
    assert trial.state is State.COMPLETED
    assert trial.values == (0.5,)
    assert trial.reason == "completed all 4 epochs"
    assert [epoch.metrics for epoch in trial.epochs] == [GOOD] * 4


def test_pruned_with_curve_and_reason_and_its_checkpoints_are_dropped(new_ledger, home):
    ledger = new_ledger()
    ticket = ledger.next_ticket()
    folder = home.sweep("toy").trial(ticket.number).checkpoints
    for epoch in (1, 2):
        write_checkpoint(folder, epoch, WEAK, lambda path: None)
        ledger.record(ticket.number, epoch, WEAK)
    assert ledger.settle(ticket.number)
    (trial,) = read_record(ledger.study).trials
    assert trial.state is State.PRUNED
    assert trial.reason == "pruned at epoch 2: magnitude 0.001 below 0.010"
    assert trial.epoch == 2
    assert not folder.exists()


def test_checkpoints_that_the_last_driver_could_not_drop(new_ledger, home, monkeypatch):
    ledger = new_ledger()
    monkeypatch.setattr(Ledger, "_drop_checkpoints", lambda *_: None)
    folders = {}
    for metrics, last in ((WEAK, 2), (GOOD, 4)):
        number = ledger.next_ticket().number
        folders[number] = home.sweep("toy").trial(number).checkpoints
        for epoch in range(1, last + 1):
            better = {**metrics, "score": epoch / 4}
            write_checkpoint(folders[number], epoch, better, lambda path: None)
            ledger.record(number, epoch, better)
            ledger.settle(number)
    running = ledger.next_ticket().number
    folders[running] = home.sweep("toy").trial(running).checkpoints
    for epoch in (1, 2):
        write_checkpoint(folders[running], epoch, GOOD, lambda path: None)
    monkeypatch.undo()
    new_ledger().tidy()
    left = {number: sorted(p.name for p in f.glob("*")) for number, f in folders.items()}
    assert left == {0: [], 1: ["epoch-00004"], 2: ["epoch-00001", "epoch-00002"]}


def test_an_epoch_is_recorded_once(new_ledger):
    heard = []
    ledger = new_ledger(listeners=(heard.append,))
    ticket = ledger.next_ticket()
    assert ledger.record(ticket.number, 1, GOOD)
    assert not ledger.record(ticket.number, 1, WEAK)
    (trial,) = read_record(ledger.study).trials
    assert [epoch.metrics for epoch in trial.epochs] == [GOOD]
    assert sum(isinstance(event, EpochRecorded) for event in heard) == 1


def test_next_driver_goes_on_with_the_same_trial(new_ledger, home):
    first = new_ledger().next_ticket()
    ledger = new_ledger()
    folder = home.sweep("toy").trial(0).checkpoints
    write_checkpoint(folder, 1, GOOD, lambda path: None)  # saved, but the driver never heard of it
    again = ledger.next_ticket()
    assert (again.number, again.params, again.seed) == (0, first.params, first.seed)
    assert again.from_epoch == 1
    (trial,) = read_record(ledger.study).trials
    assert trial.epoch == 1
    assert ledger.next_ticket().number == 1


def test_value_for_pruners_that_the_last_driver_could_not_write(new_ledger, monkeypatch):
    ledger = new_ledger()
    ticket = ledger.next_ticket()
    ledger.record(ticket.number, 1, GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "_report_objective", lambda *given: None)
        ledger.record(ticket.number, 2, WEAK)
    ledger = new_ledger()
    ledger.next_ticket()
    assert ledger.study.trials[0].intermediate_values == {1: 0.5, 2: 0.5}


def test_ending_that_the_last_driver_could_not_write(new_ledger):
    ledger = new_ledger()
    ticket = ledger.next_ticket()
    for epoch in (1, 2, 3, 4):
        ledger.record(ticket.number, epoch, GOOD)
    ticket = new_ledger().next_ticket()
    assert ticket.number == 1
    assert read_record(ledger.study).trials[0].state is State.COMPLETED


def test_proposals_do_not_depend_on_interruptions(new_ledger, home, spec):
    one = new_ledger()
    straight = [one.next_ticket().params for _ in range(4)]
    other_home = Home.at(home.root / "other")
    create_sweep(other_home, spec, start=(), attrs={})
    interrupted = []
    for _ in range(4):
        ledger = Ledger(
            paths=other_home.sweep("toy"),
            spec=spec,
            study=open_study(other_home, "toy"),
            decider=build_pruner((), 4),
            max_trials=8,
        )
        while (ticket := ledger.next_ticket()).number < len(interrupted):
            pass
        interrupted.append(ticket.params)
    assert interrupted == straight


def test_objective_that_was_never_reported_is_a_failure(new_ledger):
    ledger = new_ledger()
    ticket = ledger.next_ticket()
    for epoch in (1, 2, 3, 4):
        ledger.record(ticket.number, epoch, {"magnitude": 1.0})
    assert ledger.settle(ticket.number)
    (trial,) = read_record(ledger.study).trials
    assert trial.state is State.FAILED
    assert "never reported the objective score" in trial.reason


def test_no_ending_without_a_reason(new_ledger):
    ledger = new_ledger()
    ticket = ledger.next_ticket()
    with pytest.raises(ValueError, match="without a reason"):
        ledger.end(ticket.number, State.FAILED, "")


def test_budget_of_trials(new_ledger):
    ledger = new_ledger(max_trials=2)
    assert [ledger.next_ticket() is None for _ in range(3)] == [False, False, True]


def test_torn_last_line_is_dropped(new_ledger, home):
    ledger = new_ledger()
    ticket = ledger.next_ticket()
    journal = home.sweep("toy").journal
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code": 8, "tri')
    assert drop_torn_line(journal) == 19
    assert journal.read_bytes() == whole
    ledger = new_ledger()
    assert ledger.next_ticket().number == ticket.number
    assert all(json.loads(line) for line in journal.read_text().splitlines())


def test_extended_budget_is_kept(new_ledger, spec, home):
    study = new_ledger().study
    assert read_budget(study, spec).trials == 8
    extend_budget(study, spec, trials="+4", hours=None)
    extend_budget(study, spec, trials=None, hours=2.0)
    spend(study, 1800)
    budget = read_budget(open_study(home, "toy"), spec)
    assert budget.trials == 12
    assert budget.hours_left == pytest.approx(1.5)


@pytest.mark.parametrize("trials", ["-1", "many", "+", "1.5", ""])
def test_wrong_budget(new_ledger, spec, trials):
    with pytest.raises(UserError, match="is not a number of trials"):
        extend_budget(new_ledger().study, spec, trials=trials, hours=None)


def test_frozen_spec_reads_back(new_ledger, spec, home):
    new_ledger()
    assert open_spec(home.sweep("toy")) == spec


def test_names_taken_and_missing(new_ledger, spec, home):
    new_ledger()
    with pytest.raises(SweepExistsError):
        create_sweep(home, spec, start=(), attrs={})
    with pytest.raises(SweepNotFoundError, match=r"no sweep named 'tyo' .*there: toy"):
        open_study(home, "tyo")


CHOSEN = {"decode.method": "melt", "decode.cut": 0.5}


def test_what_a_trial_chose_stays_with_its_epochs(new_ledger):
    ledger = new_ledger()
    number = ledger.next_ticket().number
    ledger.record(number, 1, GOOD, CHOSEN)
    ledger.record(number, 2, GOOD)
    (trial,) = read_record(new_ledger().study).trials
    assert [epoch.chosen for epoch in trial.epochs] == [CHOSEN, {}]
    assert trial.chosen == CHOSEN


def test_an_epoch_that_only_a_checkpoint_knows_comes_with_its_choice(new_ledger, home):
    ledger = new_ledger()
    number = ledger.next_ticket().number
    folder = home.sweep("toy").trial(number).checkpoints
    write_checkpoint(folder, 1, GOOD, lambda path: None, chosen=CHOSEN)
    again = new_ledger()
    assert again.next_ticket().from_epoch == 1
    (trial,) = read_record(again.study).trials
    assert [epoch.chosen for epoch in trial.epochs] == [CHOSEN]


def test_epochs_from_before_choices_were_kept(new_ledger):
    ledger = new_ledger()
    ledger.record(ledger.next_ticket().number, 1, GOOD)
    journal = ledger.paths.journal.read_text(encoding="utf-8")
    assert "chosen" not in journal  # nothing is written where nothing was chosen
    (trial,) = read_record(ledger.study).trials
    assert (trial.epochs[0].chosen, trial.chosen) == ({}, {})
