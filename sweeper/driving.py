"""Runs the trials of a sweep that exists: lock, Ray, MLflow mirror, signals, and a clean end."""

from __future__ import annotations

import contextlib
import logging
import math
import sys
import time
from dataclasses import dataclass
from enum import StrEnum

import optuna

from sweeper.engine.closing import Closing, Why
from sweeper.engine.cluster import Cluster, local_ray
from sweeper.engine.desk import Desk
from sweeper.engine.loading import user_import_paths
from sweeper.engine.resources import Plan, plan_resources
from sweeper.engine.session import Order
from sweeper.errors import BackendError
from sweeper.paths import Home, SweepPaths
from sweeper.process import log_to, stop_signals
from sweeper.pruning import build_pruner
from sweeper.spec import SweepSpec, dump_training
from sweeper.study.budget import read_budget, spend
from sweeper.study.found import judged_words
from sweeper.study.judging import judge_again
from sweeper.study.ledger import Ledger, Ticket
from sweeper.study.lock import Driver
from sweeper.study.records import SweepRecord, read_record
from sweeper.study.stopping import read_request
from sweeper.study.workers import end_strays, forget_dead_workers, mark_children, stray_processes
from sweeper.tracking.mirror import Mirror, Patience
from sweeper.watching import Watcher

__all__ = ["Drive", "Outcome", "Result"]

logger = logging.getLogger(__name__)

# Ray has used most of the 30 s in which a driver that was told to stop must end.
_HURRIED = Patience(quiet_s=3, busy_s=3, total_s=5)
_AT_ONCE = Patience(quiet_s=1, busy_s=1, total_s=1)
_PATIENT = Patience(quiet_s=5, busy_s=30, total_s=math.inf)
_LINGERING_S = 5.0
# Ray is started again after a death, unless it dies so often so soon.
_MAX_DEATHS = 3
_SHORT_LIFE_S = 600.0


