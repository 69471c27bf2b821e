"""One configuration trained in this process: the same session as in a sweep, without Ray."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sweeper.engine.loading import load_trainable, user_import_paths
from sweeper.engine.resources import require_device
from sweeper.engine.session import Failure, Order, Report, Session
from sweeper.errors import Problem, SpecError, UserError
from sweeper.paths import Home, TrialPaths
from sweeper.spec import TrainingFile, dump_training, read_training

__all__ = ["train_once"]


def train_once(
    config: Path,
    *,
    overrides: Sequence[str],
    out: Path,
    home: Path | None,
    device: str,
    threads: int,
) -> Iterator[Report]:
    """Trains a configuration, one epoch per report, until the last epoch or a failure.

    Args:
        config: YAML with `trainable`, `seed` and `config`.
        overrides: `key=value` inside the file.
        out: New folder for the trial's files.
        home: Where prepared data is cached.
        device: `cpu` or `cuda`.
        threads: CPU threads.

    Yields:
        What the trial reports; a `Failure` is the last.

    Raises:
        UserError: The file, the configuration or the data is wrong, or `out` exists.
    """
    training = read_training(config, overrides)
    require_device(device)
    _require_new(out)
    place = Home.at(home)
    _prepare(training, place)
    _make(out)
    text = dump_training(training.trainable, training.seed, training.config)
    TrialPaths(out).config.write_text(text, encoding="utf-8")
    order = Order(
        number=0,
        trainable=training.trainable,
        config=training.config,
        seed=training.seed,
        trial_dir=out.resolve(),
        cache_dir=place.cache,
        device=device,
        cpu_threads=threads,
    )
    yield from _reports(order, num_epochs=int(training.config["epochs"]))


def _reports(order: Order, *, num_epochs: int) -> Iterator[Report]:
    session = Session()
    session.begin(order)
    try:
        for _ in range(num_epochs):
            report = session.next_report()
            yield report
            if isinstance(report, Failure):
                return
    finally:
        session.close()


def _require_new(out: Path) -> None:
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UserError(f"{out} exists and is not empty", hint="name a new folder with --out")


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out: can't write to {out}: {error.strerror}") from error


def _prepare(training: TrainingFile, home: Home) -> None:
    """Finds mistakes and prepares the data, before anything is written to the output."""
    trainable = load_trainable(training.trainable, user_import_paths())
    problems = [
        Problem(where=training.locate(problem.where), reason=problem.reason)
        for problem in trainable.check_config(training.config)
    ]
    if problems:
        raise SpecError(problems)
    home.make()
    trainable.prepare(training.config, home.cache)
