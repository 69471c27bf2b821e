"""A study in memory with a mirror on a real MLflow store."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace

import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType

from sweeper.parameters.kinds import ChoiceParameter, FloatParameter
from sweeper.paths import Home
from sweeper.study.amendments import Amendment
from sweeper.study.curves import Epoch
from sweeper.study.events import (
    EpochRecorded,
    State,
    TrialEnded,
    TrialRetried,
    TrialStarted,
)
from sweeper.study.judged import Judged
from sweeper.study.records import Retry, SweepRecord, TrialRecord
from sweeper.tracking.address import resolve_address
from sweeper.tracking.identity import SweepIdentity
from sweeper.tracking.mirror import Mirror, Patience
from sweeper.verdicts import Judgement

PATIENT = Patience(quiet_s=20, busy_s=60, total_s=math.inf)
SPACE = {
    "x": FloatParameter(type="float", low=0.0, high=1.0),
    "preset": ChoiceParameter(type="choice", values=["all", ["flip", "turn"]]),
}
IDENTITY = SweepIdentity(sweep_id="s1", name="toy", family="toys", tags={"sweeper.sweep": "toy"})


class Sweep:
    """A study in memory, its mirror, and a look at what MLflow holds."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.paths = home.sweep("toy")
        self.paths.root.mkdir(parents=True)
        self.paths.spec.write_text("name: toy\n", encoding="utf-8")
        self.trials: dict[int, TrialRecord] = {}
        self.notes: list[str] = []
        self.space = SPACE
        self.mirror: Mirror | None = None

    @property
    def record(self) -> SweepRecord:
        return SweepRecord(name="toy", goals=["maximize"], trials=[*self.trials.values()], attrs={})

    def open(self, *, is_running: bool = True) -> None:
        address = resolve_address(self.home, None)
        self.mirror = Mirror(
            address, IDENTITY, self.paths, self.space, self.trials.__getitem__, self.notes.append
        )
        self.mirror.start(self.record, is_running=is_running)

    def close(self, *, is_finished: bool = True):
        return self.mirror.close(self.record, is_finished=is_finished, patience=PATIENT)

    def close_with(self, patience: Patience):
        return self.mirror.close(self.record, is_finished=False, patience=patience)

    def sync(self) -> None:
        self.open(is_running=False)
        assert self.close().is_complete

    def start(self, number: int, params=None) -> None:
        params = params or {"x": 0.1 * number, "preset": "all"}
        fresh = TrialRecord(
            number=number,
            state=State.RUNNING,
            params=params,
            epochs=[],
            reason="",
            values=(),
            ended_ms=None,
            started_ms=1000,
        )
        from_epoch = self.trials.setdefault(number, fresh).epoch
        self.tell(TrialStarted(number=number, params=params, from_epoch=from_epoch))

    def report(self, number: int, *, chosen=None, **metrics: float) -> None:
        trial = self.trials[number]
        at = trial.epoch + 1
        metrics = {"score": at / 10, **metrics}
        record = Epoch(epoch=at, metrics=metrics, at_ms=1000 + at, chosen=chosen or {})
        self.trials[number] = replace(trial, epochs=[*trial.epochs, record])
        self.tell(EpochRecorded(number=number, record=record))

    def retry(self, number: int) -> None:
        trial = self.trials[number]
        retry = Retry(attempt=1, epoch=trial.epoch, reason="it was killed", at_ms=1500)
        self.trials[number] = replace(trial, retries=[retry])
        self.tell(
            TrialRetried(
                number=number, epoch=trial.epoch, reason=retry.reason, attempt=1, at_ms=1500
            )
        )

    def end(
        self, number: int, state: State = State.COMPLETED, judgement: Judgement | None = None
    ) -> None:
        judged = None if judgement is None else Judged(index=1, judgement=judgement, at_ms=2000)
        self.trials[number] = replace(
            self.trials[number],
            state=state,
            reason="over",
            values=(0.5,),
            ended_ms=2000,
            judged=judged,
        )
        self.tell(TrialEnded(number=number, state=state, reason="over", at_ms=2000, judged=judged))

    def judge_again(self, number: int, judgement: Judgement) -> None:
        """As the next driver does when the rules have changed."""
        trial = self.trials[number]
        index = trial.judged.index + 1 if trial.judged is not None else 1
        judged = Judged(index=index, judgement=judgement, at_ms=4000)
        self.trials[number] = replace(trial, judged=judged)

    def amend(self, number: int, settings) -> None:
        """As `sweeper decode --write-back` does when nobody runs the sweep."""
        trial = self.trials[number]
        amendment = Amendment(
            trial=number,
            index=len(trial.amendments) + 1,
            at_ms=3000,
            epoch=trial.epoch,
            settings=settings,
            scores={},
            choose_by="aji",
            criterion="mean AJI",
            goal="maximize",
            num_images=1,
            fingerprint="",
            overrides=(),
            folder="",
        )
        self.trials[number] = replace(trial, amendments=[*trial.amendments, amendment])

    def choices(self, number: int) -> dict[str, str]:
        """The tags about chosen settings; an empty one says that a setting no longer applies."""
        tags = self.run(number).data.tags
        return {key: text for key, text in tags.items() if key.startswith(("chosen.", "amended."))}

    def tell(self, event) -> None:
        if self.mirror is not None:
            self.mirror(event)

    @property
    def uri(self) -> str:
        return resolve_address(self.home, None).uri

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(tracking_uri=resolve_address(self.home, None).uri)

    def runs(self, view: int = ViewType.ACTIVE_ONLY):
        experiment = self.client.get_experiment_by_name("toys")
        return self.client.search_runs([experiment.experiment_id], run_view_type=view)

    def run(self, number: int):
        (run,) = [run for run in self.runs() if run.data.tags.get("sweeper.trial") == str(number)]
        return run

    def parent(self):
        (run,) = [run for run in self.runs() if "sweeper.trial" not in run.data.tags]
        return run

    def steps(self, number: int, metric: str = "score") -> list[tuple[int, float]]:
        history = self.client.get_metric_history(self.run(number).info.run_id, metric)
        return [(point.step, point.value) for point in history]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """MLflow needs seconds to create the tables of a store; a copy will do."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(tracking_uri=f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def sweep(tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return Sweep(Home.at(tmp_path))


@pytest.fixture
def fresh_sweep(tmp_path_factory, empty_store):
    """Makes another sweep whenever it is called."""

    def make() -> Sweep:
        folder = tmp_path_factory.mktemp("home")
        shutil.copy(empty_store, folder / "mlflow.db")
        return Sweep(Home.at(folder))

    return make
