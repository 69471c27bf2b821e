"""Takes hold of a sweep that exists, mends what its last driver left half done, and looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import optuna

from sweeper.paths import Home, SweepPaths
from sweeper.study.extension import finish_extension
from sweeper.study.found import driver_words, torn_words
from sweeper.study.lock import Driver, drive, read_driver
from sweeper.study.store import drop_torn_line, open_study
from sweeper.watching import Watcher

__all__ = ["Held", "take_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A sweep that this process holds.

    Attributes:
        home: Where sweeps live.
        paths: The sweep's folder.
        study: Its study.
        driver: Us.
    """

    home: Home
    paths: SweepPaths
    study: optuna.Study
    driver: Driver


@contextmanager
def take_up(home: Home, name: str, watcher: Watcher) -> Iterator[Held]:
    """Holds a sweep for this process.

    Args:
        home: Where sweeps live.
        name: Of the sweep.
        watcher: Told what was found and mended.

    Raises:
        SweepNotFoundError: There is none of this name.
        SweepLockedError: Another process holds it.
        BackendError: The study can't be read, or the folder can't be written.
    """
    open_study(home, name)  # a sweep that is not there has no lock either
    paths = home.sweep(name)
    before = read_driver(paths)
    with drive(paths) as driver:
        num_torn = drop_torn_line(paths.journal)
        study = open_study(home, name)
        for words in (driver_words(before), torn_words(num_torn)):
            if words:
                watcher.note(words)
        if finish_extension(paths, study):
            watcher.note("a change of the space that was being taken over is taken over now")
        yield Held(home=home, paths=paths, study=study, driver=driver)
