"""What lies in the folder of a sweep: whole checkpoints, and nothing that somebody left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sweeper.auditing.case import Case
from sweeper.auditing.results import Check, Finding, note, wrong
from sweeper.auditing.wording import named
from sweeper.study.checkpoints import Checkpoint, read_checkpoints
from sweeper.study.events import State
from sweeper.study.records import SweepRecord, TrialRecord

__all__ = ["check_disk"]

# How many of the newest are kept, besides the best.
_NEWEST = {State.RUNNING: 2, State.FAILED: 2, State.COMPLETED: 1, State.PRUNED: 0}


def check_disk(case: Case, record: SweepRecord) -> list[Check]:
    """All checks of the sweep's folder; it may change meanwhile."""
    begun = [trial for trial in record.trials if trial.state is not State.QUEUED]
    with ThreadPoolExecutor() as pool:  # checksums of gigabytes
        read = pool.map(lambda trial: _read(case, trial), begun)
        found = dict(zip((trial.number for trial in begun), read, strict=True))
    damaged = [
        wrong("checkpoint-damaged", f"trial {number}", sentence, _instead(case, record, number))
        for number, (_, sentences) in found.items()
        for sentence in sentences
    ]
    rule = [f for trial in begun for f in _against_rule(case, trial, found[trial.number][0])]
    return [
        Check(
            area="disk",
            title="checkpoints are whole and those that are to be kept",
            count=sum(len(whole) for whole, _ in found.values()),
            unit="checkpoints",
            findings=[*damaged, *rule],
        ),
        Check(
            area="disk",
            title="nothing is left behind",
            count=1 + len(begun),
            unit="folders",
            findings=[] if case.is_driven else list(_leftovers(case, record)),
        ),
    ]


def _read(case: Case, trial: TrialRecord) -> tuple[list[Checkpoint], list[str]]:
    """Whole checkpoints, newest first, and sentences about damaged ones."""
    whole: list[Checkpoint] = []
    sentences: list[str] = []
    for found in read_checkpoints(case.paths.trial(trial.number).checkpoints):
        if isinstance(found, Checkpoint):
            whole.append(found)
        else:
            sentences.append(found.replace(f"{case.paths.root}/", ""))
    # A running trial drops its old ones while they are read.
    return whole, [] if case.is_driven and trial.state is State.RUNNING else sentences


def _instead(case: Case, record: SweepRecord, number: int) -> str:
    if record.trials[number].state is State.RUNNING:
        return f"{case.resume} goes on from the checkpoint before it"
    return "delete it; if its weights are needed, train the trial's config.yaml again"


def _against_rule(case: Case, trial: TrialRecord, whole: Sequence[Checkpoint]) -> Iterator[Finding]:
    where = f"trial {trial.number}"
    yield from _choices(trial, whole)
    if trial.state is State.RUNNING:
        if not case.is_driven:
            yield from _goes_on_from(case, trial, whole)
            yield from _too_many(case, trial, whole)
        return
    if case.is_driven:
        return  # it may just have ended
    yield from _too_many(case, trial, whole)
    if trial.state is State.COMPLETED and (not whole or whole[0].epoch != trial.epoch):
        sentence = f"the checkpoint of its last epoch, {trial.epoch}, is not there"
        yield wrong("checkpoint-missing", where, sentence, "train its config.yaml again if needed")


def _choices(trial: TrialRecord, whole: Sequence[Checkpoint]) -> Iterator[Finding]:
    """A checkpoint holds the decoding that the study holds for its epoch.

    It may not after an epoch was trained twice because its first checkpoint was damaged: a search
    that is cut short by time need not find the same again.
    """
    chosen = {epoch.epoch: epoch.chosen for epoch in trial.epochs}
    differing = [c.epoch for c in whole if c.epoch in chosen and c.chosen != chosen[c.epoch]]
    if differing:
        sentence = (
            f"its checkpoints of {named('epoch', sorted(differing))} name other chosen settings "
            "than the study"
        )
        yield note("checkpoint-choice", f"trial {trial.number}", sentence)


def _goes_on_from(case: Case, trial: TrialRecord, whole: Sequence[Checkpoint]) -> Iterator[Finding]:
    where = f"trial {trial.number}"
    newest = whole[0].epoch if whole else 0
    if newest > trial.epoch + 1:
        sentence = f"its checkpoint is of epoch {newest}, the study knows of {trial.epoch} epochs"
        todo = f"delete the checkpoint, then {case.resume}"
        yield wrong("checkpoint-ahead", where, sentence, todo)
    elif newest < trial.epoch:
        start = f"go on from epoch {newest}" if newest else "start again"
        sentence = f"has no whole checkpoint of its epoch {trial.epoch} and will {start}"
        yield note("checkpoint-behind", where, sentence)


def _too_many(case: Case, trial: TrialRecord, whole: Sequence[Checkpoint]) -> Iterator[Finding]:
    """Only the newest and the best are kept; of pruned trials none."""
    kept = {found.epoch for found in whole[: _NEWEST[trial.state]]}
    if trial.state is not State.PRUNED:
        kept |= _best(case, whole)
    spare = sorted(found.epoch for found in whole if found.epoch not in kept)
    if spare:
        sentence = f"checkpoints of {named('epoch', spare)} should have been dropped"
        yield wrong("checkpoint-spare", f"trial {trial.number}", sentence, "delete them")


def _best(case: Case, whole: Sequence[Checkpoint]) -> set[int]:
    objective = case.spec.objectives[0]
    values = {c.epoch: c.metrics[objective.metric] for c in whole if objective.metric in c.metrics}
    if not values:
        return set()
    best = (max if objective.goal == "maximize" else min)(values.values())
    return {epoch for epoch, value in values.items() if value == best}


def _leftovers(case: Case, record: SweepRecord) -> Iterator[Finding]:
    paths = case.paths
    running = {
        paths.trial(trial.number).root for trial in record.trials if trial.state is State.RUNNING
    }
    if paths.stop.exists():
        todo = f"delete {paths.stop}"
        yield wrong("stop-stray", "stop", "asks a driver to stop that does not run", todo)
    cleared = []
    for path in _strays(paths.root):
        where = path.relative_to(paths.root).as_posix()
        if any(path.is_relative_to(root) for root in running):
            cleared.append(where)
        else:
            sentence = "is a draft, or a note of a process, of work that is over"
            yield wrong("stray", where, sentence, f"delete {path}")
    if cleared:
        sentence = f"left by processes that died: {', '.join(cleared)}; the next driver clears it"
        yield note("stray-of-interrupted", paths.name, sentence)
    for path in sorted(case.home.root.glob(".new-*")):
        if re.fullmatch(rf"\.new-{re.escape(paths.name)}-[a-z0-9_]{{8}}", path.name):
            sentence = "is a sweep of this name that was never made whole"
            yield wrong("half-made-sweep", path.name, sentence, f"delete {path}")


def _strays(root: Path) -> Iterator[Path]:
    patterns = (
        "*.tmp",
        "trials/*/*.tmp",
        "trials/*/spool/*.tmp",
        "trials/*/worker.json",
        "trials/*/last_words",
        "trials/*/checkpoints/.*",
    )
    for pattern in patterns:
        yield from sorted(root.glob(pattern))
