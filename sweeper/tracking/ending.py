"""What MLflow is told about a whole sweep when its driver ends. Does not import mlflow."""

from __future__ import annotations

from sweeper.paths import SweepPaths
from sweeper.study.records import SweepRecord
from sweeper.tracking.choices import VERDICT
from sweeper.tracking.sending import Ending
from sweeper.verdicts import Tally, Verdict, count_verdicts

__all__ = ["ending_of"]


def ending_of(record: SweepRecord, paths: SweepPaths, *, is_finished: bool) -> Ending:
    """How the sweep's own run is left when no trial is trained any more.

    Args:
        record: The sweep as it stands.
        paths: Its folder.
        is_finished: Whether the sweep is over; else it waits for `resume`.
    """
    metrics = {f"trials/{state}": float(count) for state, count in record.counts.items()}
    if record.best is not None:
        metrics["best/objective"] = record.best.values[0]
        metrics["best/trial"] = float(record.best.number)
    tally = count_verdicts(record.verdicts)
    if tally.rules:  # those without trials too: there may have been some before
        metrics |= {
            f"verdicts/{verdict}": float(tally.counts.get(verdict, 0)) for verdict in Verdict
        }
    # Not now: numbers that are sent again would stand there twice.
    told_ms = [trial.ended_ms or 0 for trial in record.trials]
    told_ms += [trial.judged.at_ms for trial in record.trials if trial.judged is not None]
    told_ms += [trial.epochs[-1].at_ms for trial in record.trials if trial.epochs]
    return Ending(
        status="FINISHED" if is_finished else "KILLED",
        state="finished" if is_finished else "interrupted",
        metrics=metrics,
        tags=_failure_tags(tally),
        at=record.num_ended,
        at_ms=max(told_ms, default=0),
        files=[paths.spec],
    )


def _failure_tags(tally: Tally) -> dict[str, str]:
    """What explains most failures; no tags in sweeps without verdicts."""
    if not tally.rules:
        return {}
    main = tally.main_failure
    if main is None:
        return {f"{VERDICT}.failures": "", f"{VERDICT}.advice": ""}
    failed = tally.counts[main.verdict]
    words = f"{main.rule} ({len(main.trials)} of {failed})"
    return {f"{VERDICT}.failures": words, f"{VERDICT}.advice": main.advice}
