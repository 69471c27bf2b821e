"""What training code is told by orchestration, see `sweeper.protocol`. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ScoringRequest", "TrialContext"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialContext:
    """What a trial is told about the place where it runs.

    Attributes:
        seed: Non-negative, below 2**32; the only source of randomness of the trial.
        number: The trial's number in its sweep, from 0.
        device: `cpu`, `cuda` or `cuda:N`.
        workdir: Folder of this trial; exists.
        artifacts_dir: Folder whose files are shown with the trial; exists.
        cache_dir: Folder shared by all trials on this node, for prepared data; exists.
        cpu_threads: Threads the trial may use, at least 1.
    """

    seed: int
    number: int
    workdir: Path
    artifacts_dir: Path
    cache_dir: Path
    device: str = "cpu"
    cpu_threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRequest:
    """What is asked of `BaseTrainable.score_network`.

    Attributes:
        splits: Of the data, `train`, `val` or `test` -> what it is called in the answer; those
            without images are passed over.
        num_worst: Of so many images of each split, the worst, there are to be pictures; may be 0.
        folder: Where pictures go; exists and is empty.
        progress: To be told now and then how many images of how many are done; quick.
    """

    splits: Mapping[str, str]
    num_worst: int
    folder: Path
    progress: Callable[[int, int], None]
