"""One configuration trained in this process: the same session as in a sweep, without Ray."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sweeper.engine.loading import load_trainable, user_import_paths
from sweeper.engine.session import EpochReport, Failure, Order, Session
from sweeper.errors import ConfigError, UserError
from sweeper.paths import Home
from sweeper.spec import read_training

__all__ = ["train_once"]


def train_once(
    config: Path,
    *,
    overrides: Sequence[str],
    out: Path,
    home: Path | None,
    device: str,
    threads: int,
    on_epoch: Callable[[int, int, dict[str, float]], None],
) -> str | None:
    """Trains a configuration.

    Args:
        config: YAML with `trainable`, `seed` and `config`.
        overrides: `key=value` inside the file.
        out: New folder for the trial's files.
        home: Where prepared data is cached.
        device: `cpu` or `cuda`.
        threads: CPU threads.
        on_epoch: Called with epoch, epochs and metrics.

    Returns:
        The reason why it failed; None if it went well.

    Raises:
        UserError: The file, the configuration or the data is wrong, or `out` exists.
    """
    training = read_training(config, overrides)
    if out.exists() and any(out.iterdir()):
        raise UserError(f"{out} exists and is not empty", hint="name a new folder with --out")
    trainable = load_trainable(training.trainable, user_import_paths())
    problems = trainable.check_config(training.config)
    if problems:
        raise ConfigError(problems)
    cache = Home.at(home).cache
    cache.mkdir(parents=True, exist_ok=True)
    trainable.prepare(training.config, cache)
    out.mkdir(parents=True, exist_ok=True)
    session = Session()
    session.begin(
        Order(
            number=0,
            trainable=training.trainable,
            config=training.config,
            seed=training.seed,
            trial_dir=out.resolve(),
            cache_dir=cache,
            device=device,
            cpu_threads=threads,
        )
    )
    epochs: Any = training.config.get("epochs", 1)
    try:
        for _ in range(int(epochs)):
            match session.next_report():
                case Failure(reason=reason):
                    return reason
                case EpochReport(epoch=epoch, metrics=metrics):
                    on_epoch(epoch, int(epochs), dict(metrics))
    finally:
        session.close()
    return None
