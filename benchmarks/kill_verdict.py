"""What became of the trials of `kills.py`, against the same trials without kills."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from kill_diary import EPOCHS


def undisturbed(folder: Path, trials: int) -> dict[int, tuple[dict, list]]:
    """Parameters and metrics of the same trials, without Ray and without anybody being killed."""
    from sweeper.engine.session import EpochReport, Order, Session
    from sweeper.paths import Home
    from sweeper.pruning import build_pruner
    from sweeper.spec import read_spec
    from sweeper.study.ledger import Ledger
    from sweeper.study.store import create_sweep, open_study

    home = Home.at(folder / "undisturbed")
    spec = read_spec(folder / "space.yaml", [f"budget.trials={trials}"]).spec
    paths = create_sweep(home, spec, start=[], attrs={})
    decider = build_pruner(spec.pruning, EPOCHS)
    study = open_study(home, spec.name)
    ledger = Ledger(paths=paths, spec=spec, study=study, decider=decider, max_trials=trials)
    session, found = Session(), {}
    for _ in range(trials):
        ticket = ledger.next_ticket()
        session.begin(
            Order(
                number=ticket.number,
                trainable=spec.trainable,
                config=ticket.config,
                seed=ticket.seed,
                trial_dir=paths.trial(ticket.number).root,
                cache_dir=home.cache,
            )
        )
        reports = [session.next_report() for _ in range(EPOCHS)]
        assert all(isinstance(report, EpochReport) for report in reports), reports
        found[ticket.number] = (dict(ticket.params), [dict(report.metrics) for report in reports])
    session.close()
    return found


@dataclass(frozen=True)
class MirroredRun:
    """A run of a trial in MLflow; `steps` says how often each epoch is there."""

    status: str
    steps: Counter

    @property
    def is_whole(self) -> bool:
        return self.status == "FINISHED" and set(self.steps) == set(range(1, EPOCHS + 1))


def mirrored_runs(home: Path) -> dict[int, list[MirroredRun]]:
    """All runs of each trial."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
    (experiment,) = [
        found.experiment_id for found in client.search_experiments() if found.name == "kills"
    ]
    runs, token = defaultdict(list), None
    while True:
        page = client.search_runs([experiment], max_results=500, page_token=token)
        for run in page:
            if "sweeper.trial" in run.data.tags:
                history = client.get_metric_history(run.info.run_id, "epoch")
                steps = Counter(metric.step for metric in history)
                number = int(run.data.tags["sweeper.trial"])
                runs[number].append(MirroredRun(run.info.status, steps))
        token = page.token
        if not token:
            return runs


@dataclass(frozen=True)
class Verdict:
    """Trials by what is wrong with them."""

    lost: set[int]
    doubled: set[int]
    diverging: set[int]


def judge(home: Path, expected: dict[int, tuple[dict, list]]) -> Verdict:
    from sweeper.paths import Home
    from sweeper.study.events import State
    from sweeper.study.records import read_record
    from sweeper.study.store import open_study

    trials = read_record(open_study(Home.at(home), "kills")).trials
    mirrored = mirrored_runs(home)
    whole = list(range(1, EPOCHS + 1))
    in_study = {
        trial.number: (dict(trial.params), [dict(epoch.metrics) for epoch in trial.epochs])
        for trial in trials
        if trial.state is State.COMPLETED and [e.epoch for e in trial.epochs] == whole
    }
    in_mlflow = {number for number, runs in mirrored.items() if any(run.is_whole for run in runs)}
    lost = set(expected) - (in_study.keys() & in_mlflow)
    doubled = {
        number
        for number, runs in mirrored.items()
        if len(runs) > 1 or any(count > 1 for run in runs for count in run.steps.values())
    }
    doubled |= in_study.keys() - expected.keys()
    shared = in_study.keys() & expected.keys()
    diverging = {number for number in shared if in_study[number] != expected[number]}
    return Verdict(lost, doubled, diverging)
