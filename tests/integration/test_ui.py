"""MLflow's pages come up, and no server is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from mlflow import MlflowClient


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_pages_until_stopped(tmp_path, number):
    MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}").create_experiment("hv")
    # As a shell starts a background job: with SIGINT ignored.
    command = [sys.executable, "-m", "sweeper", "ui", "--home", str(tmp_path), "--port", "0"]
    with subprocess.Popen(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        ready = next(line for line in process.stdout if "is ready" in line)
        url = ready.split()[3].partition("/#")[0]
        with urllib.request.urlopen(url) as page:
            assert b"MLflow" in page.read()
        os.kill(process.pid, number)
        assert process.wait(timeout=60) == 0
    with socket.socket() as probe:
        port = int(url.rpartition(":")[2])
        assert probe.connect_ex(("127.0.0.1", port)) != 0
