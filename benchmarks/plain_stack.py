"""The stack that sweeper is measured against: Ray's Tuner, its OptunaSearch, its MLflow callback.

Importing it takes seconds: benchmarks do it before they start a clock, and no worker does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ray import tune
from ray.air.integrations.mlflow import MLflowLoggerCallback
from ray.tune.search.optuna import OptunaSearch

__all__ = ["MLflowLoggerCallback", "build_tuner", "tune"]


def build_tuner(
    trainable: type[tune.Trainable],
    folder: Path,
    *,
    trials: int,
    callbacks: Sequence[tune.Callback],
    saves: bool = False,
) -> tune.Tuner:
    """One parameter, one trial at a time on one CPU; saves after each epoch if asked to."""
    return tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            metric="score", mode="max", search_alg=OptunaSearch(), num_samples=trials
        ),
        param_space={"x": tune.uniform(0, 1)},
        run_config=tune.RunConfig(
            name="plain",
            storage_path=str(folder / "ray"),
            verbose=0,
            callbacks=list(callbacks),
            checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=int(saves)),
        ),
    )
