"""The decoding that a trial searches itself, through the protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sweeper.protocol import ConfigError, DecodingTable, TrialContext
from trainables.hv import HVTrainable

SPACE: dict[str, Any] = {
    "decoder": {"type": "choice", "values": ["flow", "watershed", "components"]},
    "np_threshold": {"type": "float", "low": 0.3, "high": 0.6, "step": 0.1},
}
SETTINGS: dict[str, Any] = {
    "epochs": 3,
    "data": {"source": "synthetic", "num_train": 6, "num_val": 4, "size_px": 72},
    "crop_px": 48,
    "batch_size": 2,
    "steps_per_epoch": 10,
    "eval_every": 1,
    "model": {"name": "unet", "width": 4, "depth": 3},
    "optim": {"lr": 5e-3},
    "augment": {"preset": "none"},
}
NESTED = {"search": "nested", "space": SPACE, "combinations": 20}


@pytest.fixture
def context(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> TrialContext:
    folders = [tmp_path / "work", tmp_path / "artifacts", tmp_path_factory.getbasetemp() / "cache"]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    workdir, artifacts_dir, cache_dir = folders
    return TrialContext(
        seed=5, number=0, workdir=workdir, artifacts_dir=artifacts_dir, cache_dir=cache_dir
    )


def started(context: TrialContext, **decode: Any) -> HVTrainable:
    trainable = HVTrainable()
    trainable.setup({**SETTINGS, "decode": decode or NESTED}, context)
    return trainable


def run(trainable: HVTrainable) -> list[dict[str, float]]:
    return [dict(trainable.step()) for _ in range(SETTINGS["epochs"])]


def instance_scores(metrics: dict[str, float], prefix: str) -> dict[str, float]:
    names = ("aji", "aji_plus", "aji_pooled", "dice", "pq", "are", "voi_split", "count_error")
    return {name: metrics[prefix + name] for name in names}


def test_a_nested_search_reports_default_honest_and_optimistic(context: TrialContext) -> None:
    trainable = started(context)
    for metrics in run(trainable):
        assert metrics["val/decode_tried"] == metrics["val/decode_planned"] == 12
        assert metrics["val/optimistic/aji"] >= metrics["val/default/aji"]
        gap = metrics["val/optimistic/aji"] - metrics["val/aji"]
        assert metrics["val/decode_optimism"] == pytest.approx(gap, abs=1e-12)
        assert gap >= 0
    assert trainable.chosen().keys() == {"decode.decoder", "decode.np_threshold"}


def test_the_default_of_a_search_is_what_a_fixed_decoding_reports(context: TrialContext) -> None:
    thresholds = {"decoder": "watershed", "np_threshold": 0.4, "marker_threshold": 0.46}
    nested = run(started(context, **NESTED, **thresholds))
    for search in ("fixed", "joint"):
        trainable = started(context, search=search, **thresholds)
        plain = run(trainable)
        assert trainable.chosen() == {}
        for searched, fixed in zip(nested, plain, strict=True):
            assert instance_scores(searched, "val/default/") == instance_scores(fixed, "val/")
            assert searched["train/loss"] == fixed["train/loss"]
            assert not [name for name in fixed if "default" in name or "optimis" in name]


def test_what_was_chosen_is_what_a_fixed_decoding_of_it_scores(context: TrialContext) -> None:
    trainable = started(context)
    metrics = run(trainable)[-1]
    chosen = {path.removeprefix("decode."): value for path, value in trainable.chosen().items()}
    fixed = run(started(context, search="fixed", **chosen))[-1]
    assert fixed["val/aji"] == metrics["val/optimistic/aji"]


def test_the_choice_goes_with_the_checkpoint(context: TrialContext, tmp_path: Path) -> None:
    trainable = started(context)
    run(trainable)
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    trainable.save(folder)
    assert json.loads((folder / "decoding.json").read_text()) == trainable.chosen()
    other = started(context)
    assert other.chosen() == {}
    other.load(folder)
    assert other.chosen() == trainable.chosen()


def test_it_is_searched_again_without_training(context: TrialContext, tmp_path: Path) -> None:
    trainable = started(context)
    metrics = run(trainable)[-1]
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    trainable.save(folder)

    again = started(context)
    again.load(folder)
    told: list[tuple[int, int]] = []
    table = again.search_decodings(lambda done, total: told.append((done, total)))
    assert told[-1] == (12, 12)
    assert len(table.tried) == 12
    assert (table.choose_by, table.goal, table.num_images) == ("aji", "maximize", 4)
    assert table.honest["aji"] == metrics["val/aji"]
    assert table.default["aji"] == metrics["val/default/aji"]
    assert table.optimistic["aji"] == metrics["val/optimistic/aji"]
    assert table.tried[table.chosen].settings == trainable.chosen()
    assert table.tried[table.chosen].scores["aji"] == pytest.approx(table.optimistic["aji"])


@pytest.mark.parametrize(
    ("choose_by", "decides", "goal", "words"),
    [
        (["are"], "are", "minimize", "mean are over images"),
        (
            ["aji", "are"],
            "compromise",
            "maximize",
            "mean over images of the mean of aji, 1 - are",
        ),
    ],
)
def test_other_scores_can_decide(
    choose_by: list[str], decides: str, goal: str, words: str, context: TrialContext
) -> None:
    trainable = started(context, **NESTED, choose_by=choose_by)
    metrics = run(trainable)[-1]
    assert {name for name in metrics if name.startswith("val/optimistic/")} == {
        f"val/optimistic/{name}" for name in choose_by
    }
    table = trainable.search_decodings(lambda done, total: None)
    assert (table.choose_by, table.goal, table.criterion) == (decides, goal, words)
    best = min if goal == "minimize" else max
    scores = [one.scores[decides] for one in table.tried]
    assert scores[table.chosen] == best(scores)
    if decides == "compromise":
        means = table.honest
        assert means["compromise"] == pytest.approx((means["aji"] + 1 - means["are"]) / 2)


def test_a_best_at_the_end_of_a_range_is_told(context: TrialContext) -> None:
    space = {"np_threshold": {"type": "float", "low": 0.0, "high": 1.0, "step": 1.0}}
    trainable = started(context, search="fixed", np_threshold=0.99, space=space)
    run(trainable)
    table = trainable.search_decodings(lambda done, total: None)
    assert list(table.notes) == [
        "the best np_threshold is 0, an end of its range; widen decode.space.np_threshold"
    ]


def test_a_default_that_breaks_a_constraint_is_scored_but_not_chosen(
    context: TrialContext,
) -> None:
    constraints = ["np_threshold >= 0.6"]
    trainable = started(context, **NESTED, np_threshold=0.5, constraints=constraints)
    metrics = run(trainable)[-1]
    assert trainable.chosen()["decode.np_threshold"] == 0.6
    assert "val/default/aji" in metrics


def other_data(folder: Path) -> None:
    labels = np.zeros((40, 50), np.uint16)
    labels[5:15, 5:15], labels[20:32, 10:24] = 1, 2
    for name in ("a", "b"):
        for kind, array in (("images", labels > 0), ("labels", labels)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            picture = array.astype(np.uint8) * 200 if kind == "images" else array
            Image.fromarray(picture).save(folder / kind / f"{name}.png")


def searched_on(folder: Path, context: TrialContext, checkpoint: Path) -> DecodingTable:
    trainable = HVTrainable()
    data = HVTrainable.scored_data(folder)
    trainable.setup({**SETTINGS, "data": data, "decode": NESTED}, context)
    trainable.load(checkpoint)
    return trainable.search_decodings(lambda done, total: None)


def test_images_that_the_trial_never_saw_can_be_decoded(
    context: TrialContext, tmp_path: Path
) -> None:
    trainable = started(context)
    run(trainable)
    checkpoint, folder = tmp_path / "checkpoint", tmp_path / "cells"
    checkpoint.mkdir()
    trainable.save(checkpoint)
    other_data(folder)
    assert searched_on(folder, context, checkpoint).num_images == 2

    scored_only = HVTrainable()
    scored_only.setup({**SETTINGS, "data": HVTrainable.scored_data(folder)}, context)
    with pytest.raises(ConfigError, match="none to train on"):
        scored_only.step()


def test_only_a_nested_search_keeps_its_thresholds_from_the_sweep() -> None:
    nested = {"epochs": 2, "decode": NESTED}
    assert HVTrainable.searched_inside(nested).keys() == {"decode.decoder", "decode.np_threshold"}
    joint = {"epochs": 2, "decode": {**NESTED, "search": "joint"}}
    assert not HVTrainable.searched_inside(joint)
