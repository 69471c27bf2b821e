"""Types of nuclei from files to metrics: learnt, reported, and for nothing where there are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import sweeper
from sweeper.checking import check_space
from sweeper.errors import SpecError
from sweeper.paths import Home
from sweeper.protocol import ScoringRequest, TrialContext
from sweeper.spec import read_spec
from sweeper.study.events import State
from trainables.hv import HVTrainable
from trainables.losses import TYPE_TERMS

SETTINGS: dict[str, Any] = {
    "epochs": 4,
    "crop_px": 40,
    "batch_size": 4,
    "steps_per_epoch": 10,
    "eval_every": 4,
    "model": {"name": "unet", "width": 8, "depth": 2},
    "optim": {"lr": 0.04, "warmup_epochs": 0.2},
    "decode": {"search": "joint"},
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Discs on black: bright ones and dim ones, which have two types."""
    root = tmp_path_factory.mktemp("cells")
    (root / "types.txt").write_text("bright\ndim\n")
    rng = np.random.default_rng(0)
    for split, count in (("train", 8), ("val", 4)):
        for kind in ("images", "labels", "types"):
            (root / split / kind).mkdir(parents=True)
        for index in range(count):
            write_cells(root / split, f"{split}_{index}", rng)
    return root


def write_cells(folder: Path, name: str, rng: np.random.Generator) -> None:
    y, x = np.mgrid[:48, :48]
    labels = np.zeros((48, 48), np.uint16)
    image = rng.normal(20, 4, labels.shape)
    rows = ["id,type"]
    for place in range(9):
        centre = 8 + 16 * np.array(divmod(place, 3)) + rng.integers(-2, 3, 2)
        inside = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 < rng.uniform(4.5, 6) ** 2
        is_dim = place in (0, 8) or (place != 4 and rng.random() < 0.5)
        labels[inside] = place + 1
        image[inside] += 90 if is_dim else 210
        rows.append(f"{place + 1},{'dim' if is_dim else 'bright'}")
    Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(folder / "images" / f"{name}.png")
    Image.fromarray(labels).save(folder / "labels" / f"{name}.png")
    (folder / "types" / f"{name}.csv").write_text("\n".join(rows))


@pytest.fixture
def start(tmp_path: Path, cells: Path) -> Callable[..., HVTrainable]:
    """A trial on the discs, or on other data."""

    def started(**changes: Any) -> HVTrainable:
        for made in ("work", "artifacts", "cache"):
            (tmp_path / made).mkdir(exist_ok=True)
        trainable = HVTrainable()
        data = {"source": "folder", "path": str(cells)}
        trainable.setup(
            {**SETTINGS, "data": data, **changes},
            TrialContext(
                seed=2,
                number=0,
                workdir=tmp_path / "work",
                artifacts_dir=tmp_path / "artifacts",
                cache_dir=tmp_path / "cache",
            ),
        )
        return trainable

    return started


def without_clock(metrics: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if not name.startswith("time/")}


def test_two_visibly_different_kinds_are_told_apart(
    start: Callable[..., HVTrainable], cells: Path, tmp_path: Path
) -> None:
    trainable = start()
    first = trainable.step()
    for _ in range(3):
        last = trainable.step()
    assert last["train/loss/nt_ce"] < 0.2 * first["train/loss/nt_ce"]
    assert last["val/type_accuracy"] > 0.9
    assert last["val/pq/bright"] > 0.8
    assert last["val/pq/dim"] > 0.8
    assert last["val/mpq"] == pytest.approx((last["val/pq/bright"] + last["val/pq/dim"]) / 2)
    settings = {**SETTINGS, "data": {"source": "folder", "path": str(cells)}}
    names = HVTrainable.prepare(settings, tmp_path / "cache").metric_names
    assert names is not None
    pictures = {path.name for path in (tmp_path / "artifacts").iterdir()}
    assert {"val_worst.png", "val_worst_types.png", "val_best_types.png"} <= pictures
    request = ScoringRequest(splits={"val": "val"}, folder=tmp_path, num_worst=0, progress=print)
    (split,) = trainable.score_network(request).splits
    assert split.mean["mpq"].value == pytest.approx(last["val/mpq"])
    assert split.pooled["mpq"].value == pytest.approx(last["val/mpq_pooled"])
    typed = {name for name in names if "/nt_" in name or "pq/" in name or "type" in name}
    assert typed <= last.keys()
    assert last.keys() <= names


