"""Decodings that trials chose themselves, and those that later searches found to be better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sweeper.auditing.case import Case
from sweeper.auditing.pairs import Mirrored
from sweeper.auditing.results import Check, Finding, note, wrong
from sweeper.auditing.wording import named, told_apart
from sweeper.study.amendments import damaged_amendments
from sweeper.study.events import State
from sweeper.study.records import SweepRecord, TrialRecord
from sweeper.tracking.choices import AMENDED, CHOSEN, choice_tags, told_choice
from sweeper.tracking.inspection import StoredRun

__all__ = ["check_amendments", "check_told_choices"]

_OPEN = {State.QUEUED, State.RUNNING}


def check_amendments(case: Case, record: SweepRecord) -> Iterator[Check]:
    """Those of the study; no check where nothing was ever amended."""
    damaged = damaged_amendments(record.attrs, len(record.trials))
    amended = [trial for trial in record.trials if trial.amendments]
    if not damaged and not amended:
        return
    mend = "the study is damaged: keep a copy of the sweep's folder and report it"
    yield Check(
        area="study",
        title="amendments are whole, of trials that are over",
        count=sum(len(trial.amendments) for trial in amended),
        unit="amendments",
        findings=[
            *(
                wrong("amendment-damaged", key, "can't be read, or is of no trial", mend)
                for key in damaged
            ),
            *(f for trial in amended for f in _amendments(case, trial, mend)),
        ],
    )


def check_told_choices(case: Case, mirrored: Sequence[Mirrored]) -> Iterator[Check]:
    """Tags of MLflow; no check where nothing was ever chosen inside a trial."""
    single = [pair for pair in mirrored if len(pair.runs) == 1]
    told = [pair for pair in single if _expected(pair.trial) or _told(pair.runs[0])]
    if told:
        yield Check(
            area="MLflow",
            title="decodings chosen inside trials, and amendments, as in the study",
            count=len(told),
            unit="runs",
            findings=[f for pair in told for f in _differing(case, pair, pair.runs[0])],
        )


def _amendments(case: Case, trial: TrialRecord, mend: str) -> Iterator[Finding]:
    where = f"trial {trial.number}"
    if trial.state in _OPEN:
        yield wrong("amendment-early", where, f"is amended, but {trial.state}", mend)
    found = [amendment.index for amendment in trial.amendments]
    missing = sorted(set(range(1, max(found) + 1)) - set(found))
    if missing:
        yield wrong("amendment-missing", where, f"lacks {named('amendment', missing)}", mend)
    for amendment in trial.amendments:
        if not (case.paths.root / amendment.folder).is_dir():
            sentence = f"amendment {amendment.index} names {amendment.folder}, which is gone"
            yield note("amendment-folder", where, sentence)


def _differing(case: Case, pair: Mirrored, run: StoredRun) -> Iterator[Finding]:
    if pair.waits:
        return
    if sentence := told_apart(_expected(pair.trial), _told(run)):
        yield wrong("run-choice", pair.where, sentence, f"{case.resync} sets it right")


def _expected(trial: TrialRecord) -> dict[str, str]:
    newest: Mapping[str, Any] = trial.amendments[-1].settings if trial.amendments else {}
    return choice_tags(CHOSEN, trial.chosen) | choice_tags(AMENDED, newest)


def _told(run: StoredRun) -> dict[str, str]:
    return told_choice(CHOSEN, run.tags) | told_choice(AMENDED, run.tags)
