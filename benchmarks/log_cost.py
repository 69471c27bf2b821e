"""Milliseconds per report of 20 and 50 metrics: sweeper against the plain MLflow callback of Ray.

    python benchmarks/log_cost.py [--rounds 3]

Both sides train the same class, which sleeps 50 ms an epoch, in a real sweep of 2 trials of 30
epochs, one at a time, with a real MLflow server. Two places are timed. In the scheduler: what a
report costs the driver's event loop; sweeper writes it to the study and appends it to a spool, the
plain stack (Tuner + OptunaSearch + MLflowLoggerCallback) calls MLflow. In the trial: the time from
the end of an epoch to the begin of the next, in which nothing is trained; sweeper saves a
checkpoint in it, durable and with checksums, which the plain stack does if it is told to.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

EPOCHS = 30
EPOCH_S = 0.05
TRIALS = 2
SIDES = ("sweeper", "plain", "plain with checkpoints")


class Gaps:
    """The times between epochs of a trial, in ms, written to a file by the last epoch."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"gaps-{time.time_ns()}.json"
        self.gaps_ms: list[float] = []
        self.saves_ms: list[float] = []
        self._left_s: float | None = None

    def enter(self) -> None:
        if self._left_s is not None:
            self.gaps_ms.append(1000 * (time.perf_counter() - self._left_s))

    def leave(self, *, last: bool) -> None:
        if last:
            told = {"gaps": self.gaps_ms, "saves": self.saves_ms[: len(self.gaps_ms)]}
            self._path.write_text(json.dumps(told), encoding="utf-8")
        self._left_s = time.perf_counter()


def metrics(number: int, epoch: int) -> dict[str, float]:
    return {"score": epoch / EPOCHS, **{f"metric_{i}": epoch / (i + 1) for i in range(number - 1)}}


class Reporter:
    """A trainable of sweeper's protocol that sleeps and reports."""

    def setup(self, config, context):
        from sweeper.engine import session

        self.number, self.epoch, self.gaps = config["metrics"], 0, Gaps(Path(config["folder"]))
        write = getattr(session.write_checkpoint, "untimed", session.write_checkpoint)

        def timed(*args, **kwargs):
            started_s = time.perf_counter()
            found = write(*args, **kwargs)
            self.gaps.saves_ms.append(1000 * (time.perf_counter() - started_s))
            return found

        timed.untimed = write
        session.write_checkpoint = timed

    def step(self):
        self.gaps.enter()
        self.epoch += 1
        time.sleep(EPOCH_S)
        self.gaps.leave(last=self.epoch == EPOCHS)
        return metrics(self.number, self.epoch)

    def save(self, directory):
        (directory / "state").write_text(str(self.epoch), encoding="utf-8")

    def load(self, directory):
        raise NotImplementedError

    def close(self):
        return


def run_sweeper(uri: str, number: int, folder: Path) -> dict[str, float]:
    import ray

    from sweeper import run
    from sweeper.engine.environment import set_environment
    from sweeper.study.events import EpochRecorded
    from sweeper.study.ledger import Ledger
    from sweeper.tracking.mirror import Mirror

    spool_ms, record_ms = [], []
    tell, record = Mirror.__call__, Ledger.record

    def timed_tell(self, event):
        started_s = time.perf_counter()
        tell(self, event)
        if isinstance(event, EpochRecorded):
            spool_ms.append(1000 * (time.perf_counter() - started_s))

    def timed_record(self, *args):
        started_s = time.perf_counter()
        found = record(self, *args)
        record_ms.append(1000 * (time.perf_counter() - started_s))
        return found

    Mirror.__call__, Ledger.record = timed_tell, timed_record
    set_environment()
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    space = folder / "space.yaml"
    space.write_text(
        f"""
name: log
family: {folder.name}
trainable: log_cost:Reporter
fixed: {{metrics: {number}, folder: {folder}}}
space:
  x: {{type: float, low: 0, high: 1}}
objective: {{metric: score, goal: maximize}}
budget: {{trials: {TRIALS}, epochs: {EPOCHS}}}
resources: {{cpus_per_trial: 1, concurrent: 1}}
""",
        encoding="utf-8",
    )
    result = run(space, home=folder / "home", tracking_uri=uri)
    assert result.outcome == "finished"
    assert result.mirrored
    assert len(spool_ms) == len(record_ms) == TRIALS * EPOCHS
    spool = statistics.median(spool_ms)
    return {"spool": spool, "study": statistics.median(record_ms) - spool}


