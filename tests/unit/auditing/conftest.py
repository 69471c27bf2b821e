"""Two small sweeps with a real study and a real MLflow store, made once; tests break copies."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sweeper.auditing import Audit, audit
from sweeper.paths import Home
from sweeper.spec import read_spec
from sweeper.study.checkpoints import write_checkpoint
from sweeper.study.curves import last_epoch
from sweeper.study.events import State
from sweeper.study.ledger import Ledger
from sweeper.study.lock import drive
from sweeper.study.records import read_record
from sweeper.study.store import create_sweep, open_study
from sweeper.tracking.address import resolve_address
from sweeper.tracking.identity import SweepIdentity
from sweeper.tracking.mirror import Mirror, Patience

_TOY = Path(__file__).resolve().parents[2] / "toys" / "toy.yaml"
# Rises, then falls: the best checkpoint is not the newest.
_SCORES = {1: 0.1, 2: 0.2, 3: 0.4, 4: 0.3}
_SPACE = [
    "space.norm={type: choice, values: [batch, [group, 4]]}",
    "space.groups={type: int, low: 2, high: 8, when: {norm: batch}}",
    "space.width={type: fixed, value: 16}",
]
_VERDICTS = [
    {"name": "high", "verdict": "success", "when": ["score@highest > 3"], "advice": "Keep it."},
    {"name": "broke", "verdict": "failed", "ended": "failed", "advice": "Read why."},
    {"name": "low", "verdict": "partial", "when": ["score < 1"], "at": "first"},
]


class _Decider:
    def decide(self, study, trial):
        stops = trial.number == 1 and last_epoch(trial) == 2
        return "pruned at epoch 2: too slow" if stops else None


class Scene:
    """A home with the finished sweep `done` and the interrupted sweep `open`, to be broken."""

    def __init__(self, root: Path) -> None:
        self.home = Home.at(root)

    def audit(self, name: str = "done") -> Audit:
        return audit(name, self.home.root)

    def kinds(self, name: str = "done") -> list[str]:
        return [finding.kind for finding in self.audit(name).findings]

    def only(self, name: str = "done"):
        """The one finding that there is."""
        found = self.audit(name).findings
        assert len(found) == 1, found
        return found[0]

    def sql(self, statement: str, *values: object) -> None:
        """Changes MLflow's store behind its back."""
        with closing(sqlite3.connect(self.home.mlflow_db)) as database, database:
            changed = database.execute(statement, values)
            assert changed.rowcount, "nothing was changed"

    def run_id(self, trial: int, name: str = "done") -> str:
        sweep_id = open_study(self.home, name).user_attrs["sweep_id"]
        with closing(sqlite3.connect(self.home.mlflow_db)) as database:
            ((found,),) = database.execute(
                "SELECT a.run_uuid FROM tags a JOIN tags b ON a.run_uuid = b.run_uuid "
                "WHERE a.key = 'sweeper.trial' AND a.value = ? AND b.value = ?",
                (str(trial), sweep_id),
            ).fetchall()
        return str(found)

    def rewrite_journal(self, change, name: str = "done") -> None:
        """Passes every record of the journal through `change`; None drops it."""
        journal = self.home.sweep(name).journal
        records = [change(json.loads(line)) for line in journal.read_text().splitlines()]
        kept = [json.dumps(record) for record in records if record is not None]
        assert kept != journal.read_text().splitlines()
        journal.write_text("".join(f"{line}\n" for line in kept))


@pytest.fixture(scope="session")
def _original(tmp_path_factory) -> Path:
    home = Home.at(tmp_path_factory.mktemp("audited") / "home")
    _sweep(home, "done", end=True)
    _sweep(home, "open", end=False)
    return home.root


@pytest.fixture
def scene(_original, tmp_path) -> Scene:
    copy = tmp_path / "home"
    shutil.copytree(_original, copy)
    return Scene(copy)


def _sweep(home: Home, name: str, *, end: bool) -> None:
    """Trials: completed, pruned, failed, completed; the last is interrupted unless `end`."""
    verdicts = f"verdicts={json.dumps(_VERDICTS)}"
    settings = [f"name={name}", "budget.trials=4", "seed=1", *_SPACE, verdicts]
    spec = read_spec(_TOY, settings).spec
    attrs = {"sweep_id": f"id-of-{name}", "tracking_uri": None, "facts": {}}
    paths = create_sweep(home, spec, start=(), attrs=attrs)
    study = open_study(home, name)
    identity = SweepIdentity(sweep_id=f"id-of-{name}", name=name, family=name, tags={})
    with drive(paths):
        mirror = Mirror(
            resolve_address(home, None),
            identity,
            paths,
            spec.space,
            lambda number: read_record(study).trials[number],
            print,
        )
        mirror.start(read_record(study))
        ledger = Ledger(
            paths=paths,
            spec=spec,
            study=study,
            decider=_Decider(),
            max_trials=4,
            listeners=(mirror,),
        )
        for number in range(4):
            ledger.next_ticket()
            _run(ledger, number, end=end)
        patience = Patience(quiet_s=60, busy_s=60, total_s=60)
        delivery = mirror.close(read_record(study), is_finished=end, patience=patience)
        assert delivery.is_complete


def _run(ledger: Ledger, number: int, *, end: bool) -> None:
    for epoch in (1, 2, 3, 4):
        if number == 2 and epoch == 2:
            ledger.end(number, State.FAILED, "epoch 2 raised ValueError: no")
            break
        if number == 3 and epoch == 3 and not end:
            ledger.interrupt(number)
            break
        _train(ledger, number, epoch)
        if ledger.settle(number):
            break


def _train(ledger: Ledger, number: int, epoch: int) -> None:
    metrics = {"score": _SCORES[epoch] + number, "train/loss": 1 / epoch, "epoch": float(epoch)}
    folder = ledger.paths.trial(number).checkpoints

    def save(state: Path) -> None:
        (state / "weights").write_text(f"weights of {epoch}")

    chosen = {"decode.cut": epoch / 10} if number != 2 else {}
    write_checkpoint(folder, epoch, metrics, save, chosen=chosen)
    ledger.record(number, epoch, metrics, chosen)
