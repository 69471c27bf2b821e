"""Trials of `tokens`: equal numbers with and without the cache, and no encoder where it is full."""

from __future__ import annotations

import copy
import logging
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sweeper.protocol import TrialContext, UserError
from trainables.hv import HVTrainable
from trainables.tokens import opening, preparing


def train(trial: Any, epochs: int = 2, **model: Any) -> list[dict[str, float]]:
    settings = copy.deepcopy(trial.settings)
    settings["model"] |= model
    trainable = HVTrainable()
    trainable.setup(settings, context(trial))
    reports = [dict(trainable.step()) for _ in range(epochs)]
    trainable.close()
    return [
        {name: value for name, value in report.items() if not name.startswith("time/")}
        for report in reports
    ]


def context(trial: Any) -> TrialContext:
    return TrialContext(
        seed=1,
        number=0,
        workdir=trial.folder,
        artifacts_dir=trial.folder,
        cache_dir=trial.cache,
        cpu_threads=1,
    )


def forbid_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "build_encoder", lambda *_: pytest.fail("loads the encoder"))


@pytest.mark.parametrize("precision", ["float16", "float32"])
def test_numbers_do_not_depend_on_the_cache(
    trial: Any, monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    live = train(trial, cache=False, precision=precision)
    filling = train(trial, precision=precision)
    forbid_encoder(monkeypatch)
    assert train(trial, precision=precision) == filling == live
    assert live[0]["train/loss"] != live[1]["train/loss"]


def test_another_decoder_finds_the_features_there(
    trial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(trial, epochs=0)
    forbid_encoder(monkeypatch)
    train(trial, epochs=1, stem=0, width=32, decoders="separate")


def test_crops_may_be_encoded_live_with_every_preset(trial: Any) -> None:
    trial.settings |= {"augment": {"preset": "all"}, "crop_px": 50}
    reports = train(trial, context="crop")
    assert {"val/aji", "train/loss"} <= reports[1].keys()


def test_going_on_gives_the_same_bits(trial: Any, tmp_path: Path) -> None:
    whole, first, second = HVTrainable(), HVTrainable(), HVTrainable()
    state = tmp_path / "state"
    state.mkdir()
    for one in (whole, first, second):
        one.setup(trial.settings, context(trial))
    whole.step()
    first.step()
    first.save(state)
    second.load(state)
    expected, found = whole.step(), second.step()
    assert found["train/loss"] == expected["train/loss"]
    assert found["val/loss"] == expected["val/loss"]
    # The encoder is no part of a checkpoint.
    assert (state / "trainer.pt").stat().st_size < 2**20


def test_unseen_images_are_scored(trial: Any, tmp_path: Path) -> None:
    folder = tmp_path / "unseen"
    rng = np.random.default_rng(0)
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    labels = np.zeros((50, 61), np.uint8)
    labels[5:20, 5:20], labels[30:45, 40:60] = 1, 2
    Image.fromarray(labels).save(folder / "labels" / "a.png")
    Image.fromarray(rng.integers(0, 255, labels.shape, np.uint8)).save(folder / "images" / "a.png")
    trial.settings["data"] = dict(HVTrainable.scored_data(folder))
    trainable = HVTrainable()
    trainable.setup(trial.settings, context(trial))
    assert trainable.search_decodings(lambda *_: None).num_images == 1
    trainable.close()
    assert len(list(trial.cache.glob("features/*/*/*.upright"))) == 1
    assert not list(trial.cache.glob("features/*/*/*.turned"))


def test_features_are_there_before_the_first_trial(
    trial: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "trainables"):
        lines = HVTrainable.prepare(trial.settings, trial.cache).lines
    assert any("RANDOM weights" in line for line in lines)
    assert any("features: 5 images" in line and "do not load the encoder" in line for line in lines)
    # Computed by another process, whose log is heard here.
    assert "features: 6 files in" in caplog.text
    assert "features: 2 files in" in caplog.text
    forbid_encoder(monkeypatch)
    train(trial, epochs=1)
    assert HVTrainable.prepare(trial.settings, trial.cache).lines == lines
    # `sweeper check` shows these.
    shown = HVTrainable.inspect_data(trial.settings, trial.cache).lines
    assert set(shown) >= {line for line in lines if line.startswith(("model:", "features:"))}


def test_an_image_set_needs_no_turned_features(trial: Any) -> None:
    trial.settings["augment"] = {"preset": "none"}
    train(trial, epochs=0)
    assert len(list(trial.cache.glob("features/*/*/*.upright"))) == 5
    assert not list(trial.cache.glob("features/*/*/*.turned"))


@pytest.mark.parametrize(
    ("changes", "model", "expected"),
    [
        (
            {"augment": {"preset": "all"}},
            {},
            "augment.preset: 'all' changes pixels, so features of whole images can't be used: take "
            "'some' or 'none', or set model.context to crop (each crop is then encoded in every "
            "step)",
        ),
        (
            {"crop_px": 70},
            {},
            "crop_px: should be a multiple of 16, the pixels that a token of test_vit stands for, "
            "such as 64 or 80",
        ),
        (
            {},
            {"encoder": "vit_small_patch14_dinov2", "zoom": 4},
            "model.zoom: should divide the 14 pixels of a patch of vit_small_patch14_dinov2, not 4",
        ),
        (
            {},
            {"blocks": [0, 6]},
            "model.blocks: test_vit has the blocks 0 to 5 (-1 is the last), not [0, 6]",
        ),
        ({}, {"weights": "/no/such.pth"}, "model.weights: there is no file /no/such.pth"),
        (
            {},
            {"encoder": "tset_vit"},
            "model.encoder: timm has no model 'tset_vit'; did you mean test_vit or test_vit4 or "
            "test_vit3?",
        ),
    ],
)
def test_mistakes_are_told_before_anything_starts(
    trial: Any, changes: dict[str, Any], model: dict[str, Any], expected: str
) -> None:
    trial.settings |= changes
    trial.settings["model"] |= model
    assert [str(found) for found in HVTrainable.check_config(trial.settings)] == [expected]


def test_weights_come_from_one_place(trial: Any, tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(b"")
    trial.settings["model"] |= {"weights": str(path), "pretrained": True}
    assert [found.where for found in HVTrainable.check_config(trial.settings)] == [
        "model.pretrained"
    ]


def test_a_killed_process_is_told(trial: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pool:
        def __init__(self, *_: Any) -> None: ...
        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None: ...
        def submit(self, *_: Any) -> Any:
            raise BrokenExecutor

    monkeypatch.setattr(preparing, "ProcessPoolExecutor", Pool)
    with pytest.raises(UserError, match="was killed"):
        HVTrainable.prepare(trial.settings, trial.cache)
