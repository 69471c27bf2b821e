"""A trained network is loaded again in this process, to be looked at; nothing is trained."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sweeper.engine.loading import LoadedTrainable, TrainableClass
from sweeper.engine.reported import checked_scores, checked_table
from sweeper.errors import SweeperError, TrialError
from sweeper.protocol import DecodingTable, NetworkScores, ScoringRequest, TrialContext

__all__ = ["score_again", "search_again"]

_MAX_CHARS = 300  # torch names every weight that does not fit


def search_again(
    kind: TrainableClass,
    config: Mapping[str, Any],
    context: TrialContext,
    state: Path,
    progress: Callable[[int, int], None],
) -> DecodingTable:
    """Searches decodings on a checkpoint.

    Args:
        kind: The trainable.
        config: Complete configuration; its network fits the checkpoint.
        context: Where files that are of no use afterwards may go.
        state: What the trainable has saved; only read.
        progress: Told how many decodings of how many were tried.

    Raises:
        UserError: Settings or data are wrong, or this trainable decodes nothing.
        TrialError: The training code broke, or the checkpoint does not fit the settings.
    """
    with (
        _loaded(kind, config, context, state) as trainable,
        _boundary("search_decodings"),
    ):
        return checked_table(trainable.search_decodings(progress))


def score_again(
    kind: TrainableClass,
    config: Mapping[str, Any],
    context: TrialContext,
    state: Path,
    request: ScoringRequest,
) -> NetworkScores:
    """Scores a checkpoint.

    Args:
        kind: The trainable.
        config: Complete configuration; its network fits the checkpoint.
        context: Where files that are of no use afterwards may go.
        state: What the trainable has saved; only read.
        request: What is scored.

    Raises:
        UserError: Settings or data are wrong, or this trainable scores nothing.
        TrialError: The training code broke, or the checkpoint does not fit the settings.
    """
    with _loaded(kind, config, context, state) as trainable, _boundary("score_network"):
        return checked_scores(trainable.score_network(request))


@contextmanager
def _loaded(
    kind: TrainableClass, config: Mapping[str, Any], context: TrialContext, state: Path
) -> Iterator[LoadedTrainable]:
    """The trainable with the network of a checkpoint, until the end of the block."""
    trainable = cast("LoadedTrainable", kind())
    with _boundary("setup"):
        trainable.setup(config, context)
    try:
        _load(trainable, state)
        yield trainable
    finally:
        with _boundary("close"):
            trainable.close()


def _load(trainable: LoadedTrainable, state: Path) -> None:
    try:
        with _boundary("load"):
            trainable.load(state)
    except TrialError as error:
        raise TrialError(
            f"the network can't be loaded: {_one_line(error.message)}",
            hint="only decoding and data may differ from the trial's own settings"
            + (f" ({error.hint})" if error.hint else ""),
        ) from error


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_CHARS else f"{line[:_MAX_CHARS]} ..."


@contextmanager
def _boundary(method: str) -> Iterator[None]:
    """Whatever goes wrong in training code becomes an error that says where."""
    try:
        yield
    except SweeperError:
        raise
    except (Exception, SystemExit) as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        raise TrialError(
            f"{method} raised {type(error).__name__}: {_one_line(str(error))}",
            hint=f"raised at {frame.filename}:{frame.lineno}",
        ) from error
