"""Runs trials on Ray until the ledger has no more, or the desk is closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sweeper.engine.desk import Desk
from sweeper.engine.resources import Plan
from sweeper.engine.session import Order
from sweeper.errors import BackendError
from sweeper.study.ledger import Ticket

__all__ = ["run_trials"]


def run_trials(
    desk: Desk, plan: Plan, place_order: Callable[[Ticket], Order], *, ray_dir: Path
) -> None:
    """Drives Tune; Ray must be up.

    Args:
        desk: Where trials come from and reports go to.
        plan: What a trial gets.
        place_order: From a proposed trial to what its worker is told.
        ray_dir: For Tune's own files; may be deleted at any time afterwards.

    Raises:
        BackendError: Tune gave up.
    """
    from ray import tune
    from ray.exceptions import RayError
    from ray.tune.error import TuneError

    from sweeper.engine.adapter import TrialActor
    from sweeper.engine.scheduler import LedgerScheduler
    from sweeper.engine.searcher import LedgerSearcher

    class DeskStopper(tune.Stopper):  # type: ignore[misc]
        def __call__(self, trial_id: str, result: dict[str, object]) -> bool:
            return False

        def stop_all(self) -> bool:
            return desk.must_stop

    class NoReporter(tune.ProgressReporter):  # type: ignore[misc]
        def should_report(self, trials: object, done: bool = False) -> bool:
            return False

        def report(self, trials: object, done: bool, *sys_info: object) -> None:
            return

    resources = {"cpu": plan.cpus} | ({"gpu": plan.gpus} if plan.gpus else {})
    try:
        tune.run(
            TrialActor,
            name="tune",
            storage_path=str(ray_dir),
            num_samples=-1,
            search_alg=LedgerSearcher(desk, place_order),
            scheduler=LedgerScheduler(desk),
            stop=DeskStopper(),
            resources_per_trial=resources,
            reuse_actors=True,
            raise_on_failed_trial=False,
            progress_reporter=NoReporter(),
            verbose=0,
        )
    except (TuneError, RayError) as error:
        raise BackendError(f"Ray gave up: {error}") from error
