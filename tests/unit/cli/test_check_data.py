"""What `sweeper check` prints of a look at the data, and what `sweeper run` says of it."""

from __future__ import annotations

import json

import pytest

from sweeper.checking import alarms
from sweeper.cli.lines import LineWatcher
from sweeper.paths import Home
from sweeper.protocol import DataFinding, DataReport

WATCHFUL = ("check", "toy.yaml", "--set", "trainable=toy_trainable:Watchful")
BAD = (*WATCHFUL, "--set", "fixed.kind=bad")


def test_findings_are_printed_and_are_no_error(sweeper, toys, tmp_path) -> None:
    code, printed = sweeper(*BAD, "--home", str(tmp_path))
    assert code == 0
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert "rows of a toy" in lines
    assert "rows 1200 80" in lines
    assert "positives <0.1% -" in lines
    assert "width 12 px 0 px" in lines
    assert "spread 0.25 12.5" in lines
    assert "severe train: rows: all rows are equal" in lines
    assert "nothing can be learnt" in lines
    assert "look at: row 1, row 2, row 3 and 1 more" in lines
    assert "note val: rows: few" in lines
    assert "toy data: none" not in printed
    assert (tmp_path / "toy.check.png").read_text() == "a picture of seed 7"
    assert f"montage: {tmp_path / 'toy.check.png'}" in printed


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_severe_findings_fail_where_that_is_asked_for(sweeper, toys, tmp_path, options) -> None:
    where = ("--home", str(tmp_path), "--no-montage", "--strict", *options)
    code, printed = sweeper(*BAD, *where)
    assert code == 1
    assert "all rows are equal" in printed
    assert sweeper(*WATCHFUL, *where)[0] == 0


def test_nothing_stands_out(sweeper, toys, tmp_path) -> None:
    code, printed = sweeper(*WATCHFUL, "--home", str(tmp_path), "--no-montage")
    assert code == 0
    assert "nothing about the data stands out" in printed
    assert "montage" not in printed
    assert list(tmp_path.glob("*.png")) == []


def test_a_trainable_that_does_not_look(sweeper, toys, tmp_path) -> None:
    code, printed = sweeper("check", "toy.yaml", "--home", str(tmp_path))
    assert code == 0
    assert "toy data: none" in printed
    assert "montage" not in printed
    assert "stands out" not in printed


def test_another_place_for_the_montage(sweeper, toys, tmp_path) -> None:
    file = tmp_path / "here.png"
    code, printed = sweeper(
        *BAD, "--home", str(tmp_path), "--montage", str(file), "--set", "seed=3"
    )
    assert code == 0
    assert file.read_text() == "a picture of seed 3"
    code, printed = sweeper(
        *BAD, "--home", str(tmp_path), "--montage", str(tmp_path / "no" / "a.png")
    )
    assert code == 2
    assert "can't write the montage to" in printed
    assert "--no-montage" in printed


def test_json(sweeper, toys, tmp_path) -> None:
    code, printed = sweeper(*BAD, "--home", str(tmp_path), "--json")
    assert code == 0
    found = json.loads(printed)
    assert found["name"] == "toy"
    assert found["data"]["fingerprint"] == "toy"
    assert found["report"]["findings"][0]["worst"] == ["row 1", "row 2", "row 3", "row 4"]
    assert found["montage"] == str(tmp_path / "toy.check.png")


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_and_findings_fit_the_terminal(toys, columns, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(toys))
    from rich.console import Console
    from toy_trainable import Watchful

    from sweeper.cli.data_report import print_report

    report = Watchful.inspect_data({"kind": "bad"}, None)
    print_report(Console(width=columns), report, Watchful.prepare({}, tmp_path))
    assert max(map(len, capsys.readouterr().out.splitlines())) <= columns


def test_alarms_are_the_severe_findings(toys, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(toys))
    from toy_trainable import Watchful

    assert alarms(DataReport()) == []
    assert alarms(Watchful.inspect_data({"kind": "bad"}, None)) == [
        "severe: train: rows: all rows are equal; nothing can be learnt",
    ]
    warning = DataFinding(severity="warning", subject="a", sentence="b", consequence="c")
    assert alarms(DataReport(findings=(warning,) * 2)) == [
        "2 warnings about the data: sweeper check shows all"
    ]


def test_run_says_them_before_it_starts(toys, tmp_path, monkeypatch) -> None:
    from sweeper import sweep
    from sweeper.request import Request

    monkeypatch.setattr(sweep, "create_sweep", lambda *_, **__: None)
    told: list[str] = []
    watcher = type(
        "Watcher", (sweep.SilentWatcher,), {"warn": lambda self, text: told.append(text)}
    )()
    request = Request.here("toy.yaml", ["trainable=toy_trainable:Watchful", "fixed.kind=bad"])
    sweep._create(Home.at(tmp_path), request, request.read(), None, watcher)
    assert told[0].startswith("severe: train: rows")
    assert len(told) == 1


def test_a_warning_is_a_line(capsys) -> None:
    from rich.console import Console

    LineWatcher(Console(width=40)).warn("severe: x" * 10)
    assert capsys.readouterr().out.count("\n") == 1
