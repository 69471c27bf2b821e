"""Verdicts: those of the study follow from its curves, and MLflow has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from sweeper.auditing.case import Case
from sweeper.auditing.pairs import Mirrored
from sweeper.auditing.results import Check, Finding, wrong
from sweeper.auditing.wording import told_apart
from sweeper.study.events import state_of
from sweeper.study.extension import is_extending
from sweeper.study.judged import judged_of
from sweeper.study.judging import Judge
from sweeper.study.records import TrialRecord
from sweeper.tracking.choices import VERDICT, verdict_tags
from sweeper.tracking.inspection import StoredRun
from sweeper.verdicts import Judgement

__all__ = ["check_told_verdicts", "check_verdicts"]


def check_verdicts(case: Case, study: optuna.Study) -> Iterator[Check]:
    """Those of the study; no check where there never were rules, nor while they may change."""
    if case.is_driven or is_extending(study):
        return
    trials = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    attrs, judge = study.user_attrs, Judge(case.spec)
    judged = [trial for trial in trials if judged_of(attrs, trial.number) is not None]
    if case.spec.verdicts or judged:
        yield Check(
            area="study",
            title="verdicts follow from the curves and the rules",
            count=len(judged),
            unit="verdicts",
            findings=[f for trial in trials for f in _differing(case, judge, trial, attrs)],
        )


def check_told_verdicts(case: Case, mirrored: Sequence[Mirrored]) -> Iterator[Check]:
    """Tags of MLflow; no check where neither side has a verdict."""
    single = [pair for pair in mirrored if len(pair.runs) == 1]
    told = [pair for pair in single if _expected(pair.trial) or _told(pair.runs[0])]
    if told:
        yield Check(
            area="MLflow",
            title="verdicts as in the study",
            count=len(told),
            unit="runs",
            findings=[f for pair in told for f in _told_differing(case, pair, pair.runs[0])],
        )


def _differing(
    case: Case, judge: Judge, trial: FrozenTrial, attrs: Mapping[str, Any]
) -> Iterator[Finding]:
    before = judged_of(attrs, trial.number)
    wanted = judge.judge(trial, state_of(trial), before)
    found = None if before is None else before.judgement
    if found == wanted:
        return
    sentence = f"has {_words(found)}, but its curves and the rules say {_words(wanted)}"
    kind = "verdict-missing" if found is None else "verdict-differs"
    yield wrong(kind, f"trial {trial.number}", sentence, f"{case.resume} judges it again")


def _told_differing(case: Case, pair: Mirrored, run: StoredRun) -> Iterator[Finding]:
    if pair.waits:
        return
    if sentence := told_apart(_expected(pair.trial), _told(run)):
        yield wrong("run-verdict", pair.where, sentence, f"{case.resync} sets it right")


def _expected(trial: TrialRecord) -> dict[str, str]:
    tags = verdict_tags(trial.judged.judgement) if trial.judged is not None else {}
    return {name: f"'{text}'" for name, text in tags.items() if text}


def _told(run: StoredRun) -> dict[str, str]:
    return {
        name: f"'{text}'" for name, text in run.tags.items() if name.startswith(VERDICT) and text
    }


def _words(judgement: Judgement | None) -> str:
    if judgement is None:
        return "no verdict at all"
    return f"'{judgement.words}' ({judgement.because})"
