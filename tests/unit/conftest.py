"""The command line, run in this process; a sweep of a toy to look at."""

import sys

import pytest

from sweeper.cli.app import main
from sweeper.engine.session import Order, Session
from sweeper.paths import Home
from sweeper.spec import read_spec
from sweeper.spec.training import dump_training
from sweeper.study.events import State
from sweeper.study.ledger import Ledger
from sweeper.study.store import create_sweep, open_study


@pytest.fixture
def sweeper(monkeypatch, capsys):
    """Runs a command line; returns its exit code and all that it printed."""

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.setattr(sys, "argv", ["sweeper", *arguments])
        code: int | str | None = 0
        try:
            main()
        except SystemExit as done:
            code = done.code
        printed = capsys.readouterr()
        return int(code or 0), printed.out + printed.err

    return call


class GoOn:
    def decide(self, study, trial):
        return None


@pytest.fixture
def place(tmp_path, toys):
    """A sweep as a driver leaves it; no Ray, no MLflow.

    Trials: completed, pruned, failed after an epoch, interrupted, queued.
    """
    home = Home.at(tmp_path / "home")
    spec = read_spec(toys / "toy_decoder.yaml").spec
    start = [{"x": 0.1 * (number + 1), "lr": 0.5} for number in range(5)]
    create_sweep(home, spec, start=start, attrs={"sweep_id": "s1", "tracking_uri": None})
    paths = home.sweep("toyd")
    ledger = Ledger(
        paths=paths, spec=spec, study=open_study(home, "toyd"), decider=GoOn(), max_trials=8
    )
    session = Session()
    for number, epochs in enumerate((4, 2, 1, 2)):
        ticket = ledger.next_ticket()
        trial = paths.trial(number)
        session.begin(
            Order(
                number=number,
                trainable=spec.trainable,
                config=ticket.config,
                seed=ticket.seed,
                trial_dir=trial.root,
                cache_dir=tmp_path,
                import_paths=(str(toys),),
                best_by=ledger.best_by,
            )
        )
        text = dump_training(spec.trainable, ticket.seed, ticket.config)
        trial.config.write_text(text, encoding="utf-8")
        for _ in range(epochs):
            report = session.next_report()
            ledger.record(number, report.epoch, report.metrics, report.chosen)
            ledger.settle(number)
    session.close()
    ledger.end(1, State.PRUNED, "pruned at epoch 2: too slow")
    ledger.end(2, State.FAILED, "epoch 2 raised ValueError: no")
    return home
