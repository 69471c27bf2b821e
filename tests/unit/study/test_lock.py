"""One driver a sweep."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sweeper.errors import SweepLockedError
from sweeper.paths import SweepPaths
from sweeper.study.lock import drive, is_driven, read_driver

_HOLD = """
import sys, time
from pathlib import Path
from sweeper.paths import SweepPaths
from sweeper.study.lock import drive
with drive(SweepPaths(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other_driver(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_driver_is_refused_with_the_first_ones_pid(tmp_path, other_driver):
    paths = SweepPaths(tmp_path)
    assert is_driven(paths)
    holder = f"pid {other_driver.pid} on .* since 20"
    with pytest.raises(SweepLockedError, match=holder), drive(paths):
        pass


def test_lock_of_a_killed_driver_is_stale(tmp_path, other_driver):
    other_driver.kill()
    other_driver.wait()
    paths = SweepPaths(tmp_path)
    assert not is_driven(paths)
    with drive(paths) as driver:
        assert driver.pid == os.getpid()
        assert read_driver(paths) == driver


def test_each_start_has_its_own_token(tmp_path):
    paths = SweepPaths(tmp_path)
    with drive(paths) as first:
        pass
    with drive(paths) as second:
        pass
    assert first.token != second.token


def test_unreadable_note_is_no_driver(tmp_path):
    paths = SweepPaths(tmp_path)
    assert read_driver(paths) is None
    paths.driver.write_text("{torn")
    assert read_driver(paths) is None
