"""Runs the trials of a sweep that exists: lock, Ray, MLflow mirror, signals, and a clean end."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import FrameType

import optuna

from sweeper.engine.cluster import Cluster, local_ray
from sweeper.engine.desk import Desk
from sweeper.engine.loading import user_import_paths
from sweeper.engine.resources import Plan, plan_resources
from sweeper.engine.session import Order
from sweeper.paths import Home, SweepPaths
from sweeper.pruning import build_pruner
from sweeper.spec import SweepSpec, dump_training
from sweeper.study.budget import read_budget, spend
from sweeper.study.ledger import Ledger, Ticket
from sweeper.study.lock import Driver
from sweeper.study.records import SweepRecord, read_record
from sweeper.tracking.address import resolve_address
from sweeper.tracking.identity import SweepIdentity
from sweeper.tracking.mirror import Mirror
from sweeper.watching import Watcher

__all__ = ["Drive", "Outcome", "Result"]

_SERVER_PATIENCE_S = 60.0
_HURRIED_PATIENCE_S = 3.0


class Outcome(StrEnum):
    """How a driver's work ended."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    OUT_OF_TIME = "out of time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a driver leaves behind.

    Attributes:
        outcome: How it ended.
        record: The study as it stands.
        spec: What was asked for.
        paths: The sweep's folder.
        max_trials: The budget of trials, extensions included.
        mirrored: Whether MLflow holds everything; if not, the next `resume` sends the rest.
    """

    outcome: Outcome
    record: SweepRecord
    spec: SweepSpec
    paths: SweepPaths
    max_trials: int
    mirrored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """One driver's work on a sweep that it has locked.

    Attributes:
        home: Where sweeps live.
        paths: The sweep's folder.
        spec: What was asked for.
        study: The durable study.
        driver: Us.
        watcher: Shows progress.
    """

    home: Home
    paths: SweepPaths
    spec: SweepSpec
    study: optuna.Study
    driver: Driver
    watcher: Watcher

    def run(self) -> Result:
        """Runs until the budget is used up or somebody stops it.

        Raises:
            UserError: A trial asks for more than there is.
            BackendError: Ray or the disk does not work.
        """
        budget = read_budget(self.study, self.spec)
        mirror = self._start_mirror()
        ledger = Ledger(
            paths=self.paths,
            spec=self.spec,
            study=self.study,
            decider=build_pruner(self.spec.pruning, self.spec.budget.epochs),
            max_trials=budget.trials,
            listeners=(mirror, self.watcher),
        )
        desk = Desk(ledger, on_closing=self._say_closing, hours_left=budget.hours_left)
        started_s = time.monotonic()
        try:
            if not ledger.is_done:
                self.watcher.phase("starting Ray")
                with _log_to(self.paths.log), local_ray() as cluster:
                    self._run_trials(desk, cluster, budget.trials)
        finally:
            desk.let_go()
            spend(self.study, time.monotonic() - started_s)
            outcome = _outcome(desk, read_record(self.study), budget.trials)
            mirrored = self._close(mirror, outcome)
        return Result(
            outcome=outcome,
            record=read_record(self.study),
            spec=self.spec,
            paths=self.paths,
            max_trials=budget.trials,
            mirrored=mirrored,
        )

    def _run_trials(self, desk: Desk, cluster: Cluster, max_trials: int) -> None:
        # Ray reads its settings from the environment on import; `local_ray` has set them.
        from sweeper.engine.running import run_trials

        plan = plan_resources(
            self.spec.resources, cpus=cluster.cpus, gpus=cluster.gpus, max_trials=max_trials
        )
        desk.places = plan.places
        self.watcher.begin(self.spec, plan, read_record(self.study), max_trials)
        self.watcher.phase("starting workers")

        def place_order(ticket: Ticket) -> Order:
            return self._place_order(ticket, plan)

        with _stop_signals(desk):
            run_trials(desk, plan, place_order, ray_dir=self.paths.ray)

    def _say_closing(self) -> None:
        self.watcher.phase(
            "stopping: running epochs have 20 s to end, then their trials wait at their last "
            "checkpoint (ctrl-C again: stop at once)"
        )

    def _place_order(self, ticket: Ticket, plan: Plan) -> Order:
        trial = self.paths.trial(ticket.number)
        trial.root.mkdir(parents=True, exist_ok=True)
        text = dump_training(self.spec.trainable, ticket.seed, ticket.config)
        trial.config.write_text(text, encoding="utf-8")
        return Order(
            number=ticket.number,
            trainable=self.spec.trainable,
            config=ticket.config,
            seed=ticket.seed,
            trial_dir=trial.root,
            cache_dir=self.home.cache,
            device=plan.device,
            cpu_threads=plan.cpu_threads,
            import_paths=user_import_paths(),
            from_epoch=ticket.from_epoch,
            driver_note=self.paths.driver,
            driver_token=self.driver.token,
        )

    def _start_mirror(self) -> Mirror:
        attrs = self.study.user_attrs
        address = resolve_address(self.home, attrs["tracking_uri"])
        identity = SweepIdentity(
            sweep_id=attrs["sweep_id"],
            name=self.spec.name,
            family=self.spec.family,
            tags={f"sweeper.{key}": str(value) for key, value in attrs["facts"].items()},
        )
        mirror = Mirror(address, identity, self.paths, self.watcher.note)
        mirror.start(read_record(self.study))
        return mirror

    def _close(self, mirror: Mirror, outcome: Outcome) -> bool:
        self.watcher.phase("finishing the MLflow runs")
        finished = outcome is Outcome.FINISHED
        patience_s = _SERVER_PATIENCE_S if finished else _HURRIED_PATIENCE_S
        return mirror.close(read_record(self.study), finished=finished, patience_s=patience_s)


def _outcome(desk: Desk, record: SweepRecord, max_trials: int) -> Outcome:
    if record.num_ended >= max_trials:
        return Outcome.FINISHED
    return Outcome.OUT_OF_TIME if desk.out_of_time else Outcome.INTERRUPTED


@contextmanager
def _log_to(path: Path) -> Iterator[None]:
    """Appends what sweeper logs to a file."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger("sweeper")
    level = root.level
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


@contextmanager
def _stop_signals(desk: Desk) -> Iterator[None]:
    """The first SIGINT or SIGTERM closes the desk, the second ends everything at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        if desk.is_closing:
            raise KeyboardInterrupt
        desk.close()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
