"""A real MLflow server behind a proxy that fails as networks and servers do; everything once.

Whatever happens on the way, a sweep ends as if nothing did, and MLflow ends up with the study.
"""

from __future__ import annotations

import hashlib
import http.client
import math
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

import sweeper
from sweeper import driving
from sweeper.auditing import audit
from sweeper.cli.app import app
from sweeper.paths import Home
from sweeper.study.lock import drive
from sweeper.tracking import shipping
from sweeper.tracking.mirror import Patience
from sweeper.tracking.spool import unsent

_STEPS = ["score", "magnitude", "train/loss", "draw", "epoch"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def mlflow_port(tmp_path_factory):
    """A real server for all tests; each uses an experiment of its own."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--host", "127.0.0.1", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    for _ in range(900):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                break
        except OSError:
            time.sleep(0.1)
    else:
        raise AssertionError((folder / "log").read_text())
    yield port
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(timeout=30)


# What becomes of a request, by method, path, body and how often the same one came before.
Policy = Callable[[str, str, bytes, int], str]


class Proxy:
    """Passes requests on to the server, or does not.

    `pass`; `lose`: pass on, drop the answer; `late`: pass on after the client has given up; `hang`:
    never answer; a number: answer with that HTTP status.
    """

    def __init__(self, server_port: int) -> None:
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.policy: Policy = lambda *_: "pass"
        self.log: list[tuple[str, str]] = []
        self._server_port = server_port
        self._seen: dict[bytes, int] = {}
        self._listening: ThreadingHTTPServer | None = None
        self._released = threading.Event()
        self.late: list[threading.Thread] = []

    def open(self) -> None:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                proxy.handle(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_) -> None:
                return  # the client has hung up

        self._listening = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._listening.serve_forever, args=(0.05,), daemon=True).start()

    def shut(self) -> None:
        """From now on connections are refused."""
        if self._listening is not None:
            self._listening.shutdown()
            self._listening.server_close()
            self._listening = None

    def close(self) -> None:
        self._released.set()
        self.shut()
        self.let_late_ones_through()

    def let_late_ones_through(self) -> None:
        for thread in self.late:
            thread.join()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        told = re.sub(rb"(created_ms|start_time)[^0-9]*[0-9]+", b"", body)
        same = hashlib.sha256(f"{request.command} {request.path}".encode() + told).digest()
        before = self._seen.get(same, 0)
        self._seen[same] = before + 1
        fate = self.policy(request.command, request.path, body, before)
        self.log.append((request.path, fate))
        match fate:
            case "pass":
                self._answer(request, *self._pass_on(request, body))
            case "lose":
                self._pass_on(request, body)
            case "late":
                thread = threading.Thread(target=self._pass_on, args=(request, body, 4.0))
                self.late.append(thread)
                thread.start()
                self._released.wait()
            case "hang":
                self._released.wait()
            case status:
                self._answer(request, int(status), b"broken", "text/plain")
        request.close_connection = True

    def _pass_on(self, request, body: bytes, after_s: float = 0.0) -> tuple[int, bytes, str]:
        time.sleep(after_s)
        server = http.client.HTTPConnection("127.0.0.1", self._server_port, timeout=30)
        headers = {name: value for name, value in request.headers.items() if name != "Connection"}
        server.request(request.command, request.path, body, headers)
        answer = server.getresponse()
        found = answer.status, answer.read(), answer.headers.get("Content-Type", "")
        server.close()
        return found

    def _answer(self, request, status: int, body: bytes, kind: str) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        if status in {429, 503}:
            request.send_header("Retry-After", "60")
        request.end_headers()
        request.wfile.write(body)


@pytest.fixture
def proxy(mlflow_port, monkeypatch):
    """Open to begin with; our pauses and MLflow's patience are cut short."""
    monkeypatch.setattr(shipping, "_FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(shipping, "_LONGEST_PAUSE_S", 0.2)
    monkeypatch.setattr(shipping, "_LONGEST_LAST_PAUSE_S", 0.2)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    found = Proxy(mlflow_port)
    found.open()
    yield found
    found.close()


@pytest.fixture
def sweep_once(toys, tmp_path, proxy, request):
    """Runs a sweep of three trials of four epochs; its name is the test's."""
    name = f"toy-{abs(hash(request.node.name))}"

    def run(*settings: str):
        overrides = [f"name={name}", "budget.trials=3", "pruning=[]", *settings]
        result = sweeper.run("toy.yaml", overrides=overrides, home=tmp_path, tracking_uri=proxy.uri)
        assert result.outcome == "finished"
        assert [trial.epoch for trial in result.record.trials] == [4, 4, 4]
        return result

    return run


@pytest.fixture
def mlflow_holds_all_once(mlflow_port, proxy, tmp_path):
    """Asks the server itself, not through the proxy, and the audit."""

    def check(result) -> None:
        client = MlflowClient(tracking_uri=f"http://127.0.0.1:{mlflow_port}")
        experiment = client.get_experiment_by_name(result.spec.family)
        runs = client.search_runs([experiment.experiment_id])
        parents = [run for run in runs if "sweeper.trial" not in run.data.tags]
        assert [run.info.status for run in parents] == ["FINISHED"]
        trials = {int(run.data.tags["sweeper.trial"]): run for run in runs if run not in parents}
        assert sorted(trials) == [0, 1, 2]
        assert len(runs) == 4
        for number, run in trials.items():
            expected = result.record.trials[number]
            assert run.info.status == "FINISHED"
            assert run.data.tags["mlflow.parentRunId"] == parents[0].info.run_id
            assert run.data.params == {key: str(v) for key, v in expected.params.items()}
            for metric in _STEPS:
                history = client.get_metric_history(run.info.run_id, metric)
                assert [point.step for point in history] == [1, 2, 3, 4]
            artifacts = sorted(found.path for found in client.list_artifacts(run.info.run_id))
            assert artifacts == ["config.yaml", "note.txt"]
        proxy.policy = lambda *_: "pass"
        assert unsent(result.paths, proxy.uri) == {}
        assert audit(result.paths.name, tmp_path).findings == []

    return check


def in_time(result, home) -> object:
    """`sweeper sync` of the sweep."""
    return CliRunner().invoke(app, ["sync", result.paths.name, "--home", str(home)])


@pytest.mark.usefixtures("small_ray")
def test_a_server_that_is_down_from_the_start(
    sweep_once, proxy, tmp_path, mlflow_holds_all_once, monkeypatch
):
    monkeypatch.setattr(driving, "_PATIENT", Patience(quiet_s=0.5, busy_s=0.5, total_s=1))
    proxy.shut()
    result = sweep_once()
    assert not result.mirrored
    assert sum(unsent(result.paths, proxy.uri).values()) == 3 * 6  # a start, 4 epochs, an end
    proxy.open()
    synced = in_time(result, tmp_path)
    assert synced.exit_code == 0, synced.output
    assert "sent 18 reports" in synced.output
    assert "3 trials (3 completed), each once" in synced.output
    mlflow_holds_all_once(result)
    again = in_time(result, tmp_path)
    assert "sent 0 reports" in again.output
    mlflow_holds_all_once(result)


def losing(method: str, path: str, body: bytes, before: int) -> str:
    """The answer to everything that changes something is lost the first time."""
    return "lose" if method != "GET" and "search" not in path and before == 0 else "pass"


def answering_with_errors(method: str, path: str, body: bytes, before: int) -> str:
    """An error before each answer."""
    return ["500", "429", "503"][len(path) % 3] if before == 0 else "pass"


def hanging_up_first(method: str, path: str, body: bytes, before: int) -> str:
    return "hang" if before == 0 and "log-batch" in path else "pass"


@pytest.mark.usefixtures("small_ray")
@pytest.mark.parametrize("policy", [losing, answering_with_errors, hanging_up_first])
def test_a_server_that_fails_on_the_way(policy, sweep_once, proxy, mlflow_holds_all_once):
    proxy.policy = policy
    result = sweep_once()
    assert result.mirrored
    assert {fate for _, fate in proxy.log} != {"pass"}
    mlflow_holds_all_once(result)


@pytest.mark.usefixtures("small_ray")
def test_runs_that_come_to_be_late_are_merged(sweep_once, proxy, mlflow_holds_all_once, tmp_path):
    """The server creates runs seconds after the client has given up, and asked for another."""
    late: set[str] = set()

    def first_creation_is_late(method: str, path: str, body: bytes, before: int) -> str:
        if not path.endswith("runs/create"):
            return "pass"
        trial = body.partition(b"sweeper.trial")[2][:30].decode()
        if trial in late:
            return "pass"
        late.add(trial)
        return "late"

    proxy.policy = first_creation_is_late
    result = sweep_once("fixed.epoch_s=0.2")
    proxy.let_late_ones_through()
    assert in_time(result, tmp_path).exit_code == 0
    mlflow_holds_all_once(result)
    deleted = [path for path, _ in proxy.log if path.endswith("runs/delete")]
    assert len(deleted) > 1


@pytest.mark.usefixtures("small_ray")
@pytest.mark.parametrize("kind", ["refusing", "hanging"])
def test_a_server_that_goes_away_in_the_middle(kind, sweep_once, proxy, mlflow_holds_all_once):
    """It comes back by itself; the sweep does not wait."""

    def leave() -> None:
        while not any("log-batch" in path for path, _ in proxy.log):
            time.sleep(0.02)
        if kind == "refusing":
            proxy.shut()
            time.sleep(1.5)
            proxy.open()
        else:
            proxy.policy = lambda *_: "hang"
            time.sleep(2.5)
            proxy.policy = lambda *_: "pass"

    away = threading.Thread(target=leave)
    away.start()
    result = sweep_once("fixed.epoch_s=0.4")
    away.join()
    assert result.mirrored
    mlflow_holds_all_once(result)


@pytest.mark.usefixtures("small_ray")
def test_a_sweep_moves_to_another_store_and_back(
    sweep_once, proxy, tmp_path, mlflow_holds_all_once
):
    result = sweep_once()
    name, other = result.paths.name, f"sqlite:///{tmp_path / 'other.db'}"
    arguments = ["sync", name, "--home", str(tmp_path), "--tracking-uri"]
    moved = CliRunner().invoke(app, [*arguments, other])
    assert moved.exit_code == 0, moved.output
    assert "sent 18 reports" in moved.output
    client = MlflowClient(tracking_uri=other)
    experiment = client.get_experiment_by_name(result.spec.family)
    assert len(client.search_runs([experiment.experiment_id])) == 4
    back = CliRunner().invoke(app, [*arguments, proxy.uri, "--rebuild"])
    assert back.exit_code == 0, back.output
    mlflow_holds_all_once(result)


@pytest.mark.usefixtures("small_ray")
def test_sync_says_what_is_wrong(sweep_once, proxy, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "sweeper.syncing._PATIENCE", Patience(quiet_s=0.5, busy_s=0.5, total_s=math.inf)
    )
    monkeypatch.setattr(driving, "_PATIENT", Patience(quiet_s=0.5, busy_s=0.5, total_s=1))
    proxy.shut()
    result = sweep_once()
    refused = in_time(result, tmp_path)
    assert refused.exception.exit_code == 3
    assert "18 wait on disk; nothing is lost" in refused.exception.message
    assert "nobody listens there" in refused.exception.message
    with drive(Home.at(tmp_path).sweep(result.paths.name)):
        busy = in_time(result, tmp_path)
    assert busy.exception.exit_code == 2
    assert "is being run by" in busy.exception.message
    unknown = CliRunner().invoke(app, ["sync", "nothing", "--home", str(tmp_path)])
    assert unknown.exception.exit_code == 2


def test_a_driver_that_is_told_to_stop_does_not_wait_for_a_server_that_hangs(toys, tmp_path, proxy):
    proxy.policy = lambda *_: "hang"
    command = [sys.executable, "-m", "sweeper", "run", "toy.yaml", "--home", str(tmp_path)]
    command += ["--tracking-uri", proxy.uri, "--set", "fixed.epoch_s=0.5", "--set", "pruning=[]"]
    environment = {**os.environ, "MLFLOW_HTTP_REQUEST_TIMEOUT": "120"}
    driver = subprocess.Popen(
        command,
        cwd=toys,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert driver.stdout is not None
    for line in driver.stdout:
        if "epoch 2/4" in line:
            break
    driver.send_signal(signal.SIGINT)
    said, _ = driver.communicate(timeout=30)
    assert driver.returncode == 130
    assert "sweeper sync toy" in said
    assert "Traceback" not in said
