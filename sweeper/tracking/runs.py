"""One MLflow run per trial and one per sweep, found by their tags; calls may be repeated."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from sweeper.study.curves import Epoch
from sweeper.study.events import State
from sweeper.tracking.address import Address
from sweeper.tracking.identity import SweepIdentity

__all__ = ["RunBook"]

_STATUS = {
    State.COMPLETED: "FINISHED",
    State.PRUNED: "KILLED",
    State.FAILED: "FAILED",
}
_TAG_CHARS = 4000
_PAGE = 1000


class RunBook:
    """The runs of one sweep in MLflow.

    MLflow's SQL store drops a metric that equals one it holds in key, step, time and value, so that
    sending an epoch twice leaves it there once.
    """

    def __init__(self, address: Address, identity: SweepIdentity) -> None:
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
        self._identity = identity
        self._runs: dict[int, str] = {}
        # Two processes that create the tables of one store at the same time break each other.
        lock = FileLock(address.home.root / ".mlflow.lock") if address.home else nullcontext()
        with lock:
            self._client = MlflowClient(tracking_uri=address.uri)
            self._experiment = self._find_experiment(address)
        self._parent, self.epochs = self._find_runs()

    def start_sweep(self) -> None:
        """Marks the sweep's own run as going on."""
        self._client.update_run(self._parent, status="RUNNING")

    def end_sweep(self, status: str, metrics: Mapping[str, float], files: Sequence[Path]) -> None:
        """Closes the sweep's own run with a summary."""
        now_ms = round(time.time() * 1000)
        batch = [Metric(key, value, now_ms, 0) for key, value in metrics.items()]
        self._client.log_batch(self._parent, metrics=batch)
        for path in files:
            self._client.log_artifact(self._parent, str(path))
        self._client.set_terminated(self._parent, status)

    def start_trial(self, number: int, params: Mapping[str, Any]) -> None:
        """Creates the run of a trial, or sets the one that is there going again."""
        if number in self._runs:
            self._client.update_run(self._runs[number], status="RUNNING")
            self._client.set_tag(self._runs[number], "sweeper.state", State.RUNNING)
            return
        run = self._client.create_run(
            self._experiment,
            run_name=_run_name(number, params),
            tags={
                "mlflow.parentRunId": self._parent,
                "sweeper.sweep_id": self._identity.sweep_id,
                "sweeper.sweep": self._identity.name,
                "sweeper.trial": str(number),
                "sweeper.state": State.RUNNING,
            },
        )
        self._runs[number] = run.info.run_id
        if params:
            batch = [Param(key, str(value)) for key, value in params.items()]
            self._client.log_batch(run.info.run_id, params=batch)

    def log_epoch(self, number: int, record: Epoch) -> None:
        """Sends all metrics of an epoch in one batch."""
        values = {**record.metrics, "epoch": float(record.epoch)}
        batch = [Metric(key, value, record.at_ms, record.epoch) for key, value in values.items()]
        self._client.log_batch(self._runs[number], metrics=batch)
        self.epochs[number] = max(record.epoch, self.epochs.get(number, 0))

    def end_trial(
        self, number: int, state: State, reason: str, at_ms: int | None, files: Sequence[Path]
    ) -> None:
        """Closes the run of a trial."""
        run_id = self._runs[number]
        for path in files:
            self._client.log_artifact(run_id, str(path))
        tags = {
            "sweeper.state": str(state),
            "sweeper.reason": reason,
            "mlflow.note.content": reason,
        }
        batch = [RunTag(key, value[:_TAG_CHARS]) for key, value in tags.items()]
        self._client.log_batch(run_id, tags=batch)
        self._client.set_terminated(run_id, _STATUS[state], end_time=at_ms)

    def interrupt_trial(self, number: int, epoch: int) -> None:
        """Closes the run of a trial that waits for `resume`."""
        run_id = self._runs[number]
        self._client.set_tag(run_id, "sweeper.state", "interrupted")
        self._client.set_tag(run_id, "sweeper.reason", f"interrupted after epoch {epoch}")
        self._client.set_terminated(run_id, "KILLED")

    def is_closed(self, number: int, state: State) -> bool:
        """Whether the run of an ended trial says so already."""
        if number not in self._runs:
            return False
        run = self._client.get_run(self._runs[number])
        told = run.data.tags.get("sweeper.state") == str(state)
        return bool(told and run.info.status == _STATUS[state])

    def _find_experiment(self, address: Address) -> str:
        name = self._identity.family
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = f"{address.artifact_root}/{name}" if address.artifact_root else None
        try:
            return str(self._client.create_experiment(name, artifact_location=location))
        except MlflowException:
            found = self._client.get_experiment_by_name(name)
            if found is None:
                raise
            return str(found.experiment_id)

    def _find_runs(self) -> tuple[str, dict[int, int]]:
        """The parent's run id (created if missing), and the newest epoch of each trial's run."""
        query = f"tags.`sweeper.sweep_id` = '{self._identity.sweep_id}'"
        parent, newest, token = None, {}, None
        while True:
            page = self._client.search_runs(
                [self._experiment], filter_string=query, max_results=_PAGE, page_token=token
            )
            for run in page:
                if "sweeper.trial" not in run.data.tags:
                    parent = run.info.run_id
                    continue
                number = int(run.data.tags["sweeper.trial"])
                self._runs[number] = run.info.run_id
                newest[number] = int(run.data.metrics.get("epoch", 0))
            token = page.token
            if not token:
                break
        if parent is None:
            tags = {**self._identity.tags, "sweeper.sweep_id": self._identity.sweep_id}
            run = self._client.create_run(self._experiment, run_name=self._identity.name, tags=tags)
            parent = run.info.run_id
        return parent, newest


def _run_name(number: int, params: Mapping[str, Any]) -> str:
    shown = (
        f"{path.rpartition('.')[2]}={value:.3g}"
        if isinstance(value, float)
        else f"{path.rpartition('.')[2]}={value}"
        for path, value in params.items()
    )
    return " ".join((f"#{number}", *shown))[:250]
