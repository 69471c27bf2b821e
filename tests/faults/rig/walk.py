"""A random walk as training: any epoch lost, repeated or drawn anew changes all that follow."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

from stage import here, pause_at

from sweeper.protocol import BaseTrainable


class Walk(BaseTrainable):
    """Settings: `x` and `lr` (searched), `epoch_s` (trials of odd number take four times that)."""

    metric_names = frozenset({"score", "draw"})

    def setup(self, config, context):
        self.number, self.lr = context.number, config["lr"]
        self.seconds = config["epoch_s"] * (4 if context.number % 2 else 1)
        self.random = random.Random(context.seed)
        self.value, self.epoch = config["x"], 0
        (context.artifacts_dir / "note.txt").write_text("an artifact", encoding="utf-8")
        if stage := here():
            stage.note_worker(self.number)

    def step(self):
        self.epoch += 1
        pause_at("step", self.number, self.epoch)
        time.sleep(self.seconds)
        draw = self.random.gauss(0, 1)
        self.value += self.lr * draw
        if stage := here():
            stage.note_step(self.number, self.epoch)
        return {"score": self.value, "draw": draw}

    def save(self, directory: Path):
        text = json.dumps([self.epoch, self.value, self.random.getstate()])
        with (directory / "state.json").open("w", encoding="utf-8") as file:
            file.write(text[: len(text) // 2])
            file.flush()
            pause_at("save", self.number, self.epoch)
            file.write(text[len(text) // 2 :])

    def load(self, directory: Path):
        text = (directory / "state.json").read_text(encoding="utf-8")
        self.epoch, self.value, (version, numbers, gauss) = json.loads(text)
        self.random.setstate((version, tuple(numbers), gauss))

    def close(self):
        pass
