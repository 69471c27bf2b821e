"""Everything that can be found wrong with a space before a trial starts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sweeper.engine.loading import TrainableClass, load_trainable, user_import_paths
from sweeper.engine.resources import count_gpus, plan_resources
from sweeper.errors import DataError, Problem, SpecError, UserError
from sweeper.parameters import FixedParameter
from sweeper.paths import Home
from sweeper.protocol import DataReport, DataSummary, TrialContext
from sweeper.space import build_config, representative_params
from sweeper.spec import SpecFile, SweepSpec
from sweeper.spec.rules import CollapseRule
from sweeper.spec.verdicts import named_metrics

__all__ = [
    "Checked",
    "alarms",
    "check_space",
    "draw_data",
    "find_problems",
    "inspect_data",
    "measure_epoch_s",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A space that can be run.

    Attributes:
        trainable: The class that it names.
        data: What was found; prepared and cached.
        config: A typical configuration.
        inside: Dotted paths that each trial searches itself.
    """

    trainable: TrainableClass
    data: DataSummary
    config: Mapping[str, Any]
    inside: Sequence[str]


def check_space(file: SpecFile, home: Home) -> Checked:
    """Imports the trainable, tries configurations from all over the space, prepares the data.

    Raises:
        SpecError: Mistakes at their lines, all at once.
        DataError: Data that can't be used.
        UserError: The trainable can't be imported, or a trial asks for more than there is.
    """
    problems = find_problems(file)
    if problems:
        raise SpecError(problems)
    trainable = load_trainable(file.spec.trainable, user_import_paths())
    config = build_config(
        file.spec, representative_params(file.spec.space, file.spec.parsed_constraints())[0]
    )
    _check_resources(file.spec)
    home.make()
    try:
        data = trainable.prepare(config, home.cache)
    except DataError as error:
        raise DataError(error.problems, hint=error.hint or "nothing was started") from error
    if unknown := list(_unknown_metrics(file.spec, data.metric_names, " on these data")):
        raise SpecError([Problem(where=file.locate(at), reason=reason) for at, reason in unknown])
    inside = tuple(trainable.searched_inside(config))
    return Checked(trainable=trainable, data=data, config=config, inside=inside)


def find_problems(file: SpecFile) -> list[Problem]:
    """Mistakes that only the trainable knows: settings and metrics that it does not have.

    Raises:
        UserError: The trainable can't be imported.
    """
    spec = file.spec
    trainable = load_trainable(spec.trainable, user_import_paths())
    reasons: dict[str, str] = {}
    for params in representative_params(spec.space, spec.parsed_constraints()):
        config = build_config(spec, params)
        problems = trainable.check_config(config)
        for found in problems:
            reasons.setdefault(found.where, found.reason)
        if not problems:
            inside = trainable.searched_inside(config)
            reasons.update(_searched_twice(spec, params, inside))
    reasons.update(_unknown_metrics(spec, trainable.metric_names))
    return [Problem(where=file.locate(where), reason=reason) for where, reason in reasons.items()]


def _searched_twice(
    spec: SweepSpec, params: Mapping[str, Any], inside: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Parameters that the sweep varies although the trial searches them itself."""
    for name in params:
        if name in inside and not isinstance(spec.space[name], FixedParameter):
            yield name, f"is searched inside every trial: {inside[name]}"


def inspect_data(checked: Checked, home: Home) -> DataReport:
    """What is remarkable about the data; nothing where the trainable does not look."""
    return checked.trainable.inspect_data(checked.config, home.cache) or DataReport()


def draw_data(checked: Checked, home: Home, path: Path, *, seed: int) -> bool:
    """Draws the data as a PNG file; False: the trainable draws nothing.

    Raises:
        UserError: The file can't be written.
    """
    try:
        return checked.trainable.draw_data(checked.config, home.cache, path, seed=seed)
    except OSError as error:
        raise UserError(
            f"can't write the montage to {path}: {error.strerror or error}",
            hint="--montage names another file, --no-montage draws none",
        ) from error


def alarms(report: DataReport) -> list[str]:
    """What nobody should start a sweep without having read, one line each.

    The severe findings, and how many warnings there are besides.
    """
    lines = [
        f"severe: {finding.subject}: {finding.sentence}; {finding.consequence}"
        for finding in report.findings
        if finding.severity == "severe"
    ]
    if num_warnings := sum(finding.severity == "warning" for finding in report.findings):
        noun = "warning" if num_warnings == 1 else "warnings"
        lines.append(f"{num_warnings} {noun} about the data: sweeper check shows all")
    return lines


def measure_epoch_s(checked: Checked, home: Home, *, device: str, cpu_threads: int) -> float | None:
    """Seconds of one epoch, measured on a few steps here; None: the trainable can't say."""
    with tempfile.TemporaryDirectory(prefix="sweeper-check-") as folder:
        context = TrialContext(
            seed=0,
            number=0,
            workdir=Path(folder),
            artifacts_dir=Path(folder),
            cache_dir=home.cache,
            device=device,
            cpu_threads=cpu_threads,
        )
        return checked.trainable.measure_epoch_s(checked.config, context)


def _check_resources(spec: SweepSpec) -> None:
    """Refuses what this machine can't give.

    Raises:
        UserError: A trial asks for more than there is.
    """
    asks_for_gpus = spec.resources.gpus_per_trial not in {"auto", 0}
    plan_resources(
        spec.resources,
        cpus=len(os.sched_getaffinity(0)),
        gpus=count_gpus() if asks_for_gpus else 0,
        max_trials=spec.budget.trials,
    )


def _unknown_metrics(
    spec: SweepSpec, known: frozenset[str] | None, where: str = ""
) -> Iterator[tuple[str, str]]:
    """Fields that name a metric which is none of the known ones, and why that is wrong.

    Args:
        spec: The space.
        known: Names, a `*` in them for anything; None: any name may be right.
        where: Ends the reason: what the names are known of, if not of all data.
    """
    if known is None:
        return
    in_full = sorted(name for name in known if "*" not in name)
    for field, metric in _metrics_named(spec):
        if not any(fnmatchcase(metric, name) for name in known):
            near = get_close_matches(metric, in_full, n=1, cutoff=0.5)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            yield field, f"{spec.trainable} does not report a metric '{metric}'{where}{hint}"


def _metrics_named(spec: SweepSpec) -> list[tuple[str, str]]:
    """Every field that names a metric, and the name."""
    named = [
        (f"objective.{index}.metric", objective.metric)
        for index, objective in enumerate(spec.objectives)
    ]
    for index, rule in enumerate(spec.pruning):
        if isinstance(rule, CollapseRule):
            asked = rule.metrics_asked_for
            named += [(f"pruning.{index}.{key}", name) for key, name in asked.items()]
        elif (metric := getattr(rule, "metric", None)) is not None:
            named.append((f"pruning.{index}.metric", metric))
    return [*named, *named_metrics(spec.verdicts)]
