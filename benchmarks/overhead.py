"""Seconds per trial that are not training: sweeper against plain Tuner + OptunaSearch + MLflow.

    python benchmarks/overhead.py [--trials 20] [--rounds 3]

Both sides run the same trainable, which does nothing but report 20 metrics in each of 3 epochs, one
trial at a time, and record all in Optuna and in MLflow (sqlite). Each side runs in a process
of its own, in turn. The clock runs from the request, with Ray up, to the last record in MLflow.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
    import ray

    from sweeper import run
    from sweeper.engine.environment import set_environment

    set_environment()
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    space = folder / "space.yaml"
    space.write_text(
        f"""
name: overhead
trainable: overhead:DoNothing
space:
  x: {{type: float, low: 0, high: 1}}
objective: {{metric: score, goal: maximize}}
budget: {{trials: {trials}, epochs: {EPOCHS}}}
resources: {{cpus_per_trial: 1, concurrent: 1}}
""",
        encoding="utf-8",
    )
    started = time.perf_counter()
    result = run(space, home=folder / "home")
    seconds = time.perf_counter() - started
    assert len(result.record.trials) == trials
    assert result.mirrored
    ray.shutdown()
    return seconds


def time_plain(trials: int, folder: Path) -> float:
    import ray
    from ray import tune
    from ray.air.integrations.mlflow import MLflowLoggerCallback
    from ray.tune.search.optuna import OptunaSearch

    class DoNothingTune(tune.Trainable):
        def setup(self, config):
            self.x = config["x"]

        def step(self):
            done = self.iteration + 1 == EPOCHS
            return {"score": self.x, **METRICS, "done": done}

        # Tune saves each trial when it ends; without this each would end as an error.
        def save_checkpoint(self, checkpoint_dir):
            (Path(checkpoint_dir) / "state").write_text("", encoding="utf-8")

        def load_checkpoint(self, checkpoint):
            return

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    started = time.perf_counter()
    tuner = tune.Tuner(
        tune.with_resources(DoNothingTune, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            metric="score", mode="max", search_alg=OptunaSearch(), num_samples=trials
        ),
        param_space={"x": tune.uniform(0, 1)},
        run_config=tune.RunConfig(
            name="plain",
            storage_path=str(folder / "ray"),
            verbose=0,
            callbacks=[
                MLflowLoggerCallback(
                    tracking_uri=f"sqlite:///{folder / 'mlflow.db'}", experiment_name="plain"
                )
            ],
        ),
    )
    results = tuner.fit()
    seconds = time.perf_counter() - started
    assert len(results) == trials
    assert not results.errors
    ray.shutdown()
    return seconds


def run_side(side: str, trials: int) -> float:
    """Seconds per trial of one side, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--side", side, "--trials", str(trials)]
        here = Path(__file__).resolve().parent
        done = subprocess.run(
            [*command, "--folder", folder], cwd=here, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{side} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return float(json.loads(done.stdout.splitlines()[-1])) / trials


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
