"""N random kills at random moments of one sweep: what is lost, doubled or different, and the time.

    python benchmarks/kills.py 20 [--seed 0] [--folder DIR]

A toy of 8 epochs of 0.5 s is swept, two trials at a time. Again and again somebody is killed with
SIGKILL: the driver, a worker, the raylet, or all processes at once ("machine"); a driver that died
is followed by `sweeper resume`, at once. In the end the study and MLflow are compared, trial by
trial, with the same trials driven one after the other in this process, without Ray or kills.

    lost        trials that are not complete, in the study or in MLflow
    doubled     trials with two numbers or runs, or with an epoch that MLflow holds twice
    diverging   trials whose parameters or metrics differ, in any bit, from the undisturbed ones

Seconds of work lost: training time of epochs that had to be trained again, by kill. Seconds
until work goes on: from a kill to the next epoch that begins (a worker: of its own trial).
The seed repeats victims and pauses, as far as the machine's own timing allows.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil

from sweeper.protocol import BaseTrainable

EPOCHS = 8
EPOCH_S = 0.5
DIARY = "SWEEPER_BENCHMARK_DIARY"
VICTIMS = {"driver": 40, "worker": 40, "raylet": 10, "machine": 10}
SPACE = f"""
name: kills
trainable: kills:Walk
seed: 5
space:
  x: {{type: float, low: 0, high: 1}}
  lr: {{type: float, low: 0.001, high: 1, log: true}}
  kind: {{type: choice, values: [a, b, c]}}
