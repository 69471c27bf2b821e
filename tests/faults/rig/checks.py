"""What must be true of a sweep that is over, whatever happened to it on the way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from processes import left_behind, wait_until
from stage import Stage

from sweeper.paths import Home
from sweeper.study.events import State
from sweeper.study.records import SweepRecord, TrialRecord, read_record
from sweeper.study.store import open_study

__all__ = ["Curves", "check_the_rest", "curves_of"]

#: The metrics of each epoch, by trial.
Curves = Mapping[int, Sequence[Mapping[str, float]]]

_PROCESSES_END_S = 10.0
_FILES = [
    re.compile(pattern)
    for pattern in (
        r"mlflow\.db",
        r"\.mlflow\.lock",
        r"mlartifacts/.+",
        r"\.cache/.+",
        r"[^/]+/(spec\.yaml|study\.journal(\.lock)?|lock|driver\.json|log)",
        r"[^/]+/ray/.+",
        r"[^/]+/trials/\d+/(config\.yaml|log|artifacts/[^/]+)",
        r"[^/]+/trials/\d+/spool/(outbox\.jsonl|sent\.json)",
        r"[^/]+/trials/\d+/checkpoints/epoch-\d{5}/(meta\.json|state/[^/]+)",
    )
]


def curves_of(home: Path, name: str = "walk") -> Curves:
    """What the study holds of each completed trial."""
    record = read_record(open_study(Home.at(home), name))
    return {
        trial.number: [dict(epoch.metrics) for epoch in trial.epochs]
        for trial in record.trials
        if trial.state is State.COMPLETED
    }


def check_the_rest(home: Path, stage: Stage, store: str | None, name: str) -> None:
    """Fails if there is what `sweeper audit` does not look for.

    It looks for nothing outside the folder of its sweep, at no metric but the objective, and for no
    process that has lost the mark of its sweep; that a trial failed is in order for it.
    """
    record = read_record(open_study(Home.at(home), name))
    for trial in record.trials:
        assert trial.state is State.COMPLETED, (trial.number, trial.state, trial.reason)
    _check_curves(record, store or f"sqlite:///{home / 'mlflow.db'}")
    _check_files(home)
    assert wait_until(lambda: not left_behind(stage), _PROCESSES_END_S), [
        " ".join(process.cmdline()) for process in left_behind(stage)
    ]


def _check_curves(record: SweepRecord, store: str) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=store)
    experiments = [found.experiment_id for found in client.search_experiments()]
    runs = client.search_runs(experiments)
    assert len(runs) == len(record.trials) + 1
    for run in runs:
        number = run.data.tags.get("sweeper.trial")
        if number is None:
            assert run.info.status == "FINISHED"
            continue
        run_id = run.info.run_id
        curves = {
            name: sorted((m.step, m.value) for m in client.get_metric_history(run_id, name))
            for name in run.data.metrics
        }
        assert curves == _told(record.trials[int(number)]), number


def _told(trial: TrialRecord) -> dict[str, list[tuple[int, float]]]:
    """What MLflow should hold of a trial: `(step, value)` by metric."""
    curves = defaultdict(list)
    for epoch in trial.epochs:
        for name, value in {**epoch.metrics, "epoch": float(epoch.epoch)}.items():
            curves[name].append((epoch.epoch, value))
    return dict(curves)


def _check_files(home: Path) -> None:
    names = [path.relative_to(home).as_posix() for path in home.rglob("*") if not path.is_dir()]
    stray = [name for name in names if not any(known.fullmatch(name) for known in _FILES)]
    assert stray == []
