"""Who still runs though no driver does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import psutil
import pytest

from sweeper.study.workers import mark_children

_SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# Its child is no child of ours once it has ended.
_LEAVE = """
import subprocess, sys
print(subprocess.Popen([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL).pid)
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("sweeper.auditing.processes._PATIENCE_S", 0.0)


@contextmanager
def worker(paths):
    """A living process that says that it trains the trial."""
    process = subprocess.Popen(_SLEEP)
    try:
        born = psutil.Process(process.pid).create_time()
        note = {"pid": process.pid, "host": socket.gethostname(), "born": born}
        paths.worker.write_text(json.dumps(note))
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_a_worker_that_outlived_its_driver(scene):
    with worker(scene.home.sweep("open").trial(3)) as pid:
        first, *_ = scene.audit("open").findings
    assert (first.kind, first.severity, first.where) == ("worker-alive", "wrong", "trial 3")
    assert f"process {pid} on " in first.sentence
    assert "worker-alive" not in scene.kinds("open")


def test_another_process_that_outlived_its_driver(scene):
    with mark_children(scene.home.sweep("done")):
        left = subprocess.run(
            [sys.executable, "-c", _LEAVE, *_SLEEP[1:]], stdout=subprocess.PIPE, check=True
        )
    pid = int(left.stdout)
    try:
        found = scene.only()
        assert scene.kinds("open") == ["interrupted"]
    finally:
        os.kill(pid, 9)
    assert (found.kind, found.severity) == ("process-alive", "wrong")
    assert found.sentence == f"a driver that is gone left process {pid} behind"
