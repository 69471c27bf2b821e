"""One small Ray for all integration tests; ways to look at what a sweep left behind."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def small_ray():
    """Two CPUs, a small object store, no dashboard; sweeps in this process use it."""
    from sweeper.engine.environment import set_environment

    set_environment()
    import ray

    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        logging_level=logging.ERROR,
        object_store_memory=100 * 2**20,
    )
    yield
    ray.shutdown()


@dataclass(frozen=True)
class MlflowRun:
    """A trial's run as MLflow holds it."""

    name: str
    status: str
    state: str
    reason: str
    params: dict[str, str]
    steps: list[int]
    curves: dict[str, list[tuple[int, float]]]
    artifacts: list[str]


@pytest.fixture
def mlflow_runs():
    """Reads all trial runs of a home or a server by trial number; fails if a trial has two."""

    def read(store: Path | str) -> dict[int, MlflowRun]:
        from mlflow import MlflowClient

        uri = store if isinstance(store, str) else f"sqlite:///{store / 'mlflow.db'}"
        client = MlflowClient(tracking_uri=uri)
        experiments = [found.experiment_id for found in client.search_experiments()]
        runs: dict[int, MlflowRun] = {}
        for run in client.search_runs(experiments):
            tags = run.data.tags
            if "sweeper.trial" not in tags:
                continue
            number = int(tags["sweeper.trial"])
            assert number not in runs
            curves = {
                key: [
                    (metric.step, metric.value)
                    for metric in client.get_metric_history(run.info.run_id, key)
                ]
                for key in run.data.metrics
            }
            runs[number] = MlflowRun(
                name=run.info.run_name,
                status=run.info.status,
                state=tags["sweeper.state"],
                reason=tags.get("sweeper.reason", ""),
                params=dict(run.data.params),
                steps=[step for step, _ in curves.get("epoch", [])],
                curves=curves,
                artifacts=sorted(f.path for f in client.list_artifacts(run.info.run_id)),
            )
        return runs

    return read


@pytest.fixture
def parent_run():
    """Reads the one run of the sweep itself."""

    def read(home: Path):
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
        experiments = [found.experiment_id for found in client.search_experiments()]
        (run,) = [
            run for run in client.search_runs(experiments) if "sweeper.trial" not in run.data.tags
        ]
        return run

    return read
