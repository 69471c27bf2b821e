"""The toy that `kills.py` sweeps, and the diary in which its workers write what they train."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from sweeper.protocol import BaseTrainable

EPOCHS = 8
EPOCH_S = 0.5
#: The environment variable that names the diary; without it epochs take no time.
DIARY = "SWEEPER_BENCHMARK_DIARY"


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


def read_diary(path: Path) -> list[Line]:
    found = []
    for text in path.read_text(encoding="utf-8").splitlines():
        at_s, what, trial, epoch, pid = text.split()
        found.append(Line(float(at_s), what, int(trial), int(epoch), int(pid)))
    return found


@dataclass(frozen=True)
class Kill:
    """Somebody was killed; `trial` is the one that a killed worker trained."""

    victim: str
    at_s: float
    trial: int | None


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
    """The longest pause between two epochs after each kill, by victim.

    A kill that is followed by another before anything was trained is left out.
    """
    found = defaultdict(list)
    ends = [kill.at_s for kill in kills[1:]] + [math.inf]
    for kill, end_s in zip(kills, ends, strict=True):
        begun = [
            line.at_s
            for line in lines
            if line.what == "begin"
            and kill.at_s < line.at_s < end_s
            and kill.trial in {None, line.trial}
        ]
        if begun:
            pauses = itertools.pairwise([kill.at_s, *begun])
            found[kill.victim].append(max(later - earlier for earlier, later in pauses))
    return found