def test_without_types_nothing_is_different_to_the_last_bit(
    start: Callable[..., HVTrainable], cells: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    for split in ("train", "val"):
        for kind in ("images", "labels"):
            (plain / split / kind).parent.mkdir(parents=True, exist_ok=True)
            (plain / split / kind).symlink_to(cells / split / kind)
    short = {"epochs": 2, "eval_every": 2, "steps_per_epoch": 3}
    of_plain = start(data={"source": "folder", "path": str(plain)}, **short)
    unasked = start(types="none", **short)
    for _ in range(2):
        metrics = without_clock(dict(of_plain.step()))
        assert metrics == without_clock(dict(unasked.step()))
    assert "val/aji" in metrics
    assert not [name for name in metrics if "/nt_" in name or "pq/" in name or "mpq" in name]


def test_a_network_keeps_its_classes_on_data_with_others(
    start: Callable[..., HVTrainable], cells: Path, tmp_path: Path
) -> None:
    trained = start(epochs=2, eval_every=2)
    trained.step()
    before = trained.step()
    kept = tmp_path / "kept"
    kept.mkdir()
    trained.save(kept)
    for name, types in (("swapped", "dim\nother\nbright\n"), ("plain", None)):
        other = tmp_path / name
        other.mkdir()
        for split in ("train", "val"):
            (other / split).symlink_to(cells / split)
        if types:
            (other / "types.txt").write_text(types)
        again = start(epochs=3, data={"source": "folder", "path": str(other)})
        again.load(kept)
        after = again._started()._evaluate()
        assert after["val/aji"] == before["val/aji"]
        assert after.get("val/mpq") == (before["val/mpq"] if types else None)
        same = [after[f"val/loss/{term}"] == before[f"val/loss/{term}"] for term in TYPE_TERMS]
        assert same == [types is not None] * 2


def test_without_classes_a_network_is_loaded_on_data_with_them(
    start: Callable[..., HVTrainable], tmp_path: Path
) -> None:
    trained = start(types="none", epochs=1, eval_every=1)
    before = trained.step()
    kept = tmp_path / "kept"
    kept.mkdir()
    trained.save(kept)
    assert not (kept / "types.json").exists()
    again = start(epochs=2)
    again.load(kept)
    assert again._started()._evaluate()["val/aji"] == before["val/aji"]


def test_a_sweep_may_ask_for_the_quality_of_a_class(
    cells: Path, tmp_path: Path, small_ray: None, mlflow_runs: Callable[..., Any]
) -> None:
    space = tmp_path / "typed.yaml"
    space.write_text(
        f"""
name: typed
trainable: trainables.hv:HVTrainable
seed: 3
data: {{source: folder, path: {cells}}}
fixed:
  crop_px: 40
  batch_size: 4
  steps_per_epoch: 4
  eval_every: 1
  model: {{name: unet, width: 4, depth: 2}}
  decode: {{search: joint}}
space:
  loss.lambda_nt: {{type: choice, values: [0.5, 2.0]}}
objective: {{metric: val/pq/dim, goal: maximize}}
budget: {{trials: 2, epochs: 1}}
resources: {{cpus_per_trial: 1}}
""",
        encoding="utf-8",
    )
    home = tmp_path / "home"
    with pytest.raises(SpecError, match="did you mean 'val/pq/dim'"):
        check_space(read_spec(space, ["objective.metric=val/pq/dam"]), Home(home))
    result = sweeper.run(space, home=home)
    assert [trial.state for trial in result.record.trials] == [State.COMPLETED] * 2
    runs = mlflow_runs(home)
    for trial in result.record.trials:
        curve = runs[trial.number].curves["val/pq/dim"]
        assert curve == [(1, trial.epochs[0].metrics["val/pq/dim"])]
        assert runs[trial.number].curves["train/weight/nt_ce"] == [
            (1, trial.params["loss.lambda_nt"])
        ]
