"""One evaluation from the request to the files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sweeper.engine.resources import count_gpus, require_device
from sweeper.engine.revisiting import score_again
from sweeper.errors import BackendError, UserError
from sweeper.evaluating.subject import Subject, Wish, find_subject
from sweeper.evaluating.writing import summary_of, write_scores
from sweeper.paths import Home
from sweeper.protocol import DataSummary, NetworkScores, ScoringRequest, TrialContext
from sweeper.study.drafts import draft_folder, rename_to_next

__all__ = ["Evaluated", "EvaluationWatcher", "evaluate"]

#: What the images of `--data` are called, in place of the split that they are read as.
_GIVEN = "data"


class EvaluationWatcher(Protocol):
    """Shows a person what happens; never raises."""

    def note(self, text: str) -> None:
        """Something worth a line of its own."""

    def begin(self, subject: Subject, data: DataSummary) -> None:
        """The data is ready; the network is loaded now."""

    def advance(self, done: int, total: int) -> None:
        """So many of so many images are scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What an evaluation found.

    Attributes:
        subject: What was scored.
        scores: Of each split and image.
        summary: All but the scores of single images, as JSON has it.
        folder: Where the files are.
    """

    subject: Subject
    scores: NetworkScores
    summary: dict[str, Any]
    folder: Path


def evaluate(
    wish: Wish,
    *,
    home: Path | str | None = None,
    device: str | None = None,
    threads: int = 1,
    watcher: EvaluationWatcher,
) -> Evaluated:
    """Scores a network, and writes down what was found.

    Args:
        wish: What is asked for.
        home: Where sweeps live; None: `SWEEPER_HOME` or `./sweeps`.
        device: `cpu` or `cuda`; None: a GPU if there is one.
        threads: CPU threads.
        watcher: Shows progress.

    Raises:
        UserError: The request can't be carried out; nothing was written.
        TrialError: The training code broke.
        BackendError: The disk is full, or the like.
    """
    place = Home.at(home)
    subject = find_subject(place, wish)
    if device is not None:
        require_device(device)
    parent = _parent(subject, wish)
    for sentence in subject.network.notes:
        watcher.note(sentence)
    place.make()
    data = subject.network.kind.prepare(subject.training.config, place.cache)
    watcher.begin(subject, data)
    device = device or ("cuda" if count_gpus() else "cpu")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with (
            draft_folder(parent, "evaluation") as draft,
            _context(subject, place, device, threads) as context,
        ):
            scores = _score(subject, wish, context, draft, watcher)
            summary = summary_of(subject, wish, data, scores)
            write_scores(draft, summary, scores)
            folder = draft.rename(wish.out) if wish.out else rename_to_next(draft, parent)
    except OSError as error:
        where = error.filename or parent
        raise BackendError(f"can't write to {where}: {error.strerror or error}") from error
    return Evaluated(subject=subject, scores=scores, summary=summary, folder=folder)


@contextmanager
def _context(subject: Subject, home: Home, device: str, threads: int) -> Iterator[TrialContext]:
    with tempfile.TemporaryDirectory(prefix="sweeper-evaluate-") as spare:
        yield TrialContext(
            seed=subject.training.seed,
            number=subject.network.trial.number if subject.network.trial else 0,
            workdir=Path(spare),
            artifacts_dir=Path(spare),
            cache_dir=home.cache,
            device=device,
            cpu_threads=threads,
        )


def _parent(subject: Subject, wish: Wish) -> Path:
    """The folder in which a new folder is made."""
    out = wish.out
    if out is None:
        return subject.network.folder.evaluations
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UserError(f"{out} exists and is not empty", hint="name a new folder with --out")
    return out.absolute().parent


def _score(
    subject: Subject,
    wish: Wish,
    context: TrialContext,
    folder: Path,
    watcher: EvaluationWatcher,
) -> NetworkScores:
    request = ScoringRequest(
        splits={"val": _GIVEN} if wish.data is not None else {name: name for name in wish.splits},
        num_worst=wish.num_worst,
        folder=folder,
        progress=watcher.advance,
    )
    network, config = subject.network, subject.training.config
    return score_again(network.kind, config, context, network.checkpoint.state, request)
