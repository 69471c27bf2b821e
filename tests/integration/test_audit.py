"""The audit of a sweep that ran, with its runs on a server."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing

import pytest

import sweeper

_SETTINGS = ["sampler=random", "budget.trials=3", "fixed.epoch_s=0.0", "pruning=[]"]


@pytest.fixture
def server(tmp_path):
    """An MLflow server, and how to stop it."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = f"sqlite:///{tmp_path / 'server.db'}"
    words = ["server", "--backend-store-uri", store, "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *words],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def stop():
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    uri = f"http://127.0.0.1:{port}"
    try:
        _await(f"{uri}/health")
        yield uri, stop
    finally:
        stop()


def _await(url: str) -> None:
    for _ in range(240):
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.25)
    raise AssertionError(f"{url} does not answer")


@pytest.mark.usefixtures("small_ray", "toys")
def test_a_sweep_on_a_server(server, tmp_path):
    uri, stop = server
    sweeper.run("toy.yaml", overrides=_SETTINGS, home=tmp_path / "home", tracking_uri=uri)
    found = sweeper.audit("toy", tmp_path / "home")
    assert [finding.sentence for finding in found.findings] == []
    assert found.is_in_order
    assert (found.num_trials, found.num_runs, found.num_epochs) == (3, 3, 12)
    assert not (tmp_path / "home" / "mlflow.db").exists()

    with closing(sqlite3.connect(tmp_path / "server.db", timeout=30)) as store, store:
        store.execute("UPDATE metrics SET value = 7 WHERE key = 'score' AND step = 2")
        store.execute("UPDATE latest_metrics SET value = 7 WHERE key = 'train/loss'")
        store.execute("UPDATE metrics SET step = 3 WHERE key = 'epoch' AND step = 1")
    found = sweeper.audit("toy", tmp_path / "home")
    assert {finding.kind for finding in found.findings} == {
        "step-missing",
        "step-doubled",
        "value-differs",
    }
    assert found.num_wrong == 9

    stop()
    found = sweeper.audit("toy", tmp_path / "home")
    assert not found.findings
    assert found.num_runs is None
    assert len(found.unchecked) == 1
