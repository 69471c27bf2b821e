"""Runs trials on Ray until the desk has no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ray import tune
from ray.exceptions import RayError
from ray.tune.error import TuneError

from sweeper.engine.adapter import TrialActor
from sweeper.engine.desk import Desk
from sweeper.engine.resources import Plan
from sweeper.engine.scheduler import LedgerScheduler
from sweeper.engine.searcher import LedgerSearcher
from sweeper.errors import BackendError

__all__ = ["run_trials"]


def run_trials(desk: Desk, plan: Plan, *, ray_dir: Path) -> None:
    """Drives Tune; Ray must be up.

    Args:
        desk: Where trials come from and reports go to.
        plan: What a trial gets.
        ray_dir: For Tune's own files; may be deleted at any time afterwards.

    Raises:
        BackendError: Tune gave up, or can't write its files.
    """
    resources = {"cpu": plan.cpus} | ({"gpu": plan.gpus} if plan.gpus else {})
    try:
        tune.run(
            TrialActor,
            name="tune",
            storage_path=str(ray_dir),
            num_samples=-1,
            search_alg=LedgerSearcher(desk),
            scheduler=LedgerScheduler(desk),
            stop=_DeskStopper(desk),
            resources_per_trial=resources,
            reuse_actors=True,
            raise_on_failed_trial=False,
            progress_reporter=_NoReporter(),
            verbose=0,
        )
    except (TuneError, RayError) as error:
        raise BackendError(f"Ray gave up: {error}") from error
    except OSError as error:
        raise BackendError(
            f"can't write to {error.filename or ray_dir}: {error.strerror}"
        ) from error


class _DeskStopper(tune.Stopper):  # type: ignore[misc]
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return self._desk.must_stop

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles it into its snapshot, which nobody reads: the study is the only record.
        return {}


class _NoReporter(tune.ProgressReporter):  # type: ignore[misc]
    def should_report(self, trials: object, done: bool = False) -> bool:
        return False

    def report(self, trials: object, done: bool, *sys_info: object) -> None:
        return
