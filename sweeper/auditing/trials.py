"""The trials of the study: each once, with epochs without gaps and an ending that fits them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optuna.trial import FrozenTrial

from sweeper.auditing.case import Case
from sweeper.auditing.journal import Journal
from sweeper.auditing.results import Check, Finding, note, wrong
from sweeper.auditing.settings import settings_faults
from sweeper.auditing.wording import named
from sweeper.study.curves import epoch_metrics, last_epoch, metric_curve
from sweeper.study.events import State, state_of

__all__ = ["check_trials"]

_MEND = "the study is damaged: keep a copy of the sweep's folder and report it"


def check_trials(
    case: Case, trials: Sequence[FrozenTrial], max_trials: int, journal: Journal
) -> list[Check]:
    """All checks of the trials in the study.

    Args:
        case: The sweep.
        trials: As the study gives them.
        max_trials: The budget, extensions included.
        journal: What the study's file holds.
    """
    begun = [trial for trial in trials if state_of(trial) is not State.QUEUED]
    ended = [trial for trial in begun if trial.state.is_finished()]
    completed = [trial for trial in ended if state_of(trial) is State.COMPLETED]
    settings = [f for trial in begun for f in _settings(case, trial)]
    num_epochs = sum(len(epoch_metrics(trial)) for trial in begun)
    return [
        _check(
            "every trial once, none above the budget",
            (len(begun), f"of {max_trials} trials"),
            [*_numbering(trials), *_budget(case, begun, max_trials)],
        ),
        _check(
            "settings complete, in range and within constraints", (len(begun), "trials"), settings
        ),
        _check(
            "every epoch once and without a gap",
            (num_epochs, "epochs"),
            [*_doubled(journal), *(f for trial in begun for f in _gaps(case, trial))],
        ),
        _check(
            "endings have a reason and a time",
            (len(ended), "endings"),
            [*(f for trial in ended for f in _ending(trial)), *_open(case, begun)],
        ),
        _check(
            "completed trials have all epochs and their objective",
            (len(completed), "completed trials"),
            [f for trial in completed for f in _completion(case, trial)],
        ),
    ]


def _settings(case: Case, trial: FrozenTrial) -> Iterator[Finding]:
    constraints = case.spec.parsed_constraints()
    for sentence in settings_faults(case.spec.space, constraints, trial):
        yield wrong("settings", f"trial {trial.number}", sentence, _MEND)


def _check(title: str, looked_at: tuple[int, str], findings: Sequence[Finding]) -> Check:
    count, unit = looked_at
    return Check(area="study", title=title, count=count, unit=unit, findings=findings)


def _numbering(trials: Sequence[FrozenTrial]) -> Iterator[Finding]:
    numbers = [trial.number for trial in trials]
    if numbers != list(range(len(numbers))):
        sentence = f"trials are numbered {', '.join(map(str, numbers))}"
        yield wrong("trials-numbering", "study", sentence, _MEND)


def _budget(case: Case, begun: Sequence[FrozenTrial], max_trials: int) -> Iterator[Finding]:
    if len(begun) > max_trials:
        yield wrong(
            "trials-above-budget",
            "study",
            f"{len(begun)} trials have begun where {max_trials} were asked for",
            f"if they are welcome: {case.resume} --trials {len(begun)}",
        )


def _doubled(journal: Journal) -> Iterator[Finding]:
    for number, epoch in journal.doubled:
        sentence = f"epoch {epoch} was written more than once"
        yield wrong("epoch-doubled", f"trial {number}", sentence, _MEND)


def _gaps(case: Case, trial: FrozenTrial) -> Iterator[Finding]:
    where = f"trial {trial.number}"
    curve = epoch_metrics(trial)
    missing = sorted(set(range(1, last_epoch(trial) + 1)) - set(curve))
    if missing:
        sentence = f"the study lacks {named('epoch', missing)} of {last_epoch(trial)}"
        yield wrong("epoch-missing", where, sentence, _MEND)
    if last_epoch(trial) > case.spec.budget.epochs:
        sentence = f"{last_epoch(trial)} epochs where {case.spec.budget.epochs} were asked for"
        yield wrong("epoch-above-budget", where, sentence, _MEND)
    objectives = case.spec.objectives
    if len(objectives) > 1 or case.is_driven:
        return  # Optuna keeps no curve of several objectives
    if not trial.state.is_finished():
        curve.pop(last_epoch(trial), None)  # its driver may have died before Optuna's was written
    metric = objectives[0].metric
    expected = {epoch: values[metric] for epoch, values in curve.items() if metric in values}
    found = trial.intermediate_values
    differing = sorted(
        epoch
        for epoch in {*expected, *found}
        if epoch in curve and expected.get(epoch) != found.get(epoch)
    )
    if differing:
        sentence = (
            f"Optuna's own curve of {metric} differs from the reports at "
            f"{named('epoch', differing)}; pruners and samplers read it"
        )
        yield wrong("curve-differs", where, sentence, _MEND)


def _ending(trial: FrozenTrial) -> Iterator[Finding]:
    where = f"trial {trial.number}"
    if not trial.user_attrs.get("reason"):
        sentence = f"is {state_of(trial)} without a reason"
        yield wrong("ending-without-reason", where, sentence, _MEND)
    if trial.user_attrs.get("ended_ms") is None:
        sentence = f"is {state_of(trial)} without a time of its end"
        yield wrong("ending-without-time", where, sentence, _MEND)


def _open(case: Case, begun: Sequence[FrozenTrial]) -> Iterator[Finding]:
    waiting = [trial for trial in begun if not trial.state.is_finished()]
    if waiting and not case.is_driven:
        where = ", ".join(f"#{trial.number} at epoch {last_epoch(trial)}" for trial in waiting)
        sentence = f"{len(waiting)} interrupted ({where}), resume goes on with them"
        yield note("interrupted", "study", sentence, case.resume)


def _completion(case: Case, trial: FrozenTrial) -> Iterator[Finding]:
    where = f"trial {trial.number}"
    epochs = case.spec.budget.epochs
    if last_epoch(trial) != epochs:
        sentence = f"is completed after {last_epoch(trial)} of {epochs} epochs"
        yield wrong("completed-early", where, sentence, _MEND)
    values = list(trial.values or ())
    curves = [metric_curve(trial, objective.metric) for objective in case.spec.objectives]
    expected = [curve[-1][1] if curve else None for curve in curves]
    if values != expected:
        sentence = f"its objective is {values}, its reports say {expected}"
        yield wrong("objective-differs", where, sentence, _MEND)
