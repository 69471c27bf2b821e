"""Throughput of a sweep while MLflow is up, down or hangs: sweeper against the plain stack.

    python benchmarks/outage.py [--trials 12] [--rounds 3] [--limit 120]

Both sides run the same trainable, which sleeps and reports 20 metrics in each of 4 epochs, one
trial at a time, with MLflow at an address at which a real server answers (up), nobody listens
(down), or connections are taken and nothing is ever answered (hanging), each from the start. Each
run has a process of its own; the order alternates. The throughput is that between the first and the
last end of a trial; how long the driver takes to leave after that is told apart. The plain stack
(Tuner + OptunaSearch + MLflowLoggerCallback) is stopped after --limit seconds where MLflow is down
or hangs.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from stacks import NothingToSave, free_port, mlflow_server, start_ray, write_space

METRICS = {f"metric_{index}": float(index) for index in range(20)}
EPOCHS = 4
EPOCH_S = 0.5
MODES = ("up", "down", "hanging")


class Sleep:
    """A trainable of sweeper's protocol that needs time and nothing else."""

    def setup(self, config, context):
        self.x = config["x"]

    def step(self):
        time.sleep(EPOCH_S)
        return {"score": self.x, **METRICS}

    def save(self, directory):
        (directory / "state").write_text("", encoding="utf-8")

    def load(self, directory):
        return

    def close(self):
        return


class Ends:
    """Writes down when trials end, one line each, so that a run that is killed has told it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{time.time()}\n")


def run_sweeper(uri: str, trials: int, folder: Path) -> None:
    from sweeper import run
    from sweeper.engine.environment import set_environment
    from sweeper.study.events import TrialEnded
    from sweeper.watching import SilentWatcher

    class Watcher(SilentWatcher):
        def __call__(self, event):
            if isinstance(event, TrialEnded):
                Ends(folder / "ends").note()

    set_environment()
    start_ray()
    space = write_space(
        folder,
        name="outage",
        trainable="outage:Sleep",
        trials=trials,
        epochs=EPOCHS,
        more=f"family: {folder.name}",
    )
    result = run(space, home=folder / "home", tracking_uri=uri, watcher=Watcher())
    assert result.outcome == "finished"


def run_plain(uri: str, trials: int, folder: Path) -> None:
    from plain_stack import MLflowLoggerCallback, build_tuner, tune

    class SleepPlain(NothingToSave, tune.Trainable):
        def setup(self, config):
            self.x = config["x"]

        def step(self):
            time.sleep(EPOCH_S)
            return {"score": self.x, **METRICS, "done": self.iteration + 1 == EPOCHS}

    class Watcher(tune.Callback):
        def on_trial_complete(self, iteration, trials, trial, **info):
            Ends(folder / "ends").note()

    start_ray()
    log = MLflowLoggerCallback(tracking_uri=uri, experiment_name=folder.name)
    build_tuner(SleepPlain, folder, trials=trials, callbacks=[log, Watcher()]).fit()


@contextlib.contextmanager
def silent_server():
    """Takes connections and answers nothing."""
    held = []
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.append(listening.accept())

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def end_all(process: subprocess.Popen[bytes]) -> None:
    """Ends a run with all that it has started."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(children, timeout=10)


def run_side(side: str, uri: str, trials: int, limit_s: float) -> tuple[list[float], float | None]:
    """When trials ended, in seconds since the start, and how long the driver took to leave.

    None for the latter: it was stopped after the limit.
    """
    with tempfile.TemporaryDirectory(prefix=f"outage-{side}-") as folder:
        command = [sys.executable, __file__, "--side", side, "--trials", str(trials)]
        command += ["--uri", uri, "--folder", folder]
        started_s = time.time()
        here = Path(__file__).resolve().parent
        with (Path(folder) / "output").open("w+b") as output:
            process = subprocess.Popen(command, cwd=here, stdout=output, stderr=output)
            try:
                code: int | None = process.wait(timeout=limit_s)
            except subprocess.TimeoutExpired:
                code = None
                end_all(process)
            ended_s = time.time()
            output.seek(0)
            said = output.read().decode(errors="replace")
        path = Path(folder) / "ends"
        ends = [float(line) for line in path.read_text().split()] if path.exists() else []
        if code:
            print(f"    {side} ended with an error: {said.strip().splitlines()[-1][:200]}")
        left_s = ended_s - ends[-1] if ends and code is not None else None
        return [end - started_s for end in ends], left_s


def per_trial_s(ends: list[float]) -> float:
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=120.0)
    parser.add_argument("--side", choices=["sweeper", "plain"], help=argparse.SUPPRESS)
    parser.add_argument("--uri", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        side = run_sweeper if given.side == "sweeper" else run_plain
        side(given.uri, given.trials, given.folder)
        return
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        uris = {
            "up": stack.enter_context(mlflow_server(folder)),
            "down": f"http://127.0.0.1:{free_port()}",
            "hanging": stack.enter_context(silent_server()),
        }
        compare(given.trials, given.rounds, given.limit, uris)


def compare(trials: int, rounds: int, limit_s: float, uris: dict[str, str]) -> None:
    found: dict[tuple[str, str], list[float]] = {}
    left: dict[str, list[float]] = {mode: [] for mode in MODES}
    for number in range(1, rounds + 1):
        runs = [("sweeper", mode) for mode in MODES] + [("plain", "up")]
        for side, mode in runs if number % 2 else reversed(runs):
            ends, left_s = run_side(side, uris[mode], trials, limit_s=3600)
            seconds = per_trial_s(ends)
            found.setdefault((side, mode), []).append(seconds)
            print(f"round {number}: {side}, {mode}: {seconds:.3f} s per trial", flush=True)
            if side == "sweeper" and left_s is not None:
                left[mode].append(left_s)
    medians = {run: statistics.median(seconds) for run, seconds in found.items()}
    ours, plain = medians["sweeper", "up"], medians["plain", "up"]
    print(f"up: sweeper {ours:.3f} s per trial, plain {plain:.3f} s ({EPOCHS * EPOCH_S:g} s sleep)")
    for mode in MODES[1:]:
        ends, left_s = run_side("plain", uris[mode], trials, limit_s)
        if left_s is not None and len(ends) == trials:
            theirs = f"{plain / per_trial_s(ends):.2f}"
        else:
            theirs = f"{len(ends) * plain / limit_s:.2f} ({len(ends)} trials in {limit_s:g} s)"
        ratio = ours / medians["sweeper", mode]
        print(
            f"{mode}: throughput against up: sweeper ratio {ratio:.3f}, plain ratio {theirs}; "
            f"sweeper's driver leaves {statistics.median(left[mode]):.1f} s after the last trial "
            f"(up: {statistics.median(left['up']):.1f} s)",
            flush=True,
        )
    for side in ("sweeper", "plain"):
        spreads = [max(s) / min(s) - 1 for (which, _), s in found.items() if which == side]
        print(f"noise: rounds of {side} differ by at most {100 * max(spreads):.1f} %")


if __name__ == "__main__":
    main()
