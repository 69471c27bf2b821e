"""What is printed about a sweep when its driver ends, and by `sweeper status`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sweeper.cli.live import state_style
from sweeper.cli.verdicts import print_verdicts, verdict_labels
from sweeper.cli.wording import number, program, settings
from sweeper.paths import Home, SweepPaths
from sweeper.study.events import State
from sweeper.study.records import SweepRecord, TrialRecord
from sweeper.tracking.address import resolve_address
from sweeper.tracking.spool import unsent

if TYPE_CHECKING:
    from sweeper.driving import Result
    from sweeper.spec import SweepSpec

__all__ = ["print_amendments", "print_best", "print_result", "trial_table", "waiting_reports"]


def print_result(console: Console, result: Result, home: Path | None) -> None:
    """The end of `run` and `resume`."""
    record, spec = result.record, result.spec
    at = f" --home {home}" if home is not None else ""
    console.print()
    console.print(trial_table(record, spec, is_driven=False))
    console.print()
    print_verdicts(console, record)
    print_best(console, record, spec)
    print_amendments(console, record)
    lines = _tracebacks(result)
    if result.outcome == "gave up":
        unspent = result.max_trials - record.num_ended
        lines.append(
            f"stopped early, with {unspent} of {result.max_trials} trials not done: "
            f"{result.verdict}; mend the cause, then go on with: {program()} resume {spec.name}{at}"
            " (--trials +N asks for more in place of the failed ones)"
        )
    elif result.outcome != "finished":
        unfinished = record.counts.get(State.RUNNING, 0)
        lines.append(
            f"{result.outcome}: {unfinished} trials wait at their last checkpoint;"
            f" go on with: {program()} resume {spec.name}{at}"
        )
    else:
        server = record.attrs.get("tracking_uri")
        lines.append(f"compare the trials: {server or f'{program()} ui{at}'}")
        if record.best is not None:
            lines.append(f"try more: {program()} resume {spec.name} --trials +12{at}")
    if not result.mirrored:
        lacking = waiting_reports(result.paths, record) or "its runs are not closed"
        lines.append(
            f"MLflow does not hold everything yet: {lacking}; nothing is lost, "
            f"send it with: {program()} sync {spec.name}{at}"
        )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def waiting_reports(paths: SweepPaths, record: SweepRecord) -> str:
    """How many reports MLflow has not taken, in words; empty if it has all."""
    store = resolve_address(Home(paths.root.parent), record.attrs.get("tracking_uri")).uri
    waiting = unsent(paths, store)
    if not waiting:
        return ""
    trials = f"{len(waiting)} trials" if len(waiting) > 1 else "1 trial"
    return f"{sum(waiting.values())} reports of {trials} wait on disk"


def _tracebacks(result: Result) -> list[str]:
    """Where to read more about failures."""
    kept = [
        path
        for trial in result.record.trials
        if trial.state is State.FAILED
        and (path := result.paths.trial(trial.number).artifacts / "traceback.txt").exists()
    ]
    more = f" (and of {len(kept) - 1} more failed trials)" if len(kept) > 1 else ""
    return [f"traceback: {kept[-1]}{more}"] if kept else []


def print_best(console: Console, record: SweepRecord, spec: SweepSpec) -> None:
    """The best trial, its parameters and how to train it again."""
    best = record.best
    if best is None:
        console.print(_why_none(record), soft_wrap=True)
        return
    objective = spec.objectives[0]
    console.print(
        Text(
            f"best trial #{best.number}: {objective.metric} {number(best.values[0])}", "bold green"
        )
    )
    _print_settings(console, best.params)
    if best.chosen:
        console.print("chosen by the trial itself:")
        _print_settings(console, best.chosen)


def print_amendments(console: Console, record: SweepRecord) -> None:
    """What later searches found to be better, the newest of each trial."""
    for trial in record.trials:
        if not trial.amendments:
            continue
        newest = trial.amendments[-1]
        name = newest.choose_by
        images = f"{newest.num_images} image{'s' * (newest.num_images != 1)}"
        own = record.attrs.get("facts", {}).get("data_fingerprint")
        if own and newest.fingerprint != own:
            images += " that are not the sweep's"
        default, honest = (number(newest.scores[kind][name]) for kind in ("default", "honest"))
        console.print(
            f"amendment {newest.index} of trial #{trial.number}: {name} {honest} "
            f"(honest, on {images}; the default {default}), {newest.folder}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        _print_settings(console, newest.settings)


def _print_settings(console: Console, settings: Mapping[str, Any]) -> None:
    for path, value in settings.items():
        console.print(f"  {path}: {number(value)}", highlight=False, markup=False)


def trial_table(record: SweepRecord, spec: SweepSpec, *, is_driven: bool) -> Table:
    """One row a trial: completed ones first, best first."""
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("trial", justify="right")
    table.add_column("state")
    table.add_column("epochs", justify="right")
    metrics = [objective.metric for objective in spec.objectives]
    for metric in metrics:
        table.add_column(metric, justify="right")
    verdicts = verdict_labels(record)
    if verdicts:
        table.add_column("verdict")
    table.add_column("settings, or why it ended", overflow="fold", ratio=1)
    for trial in _ranked(record):
        latest = [trial.latest(metric) for metric in metrics]
        explained = trial.state in {State.PRUNED, State.FAILED}
        table.add_row(
            f"#{trial.number}",
            Text(_label(trial, is_driven=is_driven), style=state_style(trial.state)),
            str(trial.epoch),
            *("" if value is None else number(value) for value in latest),
            *([verdicts.get(trial.number, "")] if verdicts else []),
            trial.reason.removeprefix("pruned ") if explained else settings(trial.params),
        )
    return table


def _label(trial: TrialRecord, *, is_driven: bool) -> str:
    return "interrupted" if trial.state is State.RUNNING and not is_driven else str(trial.state)


def _ranked(record: SweepRecord) -> Sequence[TrialRecord]:
    order = [State.COMPLETED, State.RUNNING, State.PRUNED, State.FAILED, State.QUEUED]
    sign = -1 if record.goals[0] == "maximize" else 1

    def key(trial: TrialRecord) -> tuple[int, float, int]:
        value = trial.values[0] if trial.values else 0.0
        return order.index(trial.state), sign * value, trial.number

    return sorted(record.trials, key=key)


def _why_none(record: SweepRecord) -> str:
    failed = [trial.reason for trial in record.trials if trial.state is State.FAILED]
    if failed:
        return f"no trial was completed; the last failure: {failed[-1]}"
    return "no trial was completed"
