"""How far a search for decodings is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from sweeper.cli.counting import Counter, counter

if TYPE_CHECKING:
    from sweeper.decoding import DecodingWatcher
    from sweeper.decoding.subject import Subject
    from sweeper.protocol import DataSummary

__all__ = ["search_watcher"]


@contextmanager
def search_watcher(console: Console) -> Iterator[DecodingWatcher]:
    """Shows progress while the block runs."""
    with counter(console, verb="tried", things="decodings", parts=5) as shown:
        yield _Watcher(shown)


class _Watcher:
    def __init__(self, shown: Counter) -> None:
        self.note = shown.note
        self.advance = shown.advance

    def begin(self, subject: Subject, data: DataSummary) -> None:
        """Says what is decoded."""
        name = f"{subject.paths.name}, trial #{subject.trial.number}"
        self.note(f"{name}, checkpoint of epoch {subject.checkpoint.epoch}")
        for line in data.lines:
            self.note(line)
