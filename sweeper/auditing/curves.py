"""The curves in MLflow: each epoch once, with the values that the study holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sweeper.auditing.case import Case
from sweeper.auditing.pairs import Mirrored
from sweeper.auditing.results import Check, Finding, note, wrong
from sweeper.auditing.wording import named
from sweeper.study.records import TrialRecord
from sweeper.tracking.inspection import Inspection, StoredRun

__all__ = ["check_curves"]

_EPOCH = "epoch"
_Curve = Mapping[int, float]


def check_curves(case: Case, mirrored: Sequence[Mirrored], inspection: Inspection) -> list[Check]:
    """Steps and values."""
    single = [pair for pair in mirrored if len(pair.runs) == 1]
    whole = "whole curves" if inspection.has_all_curves else "newest values, curve of the objective"
    epochs = [f for pair in single for f in _epochs(case, pair, pair.runs[0])]
    all_read = inspection.has_all_curves
    values = [f for pair in single for f in _values(case, pair, pair.runs[0], all_read=all_read)]
    return [
        Check(
            area="MLflow",
            title="every epoch of the study once",
            count=sum(len(pair.runs[0].curves.get(_EPOCH, ())) for pair in single),
            unit="epochs",
            findings=epochs,
        ),
        Check(
            area="MLflow",
            title=f"values as in the study ({whole})",
            count=sum(
                sum(map(len, pair.runs[0].curves.values())) or len(pair.runs[0].newest)
                for pair in single
            ),
            unit="values",
            findings=values,
        ),
    ]


def _epochs(case: Case, pair: Mirrored, run: StoredRun) -> Iterator[Finding]:
    trial = pair.trial
    doubled = {
        step: key
        for key, points in run.curves.items()
        for step, times in Counter(step for step, _ in points).items()
        if times > 1
    }
    if doubled:
        sentence = (
            f"MLflow holds {named('epoch', doubled)} more than once ({min(doubled.values())})"
        )
        todo = f"delete the run {run.run_id} in MLflow, then {case.sync}"
        yield wrong("step-doubled", pair.where, sentence, todo)
    held = {record.epoch for record in trial.epochs}
    there = {step for step, _ in run.curves.get(_EPOCH, ())}
    if there - held:
        sentence = f"MLflow holds {named('epoch', there - held)}, which the study does not"
        todo = f"delete the run {run.run_id} in MLflow, then {case.sync}"
        yield wrong("step-unknown", pair.where, sentence, todo)
    missing = held - there
    if not missing:
        return
    sentence = f"MLflow lacks {named('epoch', missing)} of {trial.epoch}"
    is_tail = min(missing) > max(there, default=0)
    if not pair.waits or not is_tail:
        todo = f"{case.sync if is_tail else case.resync} sends it"
        yield wrong("step-missing", pair.where, sentence, todo)
    elif pair.waits == "interrupted":
        yield note("step-not-yet", pair.where, sentence, f"{case.resume} sends it")


def _values(case: Case, pair: Mirrored, run: StoredRun, *, all_read: bool) -> Iterator[Finding]:
    expected = _expected(pair.trial, {step for step, _ in run.curves.get(_EPOCH, ())})
    differing: list[str] = []
    for key, curve in expected.items():
        told: list[str] = []
        if all_read or key in run.curves:
            told += _differences(key, curve, dict(run.curves.get(key, ())), in_full=not pair.waits)
        last = max(curve)
        if not (told or pair.waits) and run.newest.get(key) != curve[last]:
            told.append(_told(key, last, curve[last], run.newest.get(key)))
        differing += told
    if differing:
        more = f" (and {len(differing) - 3} more)" if len(differing) > 3 else ""
        sentence = "; ".join(differing[:3]) + more
        todo = f"delete the run {run.run_id} in MLflow, then {case.sync}"
        yield wrong("value-differs", pair.where, sentence, todo)


def _expected(trial: TrialRecord, there: set[int]) -> dict[str, dict[int, float]]:
    """Values by metric and epoch, of the epochs that MLflow has."""
    curves: dict[str, dict[int, float]] = {}
    for record in trial.epochs:
        if record.epoch in there:
            for key, value in {**record.metrics, _EPOCH: float(record.epoch)}.items():
                curves.setdefault(key, {})[record.epoch] = value
    return curves


def _differences(key: str, curve: _Curve, found: _Curve, *, in_full: bool) -> Iterator[str]:
    """Where two curves differ; the end of `found` may be missing unless it was sent in full."""
    sent = max(found, default=0)
    for epoch, value in curve.items():
        if found.get(epoch) != value and (in_full or epoch <= sent):
            yield _told(key, epoch, value, found.get(epoch))


def _told(key: str, epoch: int, value: float, found: float | None) -> str:
    there = "missing" if found is None else repr(found)
    return f"{key} at epoch {epoch} is {value!r}, but {there} in MLflow"
