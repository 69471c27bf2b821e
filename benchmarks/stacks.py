"""What the benchmarks that compare two stacks share: Ray, spaces, servers, processes."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path


def start_ray() -> None:
    """Ray with one CPU and nothing to look at, for one trial at a time."""
    import ray

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)


class NothingToSave:
    """Tune saves each trial when it ends; without this each would end as an error."""

    def save_checkpoint(self, checkpoint_dir):
        (Path(checkpoint_dir) / "state").write_text("", encoding="utf-8")

    def load_checkpoint(self, checkpoint):
        raise NotImplementedError


def write_space(
    folder: Path, *, name: str, trainable: str, trials: int, epochs: int, more: str = ""
) -> Path:
    """A space of one parameter, one trial at a time; `more` are further lines."""
    space = folder / "space.yaml"
    space.write_text(
        f"""
name: {name}
trainable: {trainable}
space:
  x: {{type: float, low: 0, high: 1}}
objective: {{metric: score, goal: maximize}}
budget: {{trials: {trials}, epochs: {epochs}}}
resources: {{cpus_per_trial: 1, concurrent: 1}}
{more}
""",
        encoding="utf-8",
    )
    return space


def run_itself(script: str, *arguments: str) -> str:
    """Runs a benchmark's script in a process of its own; the last line that it prints.

    Ends this process, too, where that one fails.
    """
    done = subprocess.run(
        [sys.executable, script, *arguments],
        cwd=Path(script).resolve().parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = " ".join(arguments)
        sys.exit(f"{told} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout.splitlines()[-1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """The address of a real server on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    command += ["--port", str(port), "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(1200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
