"""Real trainings over sparse nuclei: which are stopped for a collapse, which are not, and why."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from numpy.typing import NDArray
from PIL import Image

from sweeper.protocol import TrialContext
from sweeper.pruning import build_pruner
from sweeper.spec.rules import CollapseRule
from sweeper.study.curves import report_metrics
from trainables.hv import HVTrainable

EPOCHS = 8
RULES = [CollapseRule(rule="collapse"), CollapseRule(rule="collapse", split="train")]
SIZE_PX = 64


def scene(rng: np.random.Generator, *, num_nuclei: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bright discs of 37 px, about 0.9 % of the image each, on noise."""
    rows, columns = np.mgrid[:SIZE_PX, :SIZE_PX]
    labels = np.zeros((SIZE_PX, SIZE_PX), np.uint16)
    image = rng.normal(60, 10, labels.shape)
    for number in range(1, num_nuclei + 1):
        row, column = rng.integers(4, SIZE_PX - 4, 2)
        disc = (rows - row) ** 2 + (columns - column) ** 2 < 12
        labels[disc] = number
        image[disc] += 60
    return image.clip(0, 255).astype(np.uint8), labels


def write(folder: Path, split: str, count: int, *, masks: bool) -> None:
    rng = np.random.default_rng(len(split))
    for kind in ("images", "labels"):
        (folder / split / kind).mkdir(parents=True)
    for number in range(count):
        image, labels = scene(rng, num_nuclei=1)
        Image.fromarray(image).save(folder / split / "images" / f"{number}.png")
        Image.fromarray(labels * masks).save(folder / split / "labels" / f"{number}.png")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Data sets by name: right ones, unlabelled training images, no labels at all."""
    made = {}
    for name, train, val in (("right", 1, 1), ("unlabelled", 0, 1), ("empty", 0, 0)):
        made[name] = tmp_path_factory.mktemp(name)
        write(made[name], "train", 12, masks=bool(train))
        write(made[name], "val", 4, masks=bool(val))
    return made


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a training ended: the reason to stop it, its log, its newest metrics."""

    epoch: int
    reason: str | None
    lines: list[str]
    metrics: dict[str, float]


@pytest.fixture
def train(
    folders: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Callable[..., Ended]:
    def trained(data: str = "right", *, pruned: bool = True, **settings: Any) -> Ended:
        for name in ("work", "artifacts", "cache"):
            (tmp_path / name).mkdir()
        context = TrialContext(
            seed=1,
            number=0,
            workdir=tmp_path / "work",
            artifacts_dir=tmp_path / "artifacts",
            cache_dir=tmp_path / "cache",
        )
        config = {
            "epochs": EPOCHS,
            "data": {"source": "folder", "path": str(folders[data])},
            "crop_px": 48,
            "batch_size": 4,
            "steps_per_epoch": 20,
            "nuclei_frac": 0.0,
            "eval_every": 1,
            "collapse_every": 2,
            "model": {"name": "unet", "width": 8, "depth": 3},
            "augment": {"preset": "none"},
            "decode": {"search": "fixed"},
            "optim": {"lr": 0.03},
        }
        trainable = HVTrainable()
        trainable.setup({**config, **settings}, context)
        study, pruner = optuna.create_study(), build_pruner(RULES, EPOCHS)
        trial, metrics, reason = study.ask(), {}, None
        with caplog.at_level(logging.WARNING, "trainables"):
            for epoch in range(1, EPOCHS + 1):
                metrics |= trainable.step()
                report_metrics(trial, epoch, metrics)
                reason = pruner.decide(study, study.get_trials(deepcopy=False)[0])
                if pruned and reason is not None:
                    break
        trainable.close()
        lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
        return Ended(epoch=epoch, reason=reason, lines=lines, metrics=metrics)

    return trained


@pytest.mark.parametrize(
    ("loss", "is_calibrated"),
    [
        ({}, True),
        ({"np_bce": 0.0}, True),
        ({"np": {"type": "focal", "gamma": 2.0, "alpha": 0.25}}, False),
        ({"np": {"type": "focal", "gamma": 2.0, "alpha": 0.75}}, False),
    ],
    ids=["bce and dice", "dice", "focal 0.25", "focal 0.75"],
)
def test_a_network_that_learns_sparse_nuclei_is_left_alone(train, loss, is_calibrated) -> None:
    ended = train(loss=loss)
    assert (ended.epoch, ended.reason, ended.lines) == (EPOCHS, None, [])
    assert 0.005 < ended.metrics["target_mean"] < 0.02
    assert ended.metrics["val/np_contrast"] > 0.1
    # A rule on the loss of the best constant alone would stop what focal loss trains.
    assert (ended.metrics["val/np_bce_ratio"] < 0.5) == is_calibrated
    assert (ended.metrics["val/np_bce_ratio"] > 1) != is_calibrated


def test_unlabelled_training_images_are_named(train) -> None:
    ended = train("unlabelled")
    assert ended.reason == (
        "pruned at epoch 4: train/target_mean is 0, the masks are empty: there is nothing to tell "
        "apart"
    )
    assert ended.lines[0].startswith("nothing to learn: no nucleus in the batches")


def test_masks_that_are_all_empty_are_named(train) -> None:
    ended = train("empty")
    assert ended.reason == (
        "pruned at epoch 4: target_mean is 0, the masks are empty: there is nothing to tell apart"
    )


def test_a_nuclei_map_without_a_loss_is_the_same_all_over(train) -> None:
    # At higher rates the features that the HV maps ask for move it, by chance, for some epochs.
    ended = train(loss={"lambda_np": 0.0}, optim={"lr": 0.003})
    assert ended.epoch < EPOCHS
    assert "the nuclei map is the same all over: " in ended.reason


def test_the_log_says_when_it_collapsed(train) -> None:
    ended = train(pruned=False, loss={"lambda_np": 0.0})
    (line,) = ended.lines
    assert line.startswith("collapsed: predicts nearly the same everywhere since epoch ")


def test_a_learning_rate_far_too_high_leaves_maps_that_know_no_direction(train) -> None:
    ended = train(
        optim={"lr": 1.0, "clip_norm": None, "schedule": "constant", "warmup_epochs": 0.0},
        model={"name": "unet", "width": 8, "depth": 3, "norm": "group"},
    )
    assert ended.epoch < EPOCHS
    assert "the HV maps know no direction: " in ended.reason