objective: {{metric: score, goal: maximize}}
sampler: random
budget: {{trials: TRIALS, epochs: {EPOCHS}}}
resources: {{cpus_per_trial: 1, concurrent: 2}}
faults: {{retries: 1000}}
"""


class Walk(BaseTrainable):
    """A random walk: an epoch lost, repeated or drawn anew changes all that follow."""

    def setup(self, config, context):
        self.number, self.lr, self.value = context.number, config["lr"], config["x"]
        self.random = random.Random(context.seed)
        self.epoch = 0

    def step(self):
        self.epoch += 1
        note("begin", self.number, self.epoch)
        if DIARY in os.environ:
            time.sleep(EPOCH_S)
        self.value += self.lr * self.random.gauss(0, 1)
        note("end", self.number, self.epoch)
        return {"score": self.value, "draw": self.random.random()}

    def save(self, directory):
        state = json.dumps([self.epoch, self.value, self.random.getstate()])
        (directory / "state.json").write_text(state, encoding="utf-8")

    def load(self, directory):
        state = json.loads((directory / "state.json").read_text(encoding="utf-8"))
        self.epoch, self.value, (version, numbers, gauss) = state
        self.random.setstate((version, tuple(numbers), gauss))

    def close(self):
        return


def note(what: str, trial: int, epoch: int) -> None:
    """One line in the diary of all workers, if there is one."""
    path = os.environ.get(DIARY)
    if path is not None:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{time.time():.4f} {what} {trial} {epoch} {os.getpid()}\n")


@dataclass(frozen=True)
class Line:
    """Of the diary."""

    at_s: float
    what: str
    trial: int
    epoch: int
    pid: int


@dataclass(frozen=True)
class Kill:
    """Somebody was killed; `trial` is the one that a killed worker trained."""

    victim: str
    at_s: float
    trial: int | None


class Sweep:
    """The command under fire."""

    def __init__(self, folder: Path, trials: int) -> None:
        self.home, self.diary, self._folder = folder / "home", folder / "diary", folder
        self.trials = trials
        self.diary.touch()
        (folder / "space.yaml").write_text(SPACE.replace("TRIALS", str(trials)), encoding="utf-8")
        self._process = self._start("run", str(folder / "space.yaml"))

    @property
    def is_over(self) -> bool:
        return self._process.poll() is not None

    def go_on(self) -> None:
        """Resumes until a driver stays up, or finds nothing to do."""
        self._process = self._start("resume", "kills")

    def extend(self, trials: int) -> None:
        self.trials += trials
        self._process = self._start("resume", "kills", "--trials", f"+{trials}")

    def wait(self) -> int:
        return self._process.wait(timeout=600)

    def kill(self, victim: str, draw: random.Random) -> Kill | None:
        """Kills somebody; None if there is nobody of that kind."""
        try:
            driver = psutil.Process(self._process.pid)
            family = driver.children(recursive=True)
        except psutil.NoSuchProcess:
            return None
        trial = None
        match victim:
            case "driver":
                doomed = [driver]
            case "machine":
                doomed = [driver, *family]
            case "raylet":
                doomed = [child for child in family if named(child, "raylet")][:1]
            case _:
                alive = {child.pid: child for child in family}
                trains = {line.pid: line.trial for line in self.lines()}
                working = sorted(trains.keys() & alive.keys())
                pid = draw.choice(working) if working else None
                trial = trains.get(pid)
                doomed = [alive[pid]] if pid in alive else []
        at_s = time.time()
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if victim in {"driver", "machine"}:
            self._process.wait()
        return Kill(victim, at_s, trial) if doomed else None

    def lines(self) -> list[Line]:
        """The diary."""
        found = []
        for text in self.diary.read_text(encoding="utf-8").splitlines():
            at_s, what, trial, epoch, pid = text.split()
            found.append(Line(float(at_s), what, int(trial), int(epoch), int(pid)))
        return found

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "printed").open("ab") as printed:
            return subprocess.Popen(
                [sys.executable, "-m", "sweeper", *arguments, "--home", str(self.home)],
                cwd=Path(__file__).resolve().parent,
                env=os.environ | {DIARY: str(self.diary), "OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                start_new_session=True,
            )


def named(process: psutil.Process, name: str) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.name() == name
    return False


def disturb(sweep: Sweep, count: int, draw: random.Random) -> list[Kill]:
    """Kills `count` times."""
    kills: list[Kill] = []
    while len(kills) < count:
        (victim,) = draw.choices(list(VICTIMS), weights=list(VICTIMS.values()))
        time.sleep(draw.uniform(1.0, 12.0))
        if sweep.is_over:
            # It ended by itself: all trials are done, or it could not go on without its raylet.
            if sweep.wait() == 0:
                sweep.extend(10)
            else:
                sweep.go_on()
            continue
        kill = sweep.kill(victim, draw)
        if kill is None:
            continue
        kills.append(kill)
        where = f" of trial {kill.trial}" if kill.trial is not None else ""
        print(f"{len(kills)}/{count}: killed the {victim}{where}", flush=True)
        if sweep.is_over:
            sweep.go_on()
    return kills


def finish(sweep: Sweep) -> None:
    """Lets the sweep come to its end."""
    for _ in range(10):
        if sweep.wait() == 0:
            return
        sweep.go_on()
    sys.exit("the sweep does not come to its end")


def undisturbed(folder: Path, trials: int) -> dict[int, tuple[dict, list]]:
    """Parameters and metrics of the same trials, without Ray and without anybody being killed."""
    from sweeper.engine.session import EpochReport, Order, Session
    from sweeper.paths import Home
    from sweeper.pruning import build_pruner
    from sweeper.spec import read_spec
    from sweeper.study.ledger import Ledger
    from sweeper.study.store import create_sweep, open_study

    home = Home.at(folder / "undisturbed")
    spec = read_spec(folder / "space.yaml", [f"budget.trials={trials}"]).spec
    paths = create_sweep(home, spec, start=[], attrs={})
    decider = build_pruner(spec.pruning, EPOCHS)
    study = open_study(home, spec.name)
    ledger = Ledger(paths=paths, spec=spec, study=study, decider=decider, max_trials=trials)
    session, found = Session(), {}
    for _ in range(trials):
        ticket = ledger.next_ticket()
        session.begin(
            Order(
                number=ticket.number,
                trainable=spec.trainable,
                config=ticket.config,
                seed=ticket.seed,
                trial_dir=paths.trial(ticket.number).root,
                cache_dir=home.cache,
            )
        )
        reports = [session.next_report() for _ in range(EPOCHS)]
        assert all(isinstance(report, EpochReport) for report in reports), reports
        found[ticket.number] = (dict(ticket.params), [dict(report.metrics) for report in reports])
    session.close()
    return found


def mlflow_steps(home: Path) -> dict[int, list[Counter]]:
    """How often each step is there, for each run of each trial, by its `epoch` metric."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
    (experiment,) = [
        found.experiment_id for found in client.search_experiments() if found.name == "kills"
    ]
    steps, token = defaultdict(list), None
    while True:
        page = client.search_runs([experiment], max_results=500, page_token=token)
        for run in page:
            if "sweeper.trial" in run.data.tags and run.info.status == "FINISHED":
                history = client.get_metric_history(run.info.run_id, "epoch")
                number = int(run.data.tags["sweeper.trial"])
                steps[number].append(Counter(metric.step for metric in history))
        token = page.token
        if not token:
            return steps


