"""Puts the checks of all areas together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import optuna

from sweeper.auditing.case import Case
from sweeper.auditing.choices import check_amendments, check_told_choices
from sweeper.auditing.curves import check_curves
from sweeper.auditing.disk import check_disk
from sweeper.auditing.journal import check_journal, read_journal
from sweeper.auditing.pairs import pair_up
from sweeper.auditing.processes import check_processes
from sweeper.auditing.results import Audit, Check, note
from sweeper.auditing.runs import check_runs
from sweeper.auditing.spools import check_spools, count_waiting
from sweeper.auditing.told import check_told
from sweeper.auditing.trials import check_trials
from sweeper.auditing.verdicts import check_told_verdicts, check_verdicts
from sweeper.errors import BackendError
from sweeper.paths import Home
from sweeper.study.budget import read_budget
from sweeper.study.events import State
from sweeper.study.extension import is_extending
from sweeper.study.lock import is_driven
from sweeper.study.records import SweepRecord, read_record
from sweeper.study.store import open_spec, open_study
from sweeper.tracking.address import Address, resolve_address
from sweeper.tracking.inspection import Inspection, inspect_runs

__all__ = ["audit"]


def audit(name: str, home: Path | str | None = None) -> Audit:
    """Looks whether anything of a sweep is lost or double; changes nothing.

    Args:
        name: Of the sweep.
        home: Where sweeps live; None: `SWEEPER_HOME` or `./sweeps`.

    Raises:
        UserError: No such sweep, or its spec can't be read.
    """
    place = Home.at(home)
    paths = place.sweep(name)
    was_driven = is_driven(paths)
    try:
        study = open_study(place, name)
    except BackendError as error:
        case = Case(home=place, paths=paths, spec=open_spec(paths), is_driven=was_driven)
        return _of_damaged_study(case, error.message)
    case = Case(home=place, paths=paths, spec=open_spec(paths), is_driven=was_driven)
    # The study is written first: read last, it knows at least what MLflow knows.
    inspection = _inspect(case, study)
    record = read_record(study)
    case = replace(case, is_driven=was_driven or is_driven(paths))
    begun = [trial for trial in record.trials if trial.state is not State.QUEUED]
    return Audit(
        name=name,
        is_driven=case.is_driven,
        checks=[
            *_study_checks(case, study),
            *check_amendments(case, record),
            *check_verdicts(case, study),
            *_mlflow_checks(case, study, record, inspection),
            *check_disk(case, record),
            check_processes(case),
        ],
        num_trials=len(begun),
        num_runs=None
        if isinstance(inspection, BackendError)
        else sum(run.trial is not None for run in inspection.runs),
        num_epochs=sum(len(trial.epochs) for trial in begun),
    )


def _of_damaged_study(case: Case, why: str) -> Audit:
    """What can be said when the study can't be opened."""
    unchecked = [
        Check(area=area, title=title, unchecked=why)
        for area, title in (("study", "trials"), ("MLflow", "runs"), ("disk", "checkpoints"))
    ]
    return Audit(
        name=case.paths.name,
        is_driven=case.is_driven,
        checks=[
            check_journal(case, read_journal(case.paths.journal)),
            *unchecked,
            check_processes(case),
        ],
        num_trials=0,
        num_runs=None,
        num_epochs=0,
    )


def _inspect(case: Case, study: optuna.Study) -> Inspection | BackendError:
    """What MLflow holds, or why that can't be read."""
    try:
        return _read_runs(case, study)
    except BackendError as error:
        return error


def _read_runs(case: Case, study: optuna.Study) -> Inspection:
    attrs = study.user_attrs
    if "sweep_id" not in attrs:
        raise BackendError("the study does not say which runs are its own")
    return inspect_runs(
        _address(case, study),
        sweep_id=attrs["sweep_id"],
        family=case.spec.family,
        metrics=["epoch", *(objective.metric for objective in case.spec.objectives)],
    )


def _address(case: Case, study: optuna.Study) -> Address:
    return resolve_address(case.home, study.user_attrs.get("tracking_uri"))


def _study_checks(case: Case, study: optuna.Study) -> Iterator[Check]:
    journal = read_journal(case.paths.journal)
    yield check_journal(case, journal)
    if is_extending(study) and not case.is_driven:
        sentence = "a change of the space was noted, but its driver died before it was made"
        found = [note("extending", "study", sentence, f"{case.resume} makes it")]
        yield Check(area="study", title="the space", count=1, unit="changes", findings=found)
    trials = study.get_trials(deepcopy=False)
    yield from check_trials(case, trials, read_budget(study, case.spec).trials, journal)


def _mlflow_checks(
    case: Case, study: optuna.Study, record: SweepRecord, inspection: Inspection | BackendError
) -> Iterator[Check]:
    waiting = count_waiting(case, record, _address(case, study))
    yield check_spools(case, waiting)
    if isinstance(inspection, BackendError):
        title = "the same as in the study, each once"
        yield Check(area="MLflow", title=title, unchecked=inspection.message)
        return
    mirrored = pair_up(case, record, inspection, waiting)
    yield check_runs(case, mirrored, inspection, read_budget(study, case.spec).trials)
    yield from check_told(case, mirrored)
    yield from check_told_choices(case, mirrored)
    yield from check_told_verdicts(case, mirrored)
    yield from check_curves(case, mirrored, inspection)
