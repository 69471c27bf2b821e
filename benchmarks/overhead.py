"""Seconds per trial that are not training: sweeper against plain Tuner + OptunaSearch + MLflow.

    python benchmarks/overhead.py [--trials 20] [--rounds 3]

Both sides run the same trainable, which does nothing but report 20 metrics in each of 3 epochs, one
trial at a time, and record all in Optuna and in MLflow (sqlite). Each side runs in a process
of its own, in turn. The clock runs from the request, with Ray up, to the last record in MLflow.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from stacks import NothingToSave, run_itself, start_ray, write_space

METRICS = {f"metric_{index}": float(index) for index in range(20)}
EPOCHS = 3


class DoNothing:
    """A trainable of sweeper's protocol without any work."""

    def setup(self, config, context):
        self.x = config["x"]

    def step(self):
        return {"score": self.x, **METRICS}

    def save(self, directory):
        (directory / "state").write_text("", encoding="utf-8")

    def load(self, directory):
        return

    def close(self):
        return


def time_sweeper(trials: int, folder: Path) -> float:
    from sweeper import run
    from sweeper.engine.environment import set_environment

    set_environment()
    start_ray()
    space = write_space(
        folder, name="overhead", trainable="overhead:DoNothing", trials=trials, epochs=EPOCHS
    )
    started = time.perf_counter()
    result = run(space, home=folder / "home")
    seconds = time.perf_counter() - started
    assert len(result.record.trials) == trials
    assert result.mirrored
    return seconds


def time_plain(trials: int, folder: Path) -> float:
    from plain_stack import MLflowLoggerCallback, build_tuner, tune

    class DoNothingPlain(NothingToSave, tune.Trainable):
        def setup(self, config):
            self.x = config["x"]

        def step(self):
            return {"score": self.x, **METRICS, "done": self.iteration + 1 == EPOCHS}

    start_ray()
    started = time.perf_counter()
    log = MLflowLoggerCallback(
        tracking_uri=f"sqlite:///{folder / 'mlflow.db'}", experiment_name="plain"
    )
    results = build_tuner(DoNothingPlain, folder, trials=trials, callbacks=[log]).fit()
    seconds = time.perf_counter() - started
    assert len(results) == trials
    assert not results.errors
    return seconds


def run_side(side: str, trials: int) -> float:
    """Seconds per trial of one side, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        told = run_itself(
            __file__, "--side", side, "--trials", str(trials), "--folder", str(folder)
        )
        return float(json.loads(told)) / trials


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=["sweeper", "plain"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        timed = time_sweeper if given.side == "sweeper" else time_plain
        print(json.dumps(timed(given.trials, given.folder)))
        return
    seconds: dict[str, list[float]] = {"sweeper": [], "plain": []}
    for round_number in range(1, given.rounds + 1):
        for side, found in seconds.items():
            found.append(run_side(side, given.trials))
            print(f"round {round_number}: {side} {found[-1]:.3f} s per trial", flush=True)
    ours, plain = (statistics.median(found) for found in seconds.values())
    print(
        f"overhead per trial, median of {given.rounds}: sweeper {ours:.3f} s, "
        f"Tuner + OptunaSearch + MLflowLoggerCallback {plain:.3f} s, ratio {plain / ours:.1f}"
    )


if __name__ == "__main__":
    main()