class Outcome(StrEnum):
    """How a driver's work ended."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    OUT_OF_TIME = "out of time"
    GAVE_UP = "gave up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a driver leaves behind.

    Attributes:
        outcome: How it ended.
        record: The study as it stands.
        spec: What was asked for.
        paths: The sweep's folder.
        max_trials: The budget of trials, extensions included.
        mirrored: Whether MLflow holds everything; if not, `sweeper sync` or the next `resume`
            sends the rest.
        verdict: Why the driver gave up, a sentence; empty if it did not.
    """

    outcome: Outcome
    record: SweepRecord
    spec: SweepSpec
    paths: SweepPaths
    max_trials: int
    mirrored: bool
    verdict: str = ""


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
        with log_to(self.paths.log):
            return self._run()

    def _run(self) -> Result:
        budget = read_budget(self.study, self.spec)
        self._clear_up()
        self._judge_again()
        mirror = self._start_mirror()
        ledger = Ledger(
            paths=self.paths,
            spec=self.spec,
            study=self.study,
            decider=build_pruner(self.spec.pruning, self.spec.budget.epochs),
            max_trials=budget.trials,
            listeners=(mirror, self.watcher),
            note=self.watcher.note,
        )
        ledger.tidy()
        closing = Closing(
            announce=lambda why: self._announce(why, ledger), hours_left=budget.hours_left
        )
        started_s = time.monotonic()
        outcome = Outcome.INTERRUPTED
        try:
            with stop_signals(closing):
                self._run_trials(ledger, closing)
            outcome = _outcome(closing, ledger)
        finally:
            ledger.interrupt_all()
            forget_dead_workers(self.paths)
            self.paths.stop.unlink(missing_ok=True)
            with contextlib.suppress(BackendError):  # on a full disk the time is lost
                spend(self.study, time.monotonic() - started_s)
            mirrored = self._close(mirror, outcome)
        return Result(
            outcome=outcome,
            record=read_record(self.study),
            spec=self.spec,
            paths=self.paths,
            max_trials=budget.trials,
            mirrored=mirrored,
            verdict=ledger.verdict if outcome is Outcome.GAVE_UP else "",
        )

    def _clear_up(self) -> None:
        """Workers of a driver that was killed must not train beside ours, nor hold the GPU."""
        if stray_processes(self.paths):
            self.watcher.phase("ending processes that the driver before left behind")
        end_strays(self.paths, patience_s=_LINGERING_S)
        self.paths.stop.unlink(missing_ok=True)

    def _judge_again(self) -> None:
        """Mends what is not as the rules say; `--extend` has judged by changed ones already."""
        changed = judge_again(self.study, self.spec)
        if changed:
            self.watcher.note(judged_words(changed))

    def _run_trials(self, ledger: Ledger, closing: Closing) -> None:
        """Until the ledger has no more or the desk closes; a Ray that breaks is started again.

        Raises:
            BackendError: Ray breaks again and again, or the study can't be written.
        """
        deaths = 0
        while deaths < _MAX_DEATHS and not (ledger.is_done or closing.has_begun):
            started_s = time.monotonic()
            self.watcher.phase("starting Ray")
            with mark_children(self.paths), local_ray() as cluster:
                self._run_on(cluster, ledger, closing)
            ledger.interrupt_all()
            end_strays(self.paths, patience_s=0)
            if not closing.has_lost_ray:
                return
            closing.has_lost_ray = False
            deaths = deaths + 1 if time.monotonic() - started_s < _SHORT_LIFE_S else 1
            self.watcher.note("a process of Ray died; starting Ray again")
        if deaths == _MAX_DEATHS:
            raise BackendError(
                f"Ray died {deaths} times within minutes of its start",
                hint="its logs are in /tmp/ray/session_latest/logs; "
                f"go on with: sweeper resume {self.paths.name}{self.home.option}",
            )

    def _run_on(self, cluster: Cluster, ledger: Ledger, closing: Closing) -> None:
        # Ray reads its settings from the environment on import; `local_ray` has set them.
        from sweeper.engine.running import run_trials

        plan = plan_resources(
            self.spec.resources,
            cpus=cluster.cpus,
            gpus=cluster.gpus,
            max_trials=ledger.max_trials,
        )
        self.watcher.begin(self.spec, plan, read_record(self.study), ledger.max_trials)
        self.watcher.phase("starting workers")
        desk = Desk(
            ledger,
            places=plan.places,
            place_order=lambda ticket: self._place_order(ticket, ledger, plan),
            closing=closing,
            is_alive=lambda: cluster.is_alive,
            read_request=lambda: read_request(self.paths, self.driver),
        )
        try:
            run_trials(desk, plan, ray_dir=self.paths.ray)
        except BackendError:
            if desk.trouble is None and cluster.is_alive:
                raise
        if desk.trouble is not None:
            raise desk.trouble
        closing.has_lost_ray = not cluster.is_alive

    def _announce(self, why: Why, ledger: Ledger) -> None:
        reason = {
            Why.ASKED: "stopping",
            Why.OUT_OF_TIME: "stopping, the hours are used up",
            Why.GAVE_UP: f"stopping early, {ledger.verdict}",
        }
        self.watcher.phase(
            f"{reason.get(why, why)}; running epochs have 20 s to end, then their trials wait at "
            "their last checkpoint (ctrl-C again: stop at once)"
        )

    def _place_order(self, ticket: Ticket, ledger: Ledger, plan: Plan) -> Order:
        trial, hang_s = self.paths.trial(ticket.number), self.spec.faults.hang_s
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
            best_by=ledger.best_by,
            hang_s=None if hang_s == "off" else hang_s,
        )

    def _start_mirror(self) -> Mirror:
        mirror = Mirror.of(self.paths, self.spec, self.study, self.watcher.note)
        mirror.start(read_record(self.study))
        return mirror

    def _close(self, mirror: Mirror, outcome: Outcome) -> bool:
        patience = _HURRIED if outcome is Outcome.INTERRUPTED else _PATIENT
        if isinstance(sys.exception(), KeyboardInterrupt):
            patience = _AT_ONCE
        waits = f"; the server has {patience.quiet_s:g} s to answer again" if mirror.trouble else ""
        self.watcher.phase(f"finishing the MLflow runs{waits}")
        delivery = mirror.close(
            read_record(self.study), is_finished=outcome is Outcome.FINISHED, patience=patience
        )
        if not delivery.is_complete:
            logger.warning("%d reports wait for MLflow: %s", delivery.num_waiting, delivery.trouble)
        return delivery.is_complete


def _outcome(closing: Closing, ledger: Ledger) -> Outcome:
    if ledger.is_done:
        return Outcome.FINISHED
    match closing.why:
        case Why.OUT_OF_TIME:
            return Outcome.OUT_OF_TIME
        case Why.GAVE_UP:
            return Outcome.GAVE_UP
        case _:
            return Outcome.INTERRUPTED
