"""The MLflow runs of one sweep: found by their tags, one a trial and one for the sweep itself.

Every call may be repeated: what MLflow holds already stays there once. Its SQL stores drop a metric
that equals one they hold in key, step, time and value; parameters and tags are overwritten by
themselves; a run is only created after a look for one, unless none can be there.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException

from sweeper.errors import BackendError
from sweeper.study.curves import Epoch
from sweeper.tracking.address import SQLITE, Address
from sweeper.tracking.identity import SweepIdentity

__all__ = ["FoundRun", "Listing", "Refusal", "RunBook"]

_TAG_CHARS = 4000
_PAGE = 1000
_PARENT = "mlflow.parentRunId"
_CREATED = "sweeper.created_ms"
_WRONG = "INVALID_PARAMETER_VALUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRun:
    """A run as MLflow holds it.

    Attributes:
        run_id: MLflow's.
        number: The trial; None: the sweep itself.
        status: MLflow's.
        tags: All of them.
        params: Names of the parameters.
        epoch: The newest whole epoch; 0: none.
        age: Sorts by creation, the oldest first.
    """

    run_id: str
    number: int | None
    status: str
    tags: Mapping[str, str]
    params: frozenset[str]
    epoch: int
    age: tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All runs of the sweep, the oldest first; there should be one each.

    Attributes:
        parents: Of the sweep itself.
        trials: By trial.
    """

    parents: Sequence[FoundRun]
    trials: Mapping[int, Sequence[FoundRun]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something that MLflow calls wrong.

    Attributes:
        kind: `metric`, `param` or `runtag`.
        key: Its name.
        reason: MLflow's.
    """

    kind: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"MLflow refused {self.kind} '{self.key}': {self.reason}"


class RunBook:
    """Opens the sweep's experiment, creating it if needed.

    Args:
        address: Where MLflow is.
        identity: What the sweep's runs have in common.
    """

    def __init__(self, address: Address, identity: SweepIdentity) -> None:
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # whoever calls us says what failed
        self._identity = identity
        # Trials whose run may have been created by a request without an answer.
        self._uncertain: set[int] = set()
        self._wrong: set[tuple[str, type, str]] = set()
        # Two processes that create the tables of one store at the same time break each other.
        lock = FileLock(address.home.root / ".mlflow.lock") if address.home else nullcontext()
        with lock:
            if address.home is not None:
                _make_store(address)
            self._client = MlflowClient(tracking_uri=address.uri)
            self._experiment = self._find_experiment(address)

    def list_runs(self) -> Listing:
        """What is there; deleted runs are not."""
        query = f"tags.`sweeper.sweep_id` = '{self._identity.sweep_id}'"
        found = sorted(map(_found, self._search(query)), key=lambda run: run.age)
        trials: dict[int, list[FoundRun]] = {}
        for run in found:
            if run.number is not None:
                trials.setdefault(run.number, []).append(run)
        return Listing(parents=[run for run in found if run.number is None], trials=trials)

    def create_parent(self) -> str:
        """Creates the sweep's own run; a listing must just have shown that there is none."""
        tags = {**self._identity.tags, "sweeper.sweep_id": self._identity.sweep_id}
        return self._create(self._identity.name, tags, at_ms=None)

    def create_trial(
        self, parent: str, number: int, params: Mapping[str, Any], at_ms: int | None
    ) -> str:
        """The run of a trial that had none in the newest listing."""
        if number in self._uncertain:
            query = (
                f"tags.`sweeper.sweep_id` = '{self._identity.sweep_id}' "
                f"and tags.`sweeper.trial` = '{number}'"
            )
            there = sorted(map(_found, self._search(query)), key=lambda run: run.age)
            if there:
                self._uncertain.discard(number)
                return there[0].run_id
        self._uncertain.add(number)
        run_id = self._create(
            _run_name(number, params),
            {
                _PARENT: parent,
                "sweeper.sweep_id": self._identity.sweep_id,
                "sweeper.sweep": self._identity.name,
                "sweeper.trial": str(number),
                "sweeper.state": "running",
            },
            at_ms=at_ms,
        )
        self._uncertain.discard(number)
        return run_id

    def log(
        self,
        run_id: str,
        *,
        params: Mapping[str, Any],
        epochs: Sequence[Epoch],
        tags: Mapping[str, str],
    ) -> list[Refusal]:
        """Sends all of it in as few requests as MLflow's limits allow.

        Returns:
            What MLflow calls wrong, and why, each once; the rest is there.
        """
        metrics = [
            Metric(key, value, epoch.at_ms, epoch.epoch)
            for epoch in epochs
            for key, value in _with_epoch_last(epoch)
        ]
        return self._log(
            run_id,
            [
                *(Param(key, str(value)) for key, value in params.items()),
                *metrics,
                *(RunTag(key, value[:_TAG_CHARS]) for key, value in tags.items()),
            ],
        )

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Sets tags."""
        self.log(run_id, params={}, epochs=(), tags=tags)

    def log_file(self, run_id: str, path: Path, folder: str | None) -> None:
        """Sends a file; MLflow keeps it under its name, in a folder of the run's artifacts."""
        self._client.log_artifact(run_id, str(path), folder)

    def set_status(self, run_id: str, status: str, at_ms: int | None = None) -> None:
        """Sets MLflow's status; any but RUNNING closes the run, by default now."""
        if status == "RUNNING":
            self._client.update_run(run_id, status=status)
        else:
            self._client.set_terminated(run_id, status, end_time=at_ms)

    def adopt(self, run: FoundRun, parent: str) -> None:
        """Puts a trial's run under the sweep's own, if it is not."""
        if run.tags.get(_PARENT) != parent:
            self._client.set_tag(run.run_id, _PARENT, parent)

    def summarise(self, run_id: str, metrics: Mapping[str, float], *, at_ms: int, at: int) -> None:
        """Logs numbers about the sweep; the same ones at the same time are there once."""
        self._log(run_id, [Metric(key, value, at_ms, at) for key, value in metrics.items()])

    def delete(self, run_id: str) -> None:
        """Moves a run to MLflow's trash."""
        self._client.delete_run(run_id)

    def _log(self, run_id: str, things: Sequence[Any]) -> list[Refusal]:
        """Sends things together; if that is refused, halves until what is wrong stands alone."""
        things = [thing for thing in things if (run_id, type(thing), thing.key) not in self._wrong]
        if not things:
            return []
        try:
            self._client.log_batch(
                run_id,
                metrics=[thing for thing in things if isinstance(thing, Metric)],
                params=[thing for thing in things if isinstance(thing, Param)],
                tags=[thing for thing in things if isinstance(thing, RunTag)],
                synchronous=True,
            )
        except MlflowException as error:
            if error.error_code != _WRONG or not self._is_active(run_id):
                raise
            if len(things) > 1:
                half = len(things) // 2
                return self._log(run_id, things[:half]) + self._log(run_id, things[half:])
            kind, key = type(things[0]), things[0].key
            self._wrong.add((run_id, kind, key))
            return [Refusal(kind=kind.__name__.lower(), key=key, reason=_first_line(error))]
        return []

    def _is_active(self, run_id: str) -> bool:
        return bool(self._client.get_run(run_id).info.lifecycle_stage == "active")

    def _create(self, name: str, tags: Mapping[str, str], *, at_ms: int | None) -> str:
        created = {_CREATED: str(round(time.time() * 1000))}
        run = self._client.create_run(
            self._experiment, start_time=at_ms, run_name=name, tags={**tags, **created}
        )
        return str(run.info.run_id)

    def _search(self, query: str) -> list[Run]:
        found: list[Run] = []
        token = None
        while True:
            page = self._client.search_runs(
                [self._experiment], filter_string=query, max_results=_PAGE, page_token=token
            )
            found += page
            token = page.token
            if not token:
                return found

    def _find_experiment(self, address: Address) -> str:
        name = self._identity.family
        found = self._client.get_experiment_by_name(name)
        if found is None:
            location = f"{address.artifact_root}/{name}" if address.artifact_root else None
            try:
                return str(self._client.create_experiment(name, artifact_location=location))
            except MlflowException:
                found = self._client.get_experiment_by_name(name)
                if found is None:
                    raise
        if found.lifecycle_stage != "active":
            raise BackendError(
                f"experiment '{name}' was deleted in MLflow",
                hint=f"bring it back: mlflow experiments restore -x {found.experiment_id}",
            )
        return str(found.experiment_id)


def _make_store(address: Address) -> None:
    """Makes an embedded store that is not there, whole or not at all.

    MLflow takes seconds to make its tables, and never again opens a store in which they were not
    all made.
    """
    path = Path(address.uri.removeprefix(SQLITE))
    if not address.uri.startswith(SQLITE) or path.exists():
        return
    for stale in path.parent.glob(f".new-{path.name}-*"):
        stale.unlink()
    # A name of its own: MLflow keeps what it has once opened.
    draft = path.with_name(f".new-{path.name}-{uuid.uuid4().hex}")
    MlflowClient(tracking_uri=f"{SQLITE}{draft}").search_experiments(max_results=1)
    draft.replace(path)


def _found(run: Run) -> FoundRun:
    tags = run.data.tags
    number = tags.get("sweeper.trial")
    created_ms = int(tags.get(_CREATED, run.info.start_time))
    return FoundRun(
        run_id=run.info.run_id,
        number=None if number is None else int(number),
        status=run.info.status,
        tags=tags,
        params=frozenset(run.data.params),
        epoch=int(run.data.metrics.get("epoch", 0)),
        age=(created_ms, run.info.run_id),
    )


def _with_epoch_last(epoch: Epoch) -> Iterator[tuple[str, float]]:
    """Where a store has the epoch's number, it has the rest too."""
    yield from ((key, value) for key, value in epoch.metrics.items() if key != "epoch")
    yield "epoch", float(epoch.epoch)


def _run_name(number: int, params: Mapping[str, Any]) -> str:
    shown = (
        f"{path.rpartition('.')[2]}={value:.3g}"
        if isinstance(value, float)
        else f"{path.rpartition('.')[2]}={value}"
        for path, value in params.items()
    )
    return " ".join((f"#{number}", *shown))[:250]


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]