@dataclass(frozen=True)
class Verdict:
    """Trials by what is wrong with them."""

    lost: set[int]
    doubled: set[int]
    diverging: set[int]


def judge(sweep: Sweep, expected: dict[int, tuple[dict, list]]) -> Verdict:
    from sweeper.paths import Home
    from sweeper.study.events import State
    from sweeper.study.records import read_record
    from sweeper.study.store import open_study

    trials = read_record(open_study(Home.at(sweep.home), "kills")).trials
    steps = mlflow_steps(sweep.home)
    whole = set(range(1, EPOCHS + 1))
    in_study = {
        trial.number: (dict(trial.params), [dict(epoch.metrics) for epoch in trial.epochs])
        for trial in trials
        if trial.state is State.COMPLETED and [e.epoch for e in trial.epochs] == sorted(whole)
    }
    in_mlflow = {number for number, runs in steps.items() if any(set(run) == whole for run in runs)}
    lost = set(expected) - (in_study.keys() & in_mlflow)
    doubled = {
        number
        for number, runs in steps.items()
        if len(runs) > 1 or any(count > 1 for run in runs for count in run.values())
    }
    doubled |= in_study.keys() - expected.keys()
    shared = in_study.keys() & expected.keys()
    diverging = {number for number in shared if in_study[number] != expected[number]}
    return Verdict(lost, doubled, diverging)


def work_lost_s(lines: list[Line]) -> float:
    """Training time of epochs that were trained again later."""
    begun: dict[int, Line] = {}
    spans = defaultdict(list)
    for line in lines:
        if line.what == "begin":
            begun[line.pid] = line
            spans[line.trial, line.epoch].append(EPOCH_S)  # cut short: at most this
        elif line.pid in begun:
            spans[line.trial, line.epoch][-1] = line.at_s - begun[line.pid].at_s
    return sum(sum(attempts[:-1]) for attempts in spans.values())


def dead_times_s(kills: list[Kill], lines: list[Line]) -> dict[str, list[float]]:
    """From each kill to the next epoch that begins, by victim."""
    found = defaultdict(list)
    for kill in kills:
        later = (
            line.at_s
            for line in lines
            if line.what == "begin" and line.at_s > kill.at_s and kill.trial in {None, line.trial}
        )
        at_s = next(later, None)
        if at_s is not None:
            found[kill.victim].append(at_s - kill.at_s)
    return found


def left_behind(sweep: Sweep) -> int:
    """Processes that the sweep's drivers started and that are still there."""
    mark = f"{DIARY}={sweep.diary}".encode()
    count = 0
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            count += mark in path.read_bytes().split(b"\0")
    return count


def run(folder: Path, count: int, seed: int) -> bool:
    """Prints the verdict; whether nothing was lost, doubled or different."""
    draw = random.Random(seed)
    started_s = time.monotonic()
    sweep = Sweep(folder, trials=8 + count)
    kills = disturb(sweep, count, draw)
    finish(sweep)
    minutes = (time.monotonic() - started_s) / 60
    time.sleep(5)
    strays = left_behind(sweep)
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    verdict = judge(sweep, undisturbed(folder, sweep.trials))
    lines = sweep.lines()
    victims = ", ".join(f"{name} {n}" for name, n in Counter(k.victim for k in kills).items())
    print(f"\n{count} kills ({victims}) in {minutes:.1f} min, {sweep.trials} trials, seed {seed}")
    for name in ("lost", "doubled", "diverging"):
        numbers = sorted(getattr(verdict, name))
        print(f"{name:10} {len(numbers)}{f'  {numbers}' if numbers else ''}")
    print(f"{'strays':10} {strays}  (processes, 5 s after the end)")
    print(
        f"work lost per kill: {work_lost_s(lines) / count:.2f} s of training (epochs: {EPOCH_S} s)"
    )
    for victim, seconds in sorted(dead_times_s(kills, lines).items()):
        middle, worst = statistics.median(seconds), max(seconds)
        print(f"until work goes on, {victim}: {middle:.1f} s (median), {worst:.1f} s (worst)")
    return not (verdict.lost or verdict.doubled or verdict.diverging or strays)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="kept afterwards; default: a temporary one")
    given = parser.parse_args()
    if given.folder is not None:
        given.folder.mkdir(parents=True)
        sys.exit(0 if run(given.folder, given.count, given.seed) else 1)
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(0 if run(Path(folder), given.count, given.seed) else 1)


if __name__ == "__main__":
    main()
