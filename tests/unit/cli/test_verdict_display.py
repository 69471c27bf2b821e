"""What people see of verdicts: in `status`, in `check`, and beside endings."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from sweeper.cli.summary import trial_table
from sweeper.cli.verdicts import print_verdicts
from sweeper.cli.wording import ending
from sweeper.paths import Home
from sweeper.spec import read_spec
from sweeper.study.events import State, TrialEnded
from sweeper.study.judged import Judged
from sweeper.study.ledger import Ledger
from sweeper.study.records import read_record
from sweeper.study.store import create_sweep, open_spec, open_study
from sweeper.verdicts import Judgement, Verdict

RULES = [
    {"name": "high", "verdict": "success", "when": ["score > 0.5"], "at": "best"},
    {
        "name": "flat",
        "verdict": "failed",
        "ended": "pruned",
        "when": ["score < 0.3"],
        "advice": "Raise lr: with less than 0.01 no trial has come to anything in this toy.",
    },
]


class GoOn:
    def decide(self, study, trial):
        return None


@pytest.fixture
def home(tmp_path, toys):
    """Two pruned trials, a completed, a failed one without an epoch, an interrupted one."""
    place = Home.at(tmp_path / "home")
    spec = read_spec(toys / "toy.yaml", [f"verdicts={json.dumps(RULES)}"]).spec
    create_sweep(place, spec, start=(), attrs={})
    ledger = Ledger(
        paths=place.sweep("toy"),
        spec=spec,
        study=open_study(place, "toy"),
        decider=GoOn(),
        max_trials=8,
    )
    for _ in range(5):
        ledger.next_ticket()
    for epoch in (1, 2, 3, 4):
        ledger.record(0, epoch, {"score": 0.2 * epoch})
    ledger.settle(0)
    for number in (1, 2):
        ledger.record(number, 1, {"score": 0.1 * number})
        ledger.end(number, State.PRUNED, "pruned at epoch 1: too slow")
    ledger.end(3, State.FAILED, "epoch 1 raised ValueError: no")
    ledger.record(4, 1, {"score": 0.3})
    return place


def test_status(sweeper, home):
    code, printed = sweeper("status", "toy", "--home", str(home.root))
    assert code == 0
    rows = [line.split() for line in printed.splitlines() if line.lstrip().startswith("#")]
    assert [row[:6] for row in rows] == [
        ["#0", "completed", "4", "0.8", "A", "success"],
        ["#4", "interrupted", "1", "0.3", *rows[1][4:6]],
        ["#1", "pruned", "1", "0.1", "B", "failed"],
        ["#2", "pruned", "1", "0.2", "B", "failed"],
        ["#3", "failed", "0", "C", "none", "epoch"],
    ]
    assert rows[1][4].startswith("x=")
    assert (
        "\n".join(line.rstrip() for line in printed.splitlines())
        .partition("best trial")[0]
        .endswith(
            """\
verdicts: 1 success, 2 failed, 1 none; most failures (2 of 2): flat
  A success  high  #0
    score = 0.8 > 0.5 at epoch 4
  B failed  flat  #1, #2
    such as #1: score = 0.1 < 0.3 at epoch 1
    Raise lr: with less than 0.01 no trial has come to anything in this toy.
  C none  #3
    the trial ended before its first epoch
"""
        )
    )


def test_80_columns_suffice(home):
    file = io.StringIO()
    console = Console(file=file, width=80)
    record = read_record(open_study(home, "toy"))
    spec = open_spec(home.sweep("toy"))
    console.print(trial_table(record, spec, is_driven=False))
    print_verdicts(console, record)
    assert max(map(len, file.getvalue().splitlines())) <= 80
    assert "…" not in file.getvalue()
    assert "too slow" in file.getvalue()


def test_a_sweep_without_rules_looks_as_before(toys, tmp_path):
    place = Home.at(tmp_path / "home")
    spec = read_spec(toys / "toy.yaml").spec
    create_sweep(place, spec, start=(), attrs={})
    file = io.StringIO()
    record = read_record(open_study(place, "toy"))
    print_verdicts(Console(file=file), record)
    assert file.getvalue() == ""
    headers = [column.header for column in trial_table(record, spec, is_driven=False).columns]
    assert "verdict" not in headers


def test_check_shows_the_rules(sweeper, toys, tmp_path):
    rules = f"verdicts={json.dumps(RULES)}"
    code, printed = sweeper("check", "toy.yaml", "--home", str(tmp_path), "--set", rules)
    assert code == 0
    assert "verdict: success (high): score > 0.5 at best\n" in printed
    assert "verdict: failed (flat): pruned, score < 0.3\n" in printed


def test_an_ending_tells_its_verdict():
    flat = Judgement(verdict=Verdict.FAILED, rule="flat", because="x")
    none = Judgement(verdict=Verdict.NONE, because="no rule applies")

    def told(judgement):
        judged = Judged(index=1, judgement=judgement, at_ms=0)
        return ending(
            TrialEnded(number=0, state=State.PRUNED, reason="pruned", at_ms=0, judged=judged)
        )

    assert told(flat) == "pruned [failed: flat]"
    assert told(none) == "pruned"
