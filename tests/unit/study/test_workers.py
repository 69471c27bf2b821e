"""Which processes work for a sweep; real ones."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sweeper.paths import SweepPaths
from sweeper.study.workers import (
    end_strays,
    forget_worker,
    living_workers,
    mark_children,
    note_worker,
    stray_processes,
)

_SLEEP = "import time; print('up', flush=True); time.sleep(600)"
# Leaves a child behind that is nobody's descendant, as a killed driver does.
_ORPHAN = f"""
import subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-c", {_SLEEP!r}], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
)
child.stdout.readline()
print(child.pid, flush=True)
"""


@pytest.fixture
def paths(tmp_path):
    sweep = SweepPaths(tmp_path / "toy")
    for number in (0, 1):
        sweep.trial(number).root.mkdir(parents=True)
    return sweep


@pytest.fixture
def child():
    process = subprocess.Popen([sys.executable, "-c", _SLEEP], stdout=subprocess.PIPE)
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_this_process_as_a_worker(paths):
    note_worker(paths.trial(1))
    assert list(living_workers(paths)) == [1]
    forget_worker(paths.trial(1))
    assert living_workers(paths) == {}


def test_a_later_process_of_the_same_pid_is_another(paths):
    note_worker(paths.trial(0))
    note = json.loads(paths.trial(0).worker.read_text())
    paths.trial(0).worker.write_text(json.dumps({**note, "born": note["born"] - 5}))
    assert living_workers(paths) == {}


@pytest.mark.parametrize("note", ["", "{}", '{"pid": 1}', "[1]"])
def test_notes_that_cannot_be_read_are_nobody(paths, note):
    paths.trial(0).worker.write_text(note)
    assert living_workers(paths) == {}


def test_orphans_are_found_by_their_mark_and_ended(paths, child):
    with mark_children(paths):
        found = subprocess.run([sys.executable, "-c", _ORPHAN], capture_output=True, check=True)
    pid = int(found.stdout)
    assert [process.pid for process in stray_processes(paths)] == [pid]
    assert stray_processes(SweepPaths(paths.root.parent / "other")) == []
    paths.trial(0).worker.write_text("{}")
    paths.trial(0).last_words.write_text("")
    end_strays(paths, patience_s=0)
    assert stray_processes(paths) == []
    assert child.poll() is None
    assert not paths.trial(0).worker.exists()
    assert not paths.trial(0).last_words.exists()


def test_own_children_are_no_strays(paths):
    with mark_children(paths):
        own = subprocess.Popen([sys.executable, "-c", _SLEEP], stdout=subprocess.PIPE)
    own.stdout.readline()
    assert stray_processes(paths) == []
    own.kill()
    own.wait()
    own.stdout.close()
