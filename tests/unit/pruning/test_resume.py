"""Verdicts of a sweep whose driver was replaced by a new process are those of one that lived on."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

_DRIVER = Path(__file__).with_name("journal_driver.py")


def _drive(journal: Path, first: int, last: int) -> list[list]:
    arguments = [sys.executable, str(_DRIVER), str(journal), str(first), str(last)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_a_new_process_gives_the_same_verdicts(tmp_path):
    driver = runpy.run_path(str(_DRIVER))
    num_events = len(driver["interleaved"]())
    uninterrupted = driver["drive"](str(tmp_path / "whole.journal"), 0, num_events)
    cuts = [0, num_events // 2, num_events]
    pieces = [
        verdict
        for first, last in pairwise(cuts)
        for verdict in _drive(tmp_path / "cut.journal", first, last)
    ]
    assert pieces == uninterrupted
    stopped = [reason for _, _, reason in uninterrupted if reason is not None]
    assert any("at this rung" in reason for reason in stopped)
    assert any("the median" in reason for reason in stopped)
    assert len(stopped) < 12
