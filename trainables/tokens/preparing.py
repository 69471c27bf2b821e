"""Computes features before any trial starts, in a process of its own.

The driver then keeps neither torch's memory nor a GPU for itself.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from typing import Any

import torch

from sweeper.protocol import UserError
from trainables.augment import AugmentConfig
from trainables.data import DataConfig, PreparedData, prepare
from trainables.models.config import TokensConfig
from trainables.tokens.filling import fill, is_filled
from trainables.tokens.opening import TokenOpening

__all__ = ["FeatureRequest", "prepare_features"]

_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRequest:
    """Of which images features are wanted, and how. Crosses process borders.

    Attributes:
        model: The encoder.
        augment: Decides on the orientations.
        data: The images.
        cache_dir: Where prepared images are, and where features are kept.
    """

    model: TokensConfig
    augment: AugmentConfig
    data: DataConfig
    cache_dir: Path

    def open(self, data: PreparedData, device: str) -> TokenOpening:
        """Opens the prepared images."""
        return TokenOpening(
            self.model, self.augment, data, cache_dir=self.cache_dir, device=torch.device(device)
        )


def prepare_features(request: FeatureRequest, data: PreparedData) -> Sequence[str]:
    """Computes all features that a trial will read and that are not on disk yet.

    Args:
        request: What is wanted.
        data: The same images, opened.

    Returns:
        Facts for people, one a line.

    Raises:
        ConfigError: The encoder or its weights can't be used.
        UserError: The cache can't be written, weights can't be downloaded, or the process that
            computes features was killed.
    """
    opening = request.open(data, "cpu")
    lines = []
    if request.model.weights is None and not request.model.pretrained:
        lines.append(
            f"model: {request.model.encoder} has RANDOM weights; name a file as model.weights"
        )
    files, wanted = opening.files, opening.wanted()
    if files is None:
        return [*lines, "features: computed anew in every step (model.cache is false)"]
    if not all(is_filled(files, one) for one in wanted):
        context = multiprocessing.get_context("spawn")
        with (
            _forwarded(queue := context.Queue()),
            ProcessPoolExecutor(1, context, _log_to, (queue,)) as pool,
        ):
            _fill_in(pool, request)
    shapes = [
        (kind, one.split.labels(item).shape)
        for one in wanted
        for item in range(len(one.split))
        for kind in one.kinds
    ]
    num_mib = sum(files.num_bytes(*shape) for shape in shapes) / _MIB
    num_images = sum(len(one.split) for one in wanted)
    return [
        *lines,
        f"features: {num_images} images, {num_mib:.0f} MiB of {request.model.precision} in "
        f"{files.folder}; trials do not load the encoder"
        if request.model.context == "image"
        else f"features: validation images alone, {num_mib:.0f} MiB in {files.folder}; "
        "training crops are encoded in every step",
    ]


def _fill_in(pool: ProcessPoolExecutor, request: FeatureRequest) -> None:
    try:
        pool.submit(_fill_all, request).result()
    except BrokenExecutor as error:
        raise UserError(
            "the process that computes features was killed, perhaps for lack of memory",
            hint="what it has computed is kept: try again, or take a smaller encoder",
        ) from error


def _fill_all(request: FeatureRequest) -> None:
    data = prepare(request.data, request.cache_dir)
    opening = request.open(data, "cuda" if torch.cuda.is_available() else "cpu")
    for wanted in opening.wanted():
        if opening.files is not None:
            fill(opening.files, wanted, opening.encoder)


def _log_to(queue: Any) -> None:
    root = logging.getLogger()
    root.addHandler(QueueHandler(queue))
    root.setLevel(logging.INFO)


@contextmanager
def _forwarded(queue: Any) -> Iterator[None]:
    """Lets this process log what the other one has put into the queue."""
    listener = QueueListener(queue, _Forward())
    listener.start()
    try:
        yield
    finally:
        listener.stop()


class _Forward(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        logger = logging.getLogger(record.name)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)
