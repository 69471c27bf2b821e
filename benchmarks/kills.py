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
until work goes on: the longest pause between two epochs after a kill (a worker: of its own trial),
the new start of the command included. The seed repeats victims and pauses, as far as the machine's
own timing allows.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil
from kill_diary import DIARY, EPOCH_S, EPOCHS, Kill, dead_times_s, read_diary, work_lost_s
from kill_verdict import judge, undisturbed

VICTIMS = {"driver": 40, "worker": 40, "raylet": 10, "machine": 10}
SPACE = f"""
name: kills
trainable: kill_diary:Walk
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
                trains = {line.pid: line.trial for line in read_diary(self.diary)}
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

    def audit(self) -> str:
        """The last line of `sweeper audit`."""
        command = [sys.executable, "-m", "sweeper", "audit", "kills", "--home", str(self.home)]
        here = Path(__file__).resolve().parent
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
        return done.stdout.strip().rpartition("\n")[2]

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
        time.sleep(draw.uniform(0.5, 9.0))
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
    verdict = judge(sweep.home, undisturbed(folder, sweep.trials))
    lines = read_diary(sweep.diary)
    victims = ", ".join(f"{name} {n}" for name, n in Counter(k.victim for k in kills).items())
    print(f"\n{count} kills ({victims}) in {minutes:.1f} min, {sweep.trials} trials, seed {seed}")
    for name in ("lost", "doubled", "diverging"):
        numbers = sorted(getattr(verdict, name))
        print(f"{name:10} {len(numbers)}{f'  {numbers}' if numbers else ''}")
    print(f"{'strays':10} {strays}  (processes, 5 s after the end)")
    print(sweep.audit())
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
