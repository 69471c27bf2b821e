"""One trial from setup to its last epoch, inline or in a Ray actor. No Ray here."""

from __future__ import annotations

import contextlib
import json
import logging
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from sweeper.engine.diagnosis import diagnose
from sweeper.engine.loading import LoadedTrainable, TrainableClass, load_trainable
from sweeper.engine.reported import checked_choice, checked_metrics
from sweeper.errors import SweeperError, TrialError
from sweeper.paths import TrialPaths
from sweeper.protocol import TrialContext
from sweeper.study.checkpoints import Wanted, newest_checkpoint, write_checkpoint
from sweeper.study.faults import Fault, FaultKind

__all__ = ["EpochReport", "Failure", "Order", "Report", "Session"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Everything a worker needs to run a trial.

    Attributes:
        number: Of the trial.
        trainable: `package.module:Class`.
        config: Complete configuration; `config["epochs"]` epochs are run.
        seed: Of the trial.
        trial_dir: Folder of the trial.
        cache_dir: Folder of prepared data.
        device: `cpu` or `cuda`.
        cpu_threads: Threads the trial may use.
        import_paths: Folders to import the trainable from.
        from_epoch: Epochs of the checkpoint to go on from; 0: from the start.
        driver_note: `driver.json` of the sweep; None when there is no driver.
        driver_token: The driver that gave the order; see `sweeper.study.lock.Driver`.
        best_by: Which checkpoint is the best; None: none is.
        hang_s: How long setup or an epoch may take before the process is ended; None: for ever.
    """

    number: int
    trainable: str
    config: Mapping[str, Any]
    seed: int
    trial_dir: Path
    cache_dir: Path
    device: str = "cpu"
    cpu_threads: int = 1
    import_paths: Sequence[str] = ()
    from_epoch: int = 0
    driver_note: Path | None = None
    driver_token: str = ""
    best_by: Wanted | None = None
    hang_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochReport:
    """An epoch that is done and saved.

    Attributes:
        epoch: From 1.
        metrics: Finite values by name.
        chosen: What the trial has chosen itself, by dotted path.
    """

    epoch: int
    metrics: Mapping[str, float]
    chosen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A trial that can't go on; the traceback is in `artifacts/traceback.txt`.

    Attributes:
        fault: What broke.
        spent: Whether the process may be damaged, and must not train another trial.
    """

    fault: Fault
    spent: bool


Report = EpochReport | Failure


class Session:
    """Runs orders one after the other, on one trainable object as long as its class stays."""

    def __init__(self) -> None:
        self._trainable: LoadedTrainable | None = None
        self._kind: TrainableClass | None = None
        self._order: Order | None = None
        self._epoch = 0
        self._failure: Failure | None = None
        self._log: logging.Handler | None = None

    def begin(self, order: Order) -> None:
        """Gets ready for a trial; a mistake shows in the first `next_report`."""
        self._order, self._epoch, self._failure = order, 0, None
        self._guard(self._set_up)

    def next_report(self) -> Report:
        """Runs one epoch, saves a checkpoint and reports."""
        if self._failure is not None:
            return self._failure
        report = self._guard(self._run_epoch)
        return report if report is not None else self._require_failure()

    def close(self) -> None:
        """Gives back what the trainable holds."""
        if self._trainable is not None:
            trainable, self._trainable = self._trainable, None
            self._guard(trainable.close)
        if self._log is not None:
            logging.getLogger().removeHandler(self._log)
            self._log.close()
            self._log = None

    def _set_up(self) -> None:
        order = self._require_order()
        paths = TrialPaths(order.trial_dir)
        paths.artifacts.mkdir(parents=True, exist_ok=True)
        self._open_log(paths, order.number)
        kind = load_trainable(order.trainable, order.import_paths)
        if self._trainable is None or self._kind is not kind:
            if self._trainable is not None:
                self._trainable.close()
            self._trainable, self._kind = cast("LoadedTrainable", kind()), kind
        context = TrialContext(
            seed=order.seed,
            number=order.number,
            workdir=order.trial_dir,
            artifacts_dir=paths.artifacts,
            cache_dir=order.cache_dir,
            device=order.device,
            cpu_threads=order.cpu_threads,
        )
        self._trainable.setup(order.config, context)
        if order.from_epoch:
            checkpoint, _ = newest_checkpoint(paths.checkpoints)
            if checkpoint is None or checkpoint.epoch != order.from_epoch:
                raise TrialError(f"the checkpoint of epoch {order.from_epoch} is gone")
            self._trainable.load(checkpoint.state)
            self._epoch = checkpoint.epoch
            logger.info("going on after epoch %d", self._epoch)

    def _run_epoch(self) -> EpochReport:
        order, trainable = self._require_order(), self._trainable
        assert trainable is not None  # set by begin, or there is a failure
        reported = trainable.step()
        self._epoch += 1
        metrics = checked_metrics(reported, self._epoch)
        chosen = checked_choice(trainable.chosen())
        _check_driver(order)
        write_checkpoint(
            TrialPaths(order.trial_dir).checkpoints,
            self._epoch,
            metrics,
            trainable.save,
            order.best_by,
            chosen=chosen,
        )
        shown = "  ".join(f"{name} {value:.5g}" for name, value in metrics.items())
        logger.info("epoch %d: %s", self._epoch, shown)
        return EpochReport(epoch=self._epoch, metrics=metrics, chosen=chosen)

    def _guard(self, action: Any) -> Any:
        """The trial boundary: whatever goes wrong in training code becomes a `Failure`."""
        try:
            return action()
        except (Exception, SystemExit) as error:
            logger.exception("trial failed")
            self._failure = self._explain(error)
            self._keep_traceback(traceback.format_exc())
            if self._failure.spent:
                self._trainable = None
        return None

    def _explain(self, error: BaseException) -> Failure:
        kind = diagnose(error)
        if isinstance(error, SweeperError):
            reason, spent = error.message, kind is FaultKind.TRANSIENT
        else:
            # Training code that broke in an unknown way is not trusted with the next trial.
            reason, spent = f"epoch {self._epoch + 1} raised {type(error).__name__}: {error}", True
        return Failure(fault=Fault(kind=kind, reason=_one_line(reason)), spent=spent)

    def _keep_traceback(self, text: str) -> None:
        artifacts = TrialPaths(self._require_order().trial_dir).artifacts
        with contextlib.suppress(OSError):  # the disk may be what is broken
            artifacts.mkdir(parents=True, exist_ok=True)
            (artifacts / "traceback.txt").write_text(text, encoding="utf-8")

    def _open_log(self, paths: TrialPaths, number: int) -> None:
        if self._log is not None:
            logging.getLogger().removeHandler(self._log)
            self._log.close()
        self._log = logging.FileHandler(paths.log, encoding="utf-8")
        self._log.setFormatter(
            logging.Formatter(f"%(asctime)s trial {number} %(levelname)s %(name)s: %(message)s")
        )
        logging.getLogger().addHandler(self._log)

    def _require_order(self) -> Order:
        if self._order is None:
            raise RuntimeError("begin() comes first")
        return self._order

    def _require_failure(self) -> Failure:
        if self._failure is None:
            raise RuntimeError("an epoch gave neither a report nor a failure")
        return self._failure


def _one_line(text: str) -> str:
    return " ".join(text.split())[:1000]


def _check_driver(order: Order) -> None:
    """A worker that outlived its driver must not write beside the next driver's worker."""
    if order.driver_note is None:
        return
    try:
        token = json.loads(order.driver_note.read_text(encoding="utf-8"))["token"]
    except (OSError, ValueError, KeyError):
        return
    if token != order.driver_token:
        raise TrialError("another driver has taken over this sweep")
