"""What `sweeper audit` prints, and how it exits."""

from __future__ import annotations

import json
import sys

import pytest

from sweeper.auditing import Audit, Check
from sweeper.auditing.results import note, wrong
from sweeper.cli.app import main

GOOD = Check(area="study", title="every epoch once", count=96, unit="epochs")
NOTED = Check(
    area="study",
    title="endings",
    count=9,
    unit="endings",
    findings=[note("interrupted", "study", "1 interrupted", "sweeper resume toy")],
)
BAD = Check(
    area="MLflow",
    title="one run per trial",
    count=13,
    unit="runs",
    findings=[wrong("run-doubled", "trial 3", "has 2 runs", "delete one")],
)
MISSING = Check(area="MLflow", title="one run per trial", unchecked="MLflow does not answer")


@pytest.fixture
def sweeper_audit(monkeypatch, capsys):
    """Runs `sweeper audit toy` on an audit with these checks."""

    def call(*checks: Check, is_driven: bool = False, options: tuple[str, ...] = ()):
        found = Audit(
            name="toy",
            is_driven=is_driven,
            checks=checks,
            num_trials=12,
            num_runs=12,
            num_epochs=96,
        )
        monkeypatch.setattr("sweeper.auditing.audit", lambda name, home: found)
        monkeypatch.setenv("COLUMNS", "60")
        monkeypatch.setattr(sys, "argv", ["sweeper", "audit", "toy", *options])
        with pytest.raises(SystemExit) as done:
            main()
        return done.value.code or 0, capsys.readouterr().out.splitlines()

    return call


def test_in_order(sweeper_audit):
    code, lines = sweeper_audit(GOOD, NOTED)
    assert code == 0
    assert lines == [
        "✓ study:     every epoch once  96 epochs",
        "✓ study:     endings  9 endings",
        "note: study: 1 interrupted",
        "      sweeper resume toy",
        "audit: all in order: 12 trials, 12 runs, 96 epochs, each once",
    ]


def test_wrong(sweeper_audit):
    code, lines = sweeper_audit(GOOD, NOTED, BAD)
    assert code == 1
    assert lines[2] == "✗ MLflow:    one run per trial  13 runs"
    assert lines[3:5] == ["wrong: trial 3: has 2 runs", "       delete one"]
    assert lines[-1] == "audit: 1 thing wrong"
    assert sweeper_audit(BAD, BAD)[1][-1] == "audit: 2 things wrong"


def test_not_checked(sweeper_audit):
    code, lines = sweeper_audit(GOOD, MISSING)
    assert code == 3
    assert lines[1] == "? MLflow:    one run per trial  not checked"
    assert lines[2] == "not checked: MLflow does not answer"
    assert lines[3].startswith("audit: in order as far as it could be checked: ")
    assert sweeper_audit(BAD, MISSING)[0] == 1


def test_running(sweeper_audit):
    _, lines = sweeper_audit(GOOD, is_driven=True)
    assert lines[0] == "a driver holds toy: only what must hold at every moment is checked"


def test_many_findings_are_cut_short(sweeper_audit):
    many = [wrong("run-missing", f"trial {number}", "has no run", "") for number in range(40)]
    _, lines = sweeper_audit(Check(area="MLflow", title="runs", findings=many))
    assert sum(line.startswith("wrong:") for line in lines) == 30
    assert lines[-2] == "and 10 more: --json shows all"


def test_json(sweeper_audit):
    code, lines = sweeper_audit(GOOD, BAD, options=("--json",))
    assert code == 1
    found = json.loads("\n".join(lines))
    assert found["verdict"] == "audit: 1 thing wrong"
    assert found["checks"][1]["findings"][0]["kind"] == "run-doubled"
    assert found["checks"][1]["findings"][0]["severity"] == "wrong"
