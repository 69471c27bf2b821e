"""Trains nothing: a curve of x, lr and the seed; misbehaves on demand."""

from __future__ import annotations

import ctypes
import json
import math
import os
import random
import signal
import sys
import time
from pathlib import Path

from sweeper.protocol import (
    BaseTrainable,
    DataFinding,
    DataMeasure,
    DataReport,
    DataSummary,
    DivergedError,
    Problem,
)

_KEYS = {"epochs", "x", "lr", "kind", "epoch_s", "fail", "data"}


class Toy(BaseTrainable):
    """`score` rises to 1 - (x - 0.3)^2; `magnitude` rises with lr."""

    metric_names = frozenset({"score", "magnitude", "train/loss", "draw"})

    @classmethod
    def check_config(cls, config):
        unknown = [key for key in config if key not in _KEYS]
        problems = [Problem(where=key, reason="no such setting") for key in unknown]
        if not isinstance(config.get("x", 0.0), float):
            problems.append(Problem(where="x", reason="must be a number"))
        return problems

    @classmethod
    def prepare(cls, config, cache_dir):
        (cache_dir / "toy").write_text("prepared", encoding="utf-8")
        return DataSummary(lines=("toy data: none",), fingerprint="toy", facts={"images": 0.0})

    def setup(self, config, context):
        self.config = config
        self.random = random.Random(context.seed)
        self.epoch = 0
        self.workdir = context.workdir
        (context.artifacts_dir / "note.txt").write_text("an artifact", encoding="utf-8")

    def step(self):
        self.epoch += 1
        config = self.config
        time.sleep(config.get("epoch_s", 0.0))
        match config.get("fail", ""):
            case "raise" if self.epoch == 2:
                raise ZeroDivisionError("a bug in training code")
            case "diverge" if self.epoch == 2:
                raise DivergedError("diverged at epoch 2: loss is nan")
            case "nan" if self.epoch == 2:
                return {"score": math.nan}
            case "exit" if self.epoch == 2:
                sys.exit(3)
            case "memory" if self.epoch == 2:
                raise MemoryError("no room")
            case "flaky" if self.epoch == 2:
                raise ConnectionResetError("gone")
            case "die" if self.epoch == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            case str(fail) if fail.endswith(" once") and self.epoch == 2:
                self._misbehave_once(fail.removesuffix(" once"))
        rise = 1 - math.exp(-self.epoch)
        draw = self.random.random()
        with (self.workdir / "steps.txt").open("a", encoding="utf-8") as file:
            file.write(f"{self.epoch} {draw}\n")
        return {
            "score": rise * (1 - (config.get("x", 0.5) - 0.3) ** 2),
            "magnitude": rise * config.get("lr", 0.1),
            "train/loss": 1 - rise,
            "draw": draw,
        }

    def _misbehave_once(self, how):
        """At the first try of epoch 2; the next goes well."""
        marker = self.workdir / "misbehaved"
        if marker.exists():
            return
        marker.write_text(how, encoding="utf-8")
        match how:
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "crash":
                ctypes.string_at(0)
            case "hang":
                time.sleep(3600)
            case "suspend":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "memory":
                raise MemoryError("no room")

    def save(self, directory: Path):
        state = {"epoch": self.epoch, "random": self.random.getstate()}
        (directory / "state.json").write_text(json.dumps(state), encoding="utf-8")

    def load(self, directory: Path):
        state = json.loads((directory / "state.json").read_text(encoding="utf-8"))
        version, numbers, gauss = state["random"]
        self.random.setstate((version, tuple(numbers), gauss))
        self.epoch = state["epoch"]

    def close(self):
        self.config = {}


class Watchful(Toy):
    """A toy that looks at its data, which `kind` makes good or bad."""

    @classmethod
    def inspect_data(cls, config, cache_dir):
        measures = (
            DataMeasure(name="rows", values={"train": 1200.0, "val": 80.0}, form="count"),
            DataMeasure(name="positives", values={"train": 0.0004}, form="share"),
            DataMeasure(name="width", values={"train": 12.0, "val": 0.5}, form="px"),
            DataMeasure(name="spread", values={"train": 0.25, "val": 12.5}),
        )
        if config.get("kind") != "bad":
            return DataReport(parts=("train", "val"), measures=measures)
        findings = (
            DataFinding(
                severity="severe",
                subject="train: rows",
                sentence="all rows are equal",
                consequence="nothing can be learnt",
                worst=("row 1", "row 2", "row 3", "row 4"),
            ),
            DataFinding(severity="note", subject="val: rows", sentence="few", consequence="noise"),
        )
        return DataReport(
            lines=("rows of a toy",),
            parts=("train", "val"),
            measures=measures,
            findings=findings,
        )

    @classmethod
    def draw_data(cls, config, cache_dir, path, *, seed=0):
        path.write_text(f"a picture of seed {seed}", encoding="utf-8")
        return True
