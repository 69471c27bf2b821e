"""The runs of the magnitude study, read from their sweeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sweeper.paths import Home
from sweeper.study.events import State
from sweeper.study.records import TrialRecord, read_record
from sweeper.study.store import open_study

__all__ = ["EARLY_EPOCHS", "MEASURED", "METRICS", "Run", "read_runs"]

#: Epochs of 20 at which early metrics are read, by the name of the field.
EARLY_EPOCHS = {"at_10": 2, "at_25": 5}
MEASURED = (*EARLY_EPOCHS, "final")
METRICS = {
    "magnitude": "val/hv_magnitude",
    "aligned": "val/hv_magnitude_aligned",
    "mse_ratio": "val/hv_mse_ratio",
    "aji": "val/aji",
    "default_aji": "val/default/aji",
    "pq": "val/pq",
    "dice": "val/dice",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One trained network.

    Attributes:
        data: Name of the data set.
        seed: Of the sweep of weights; None: a trial of the broad sweep.
        term: `none`, `magnitude` or `aligned`.
        weight: Of that term; 0 for `none`.
        gradient: Weight of the gradient term.
        at_10: Metrics by the names of `METRICS` after 10 % of the epochs.
        at_25: After 25 %.
        final: At the end.
    """

    data: str
    seed: int | None
    term: str
    weight: float
    gradient: float
    at_10: Mapping[str, float]
    at_25: Mapping[str, float]
    final: Mapping[str, float]


def read_runs(home: Path, data: str, seed: int | None) -> Iterator[Run]:
    """Reads the trials of a sweep of weights, or with `seed` None those of the broad sweep.

    Raises:
        SystemExit: Some are missing.
    """
    record = read_record(open_study(Home.at(home), f"{data}-{'broad' if seed is None else seed}"))
    ended = [trial.state for trial in record.trials]
    if any(state is not State.COMPLETED for state in ended):
        raise SystemExit(f"{record.name}: not all trials were completed: {ended}")
    for trial in record.trials:
        yield _read_run(trial, data, seed)


def _read_run(trial: TrialRecord, data: str, seed: int | None) -> Run:
    magnitude = trial.params["loss.hv_magnitude"]
    aligned = trial.params.get("loss.hv_aligned", 0.0)
    term = "magnitude" if magnitude else "aligned" if aligned else "none"
    by_epoch = {epoch.epoch: epoch.metrics for epoch in trial.epochs}
    looks = {**EARLY_EPOCHS, "final": max(by_epoch)}
    measured = {
        moment: {name: by_epoch[epoch][metric] for name, metric in METRICS.items()}
        for moment, epoch in looks.items()
    }
    return Run(
        data=data,
        seed=seed,
        term=term,
        weight=magnitude or aligned,
        gradient=trial.params["loss.hv_gradient"],
        **measured,
    )
