"""A look at what MLflow holds of a sweep. Reads alone: nothing is created, not even a store."""

from __future__ import annotations

import logging
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sweeper.errors import BackendError
from sweeper.tracking.address import SQLITE, Address
from sweeper.tracking.client import set_client

__all__ = ["Inspection", "StoredRun", "inspect_runs"]

_PAGE = 1000
# Rows that one query for the curves of many runs may give.
_MAX_ROWS = 25_000
_MAX_RUNS = 100
_MAX_REQUESTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run as MLflow holds it.

    Attributes:
        run_id: MLflow's.
        trial: Number of the trial; None for the run of the sweep itself.
        status: `RUNNING`, `FINISHED`, `KILLED`, `FAILED`.
        tags: All.
        params: Texts, as MLflow keeps them.
        newest: The newest value of every metric.
        curves: `(step, value)` in the order of steps, by metric; of some metrics only, see
            `Inspection.has_all_curves`.
    """

    run_id: str
    trial: int | None
    status: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    newest: Mapping[str, float]
    curves: Mapping[str, Sequence[tuple[int, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What MLflow holds of a sweep.

    Attributes:
        runs: Those with the sweep's id that nobody deleted, in no order.
        has_all_curves: Whether the curves of all metrics were read, not just those asked for:
            a database gives them at once, a server one by one.
    """

    runs: Sequence[StoredRun]
    has_all_curves: bool


def inspect_runs(
    address: Address, *, sweep_id: str, family: str, metrics: Iterable[str]
) -> Inspection:
    """Reads the runs of a sweep.

    Args:
        address: Where MLflow is; an embedded store that is not there holds no runs.
        sweep_id: Of the sweep.
        family: Name of its experiment.
        metrics: Whose curves are read in any case.

    Raises:
        BackendError: MLflow does not answer, or its store can't be read.
    """
    if address.uri.startswith(SQLITE) and not _is_store(Path(address.uri.removeprefix(SQLITE))):
        return Inspection(runs=(), has_all_curves=True)
    set_client()
    from mlflow import MlflowClient

    from sweeper.tracking.trouble import TROUBLES, describe

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # whoever calls us says what failed
    try:
        client = MlflowClient(tracking_uri=address.uri)
        experiment = client.get_experiment_by_name(family)
        if experiment is None:
            return Inspection(runs=(), has_all_curves=True)
        if experiment.lifecycle_stage != "active":
            restore = f"mlflow experiments restore -x {experiment.experiment_id}"
            raise BackendError(f"experiment '{family}' was deleted there", hint=restore)
        found = list(_find_runs(client, experiment.experiment_id, sweep_id))
        read_all = getattr(client._tracking_client.store, "get_metric_history_bulk", None)
        if read_all is not None:
            return Inspection(runs=_with_all_curves(found, read_all), has_all_curves=True)
        return Inspection(runs=_with_curves(client, found, list(metrics)), has_all_curves=False)
    except TROUBLES as error:
        raise BackendError(f"MLflow at {address.uri} can't be read: {describe(error)}") from error


def _is_store(path: Path) -> bool:
    """Whether an MLflow database is there; MLflow itself would create one, or mend it.

    Raises:
        BackendError: Something else is there, or half a one.
    """
    if not path.is_file():
        return False
    try:
        # Not read-only: SQLite takes back what a process that was killed had half written.
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as database:
            tables = {
                name
                for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
            }
            is_whole = {"alembic_version", "experiments"} <= tables and all(
                database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("alembic_version", "experiments")
            )
    except sqlite3.Error as error:
        raise BackendError(f"{path} can't be read: {error}") from error
    if not is_whole:
        raise BackendError(
            f"{path} is half an MLflow store; MLflow will not mend it",
            hint="delete it, then: sweeper sync NAME --rebuild",
        )
    return True


def _find_runs(client: Any, experiment: str, sweep_id: str) -> Iterator[StoredRun]:
    token = None
    while True:
        page = client.search_runs(
            [experiment],
            filter_string=f"tags.`sweeper.sweep_id` = '{sweep_id}'",
            max_results=_PAGE,
            page_token=token,
        )
        for run in page:
            number = run.data.tags.get("sweeper.trial")
            yield StoredRun(
                run_id=run.info.run_id,
                trial=None if number is None else int(number),
                status=run.info.status,
                tags=dict(run.data.tags),
                params=dict(run.data.params),
                newest=dict(run.data.metrics),
                curves={},
            )
        token = page.token
        if not token:
            return


def _with_curves(client: Any, runs: Sequence[StoredRun], metrics: Sequence[str]) -> list[StoredRun]:
    """Adds the curves of some metrics, a request each; several at once, for a server is slow."""
    wanted = [(run.run_id, key) for run in runs for key in metrics if key in run.newest]

    def read(asked: tuple[str, str]) -> list[tuple[int, float]]:
        return sorted((point.step, point.value) for point in client.get_metric_history(*asked))

    curves: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(dict)
    with ThreadPoolExecutor(_MAX_REQUESTS) as pool:
        for (run_id, key), curve in zip(wanted, pool.map(read, wanted), strict=True):
            curves[run_id][key] = curve
    return [replace(run, curves=curves[run.run_id]) for run in runs]


def _with_all_curves(runs: Sequence[StoredRun], read_all: Any) -> list[StoredRun]:
    """Adds the curves of all metrics, few queries for many runs."""
    curves: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(dict)
    for key in sorted({key for run in runs for key in run.newest}):
        having = [run.run_id for run in runs if key in run.newest]
        for start in range(0, len(having), _MAX_RUNS):
            for run_id, points in _read_curves(read_all, having[start : start + _MAX_RUNS], key):
                curves[run_id][key] = points
    return [replace(run, curves=curves[run.run_id]) for run in runs]


def _read_curves(
    read_all: Any, run_ids: Sequence[str], key: str
) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    limit = _MAX_ROWS if len(run_ids) > 1 else None
    rows = read_all(list(run_ids), key, limit)
    if limit is not None and len(rows) >= limit:
        middle = len(run_ids) // 2
        yield from _read_curves(read_all, run_ids[:middle], key)
        yield from _read_curves(read_all, run_ids[middle:], key)
        return
    points: dict[str, list[tuple[int, float]]] = {run_id: [] for run_id in run_ids}
    for row in rows:
        points[row.run_id].append((row.step, row.value))
    for run_id, curve in points.items():
        yield run_id, sorted(curve)
