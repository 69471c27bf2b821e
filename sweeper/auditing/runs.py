"""The runs in MLflow: one per trial, and one for the sweep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweeper.auditing.case import Case
from sweeper.auditing.pairs import Mirrored
from sweeper.auditing.results import Check, Finding, note, wrong
from sweeper.study.events import State
from sweeper.tracking.inspection import Inspection

__all__ = ["check_runs"]


def check_runs(
    case: Case, mirrored: Sequence[Mirrored], inspection: Inspection, max_trials: int
) -> Check:
    """Whether no run is missing and none is there twice."""
    return Check(
        area="MLflow",
        title="one run per trial and one for the sweep",
        count=len(inspection.runs),
        unit="runs",
        findings=[
            *(f for pair in mirrored for f in _count(case, pair)),
            *_strangers(mirrored, inspection),
            *_parent(case, mirrored, inspection, max_trials),
        ],
    )


def _count(case: Case, pair: Mirrored) -> Iterator[Finding]:
    if len(pair.runs) > 1:
        ids = ", ".join(run.run_id for run in pair.runs)
        sentence = f"has {len(pair.runs)} runs in MLflow: {ids}"
        yield wrong("run-doubled", pair.where, sentence, f"{case.sync} leaves the oldest")
    if not pair.runs:
        if not pair.waits:
            yield wrong("run-missing", pair.where, "has no run in MLflow", f"{case.sync} makes it")
        elif pair.waits == "interrupted":
            sentence = "was interrupted before it had a run in MLflow"
            yield note("run-not-yet", pair.where, sentence, f"{case.resume} makes it")


def _strangers(mirrored: Sequence[Mirrored], inspection: Inspection) -> Iterator[Finding]:
    known = {pair.trial.number for pair in mirrored}
    for run in inspection.runs:
        if run.trial is not None and run.trial not in known:
            sentence = f"its run {run.run_id} is in MLflow, but the study does not know it"
            yield wrong("run-unknown", f"trial {run.trial}", sentence, "delete it in MLflow")


def _parent(
    case: Case, mirrored: Sequence[Mirrored], inspection: Inspection, max_trials: int
) -> Iterator[Finding]:
    parents = [run for run in inspection.runs if run.trial is None]
    ended = sum(pair.trial.state is not State.RUNNING for pair in mirrored)
    is_finished = ended >= max_trials and not any(pair.waits for pair in mirrored)
    where = "sweep's run"
    if len(parents) > 1:
        ids = ", ".join(run.run_id for run in parents)
        sentence = f"MLflow has {len(parents)} runs for the sweep itself: {ids}"
        yield wrong("parent-doubled", where, sentence, f"{case.sync} leaves the oldest")
        return
    if case.is_driven:
        return
    if not parents:
        sentence = "MLflow has no run for the sweep itself"
        if is_finished or any(pair.runs for pair in mirrored):
            yield wrong("parent-missing", where, sentence, f"{case.sync} makes it")
        else:
            yield note("parent-not-yet", where, sentence, f"{case.resume} makes it")
        return
    for pair in mirrored:
        for run in pair.runs:
            if run.tags.get("mlflow.parentRunId") != parents[0].run_id:
                sentence = f"its run {run.run_id} does not belong to the sweep's run"
                yield wrong("run-orphan", pair.where, sentence, f"{case.sync} puts it there")
    if parents[0].status == "RUNNING":
        sentence = "is RUNNING in MLflow though no driver runs: the last one died"
        if is_finished:
            yield wrong("parent-running", where, sentence, f"{case.sync} closes it")
        else:
            yield note("parent-running", where, sentence, f"{case.resume} goes on with it")