def run_plain(uri: str, number: int, folder: Path, *, saves: bool) -> dict[str, float]:
    import ray
    from ray import tune
    from ray.air.integrations.mlflow import MLflowLoggerCallback
    from ray.tune.search.optuna import OptunaSearch

    log_ms = []

    class Timed(MLflowLoggerCallback):
        def log_trial_result(self, iteration, trial, result):
            started_s = time.perf_counter()
            super().log_trial_result(iteration, trial, result)
            log_ms.append(1000 * (time.perf_counter() - started_s))

    class PlainReporter(tune.Trainable):
        def setup(self, config):
            self.gaps = Gaps(folder)

        def step(self):
            self.gaps.enter()
            epoch = self.iteration + 1
            time.sleep(EPOCH_S)
            self.gaps.leave(last=epoch == EPOCHS)
            return {**metrics(number, epoch), "done": epoch == EPOCHS}

        def save_checkpoint(self, checkpoint_dir):
            (Path(checkpoint_dir) / "state").write_text(str(self.iteration), encoding="utf-8")

        def load_checkpoint(self, checkpoint):
            raise NotImplementedError

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    results = tune.Tuner(
        tune.with_resources(PlainReporter, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            metric="score", mode="max", search_alg=OptunaSearch(), num_samples=TRIALS
        ),
        param_space={"x": tune.uniform(0, 1)},
        run_config=tune.RunConfig(
            name="plain",
            storage_path=str(folder / "ray"),
            verbose=0,
            callbacks=[Timed(tracking_uri=uri, experiment_name=folder.name)],
            checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=int(saves)),
        ),
    ).fit()
    assert not results.errors
    assert len(log_ms) == TRIALS * EPOCHS
    return {"callback": statistics.median(log_ms)}


def run_side(side: str, uri: str, number: int) -> dict[str, float]:
    """Medians over all reports of a sweep, in ms."""
    with tempfile.TemporaryDirectory(prefix="log-cost-") as folder:
        command = [sys.executable, __file__, "--side", side, "--metrics", str(number)]
        here = Path(__file__).resolve().parent
        done = subprocess.run(
            [*command, "--uri", uri, "--folder", folder],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{side} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        told = [json.loads(path.read_text()) for path in Path(folder).glob("gaps-*.json")]
        found = {
            key: statistics.median([ms for trial in told for ms in trial[key]])
            for key in ("gaps", "saves")
            if any(trial[key] for trial in told)
        }
        return {**json.loads(done.stdout.splitlines()[-1]), **found}


@contextlib.contextmanager
def mlflow_server(folder: Path):
    """A real server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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


def compare(number: int, rounds: int, uri: str) -> None:
    found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for _ in range(rounds):
        for side, runs in found.items():
            runs.append(run_side(side, uri, number))
    ours, plain, saving = (
        {key: statistics.median([run[key] for run in runs]) for key in runs[0]}
        for runs in found.values()
    )
    scheduler_ms = ours["study"] + ours["spool"]
    print(
        f"{number} metrics, in the scheduler: sweeper {scheduler_ms:.2f} ms a report (study "
        f"{ours['study']:.2f}, spool {ours['spool']:.2f}), plain callback {plain['callback']:.1f} "
        f"ms, ratio {plain['callback'] / scheduler_ms:.0f}"
    )
    without_ms = ours["gaps"] - ours["saves"]
    print(
        f"{number} metrics, in the trial: sweeper {ours['gaps']:.1f} ms between epochs with a "
        f"checkpoint ({ours['saves']:.1f} ms), {without_ms:.1f} ms without; plain "
        f"{saving['gaps']:.1f} ms with, {plain['gaps']:.1f} ms without; ratios "
        f"{saving['gaps'] / ours['gaps']:.1f} and {plain['gaps'] / without_ms:.1f}",
        flush=True,
    )
    for side, runs in found.items():
        shown = ", ".join(f"{run['gaps']:.1f}" for run in runs)
        print(f"    rounds of {side}, ms between epochs: {shown}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--metrics", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--uri", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        request = (given.uri, given.metrics, given.folder)
        if given.side == "sweeper":
            print(json.dumps(run_sweeper(*request)))
        else:
            print(json.dumps(run_plain(*request, saves=given.side != "plain")))
        return
    with tempfile.TemporaryDirectory() as folder, mlflow_server(Path(folder)) as uri:
        for number in (20, 50):
            compare(number, given.rounds, uri)


if __name__ == "__main__":
    main()
