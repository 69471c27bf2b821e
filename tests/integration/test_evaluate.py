"""A trained HoVer network is scored again: the numbers are those that the trial reported."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sweeper.errors import UserError
from sweeper.evaluating import Evaluated, Wish, evaluate
from sweeper.training import train_once

ROOT = Path(__file__).resolve().parents[2]
SMALL = [
    "epochs=2",
    "data={source: synthetic, num_train: 5, num_val: 4, num_test: 3, size_px: 72}",
    "config.steps_per_epoch=12",
    "crop_px=48",
    "batch_size=2",
    "eval_every=1",
    "model={name: unet, width: 4, depth: 3}",
    "config.optim.lr=5e-3",
    "config.decode.space.np_threshold={type: float, low: 0.3, high: 0.6, step: 0.1}",
    "config.decode.space.decoder={type: choice, values: [flow, watershed, components]}",
]


class Silent:
    def note(self, text):
        pass

    def begin(self, subject, data):
        pass

    def advance(self, done, total):
        pass


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def trained(home) -> tuple[Path, list[dict[str, float]]]:
    out = home / "trained"
    config = ROOT / "trainables" / "hv.yaml"
    reports = train_once(config, overrides=SMALL, out=out, home=home, device="cpu", threads=1)
    return out, [dict(report.metrics) for report in reports]


def score(home: Path, folder: Path, **wish) -> Evaluated:
    return evaluate(Wish(target=str(folder), **wish), home=home, threads=1, watcher=Silent())


def mean(found: Evaluated, split: str, name: str) -> float:
    (one,) = [one for one in found.scores.splits if one.name == split]
    return one.mean[name].value


@pytest.mark.parametrize("epoch", [1, 2])
def test_the_chosen_decoding_scores_what_the_trial_reported(home, trained, tmp_path, epoch):
    folder, metrics = trained
    reported = metrics[epoch - 1]
    found = score(home, folder, epoch=epoch, out=tmp_path / "chosen", num_worst=0)
    assert found.summary["decoding"]["origin"] == "chosen"
    assert mean(found, "val", "aji") == reported["val/optimistic/aji"]
    (_, val) = found.scores.splits
    for name in ("hv_magnitude", "hv_magnitude_aligned", "hv_mse_ratio"):
        assert val.pooled[name].value == pytest.approx(reported[f"val/{name}"], rel=1e-6)
    default = score(home, folder, epoch=epoch, out=tmp_path / "default", decoding="default")
    for name in ("aji", "aji_plus", "pq", "dice", "are"):
        assert mean(default, "val", name) == reported[f"val/default/{name}"]
    (_, val) = default.scores.splits
    assert val.pooled["aji"].value == pytest.approx(reported["val/default/aji_pooled"])


def test_threads_change_nothing(home, trained, tmp_path):
    one, two = (
        evaluate(
            Wish(target=str(trained[0]), out=tmp_path / str(threads), num_worst=0),
            home=home,
            threads=threads,
            watcher=Silent(),
        )
        for threads in (1, 2)
    )
    names = [image.name for split in one.scores.splits for image in split.images]
    assert [image.name for split in two.scores.splits for image in split.images] == names
    assert mean(one, "val", "aji") == pytest.approx(mean(two, "val", "aji"), abs=0.02)


def test_what_is_left_behind(home, trained):
    found = score(home, trained[0], splits=("train", "val", "test"), num_worst=2)
    with (found.folder / "images.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["split"] for row in rows] == ["train"] * 5 + ["val"] * 4 + ["test"] * 3
    told = json.loads((found.folder / "summary.json").read_text(encoding="utf-8"))
    for split in ("train", "val", "test"):
        ours = [row for row in rows if row["split"] == split]
        means = told["splits"][split]["mean"]
        for name in ("aji", "pq", "dice", "are", "hv_magnitude", "aji_true_both"):
            values = [float(row[name]) for row in ours]
            assert means[name]["value"] == pytest.approx(np.mean(values))
            assert means[name]["low"] <= means[name]["value"] <= means[name]["high"]
        pictured = {row["image"] for row in ours if row["picture"]}
        worst = sorted(ours, key=lambda row: float(row["aji"]))[:2]
        assert pictured == {row["image"] for row in worst}
        for row in worst:
            with Image.open(found.folder / row["picture"]) as picture:
                assert picture.width > 3 * 72
        for row in ours:
            fates = ("found", "merged", "split", "missed")
            assert float(row["nuclei"]) == sum(float(row[f"nuclei_{fate}"]) for fate in fates)
    assert told["judgement"]


def test_true_maps_and_foreground_are_an_upper_end(home, trained, tmp_path):
    flow = ("decode.decoder=flow",)
    found = score(home, trained[0], out=tmp_path / "out", num_worst=0, overrides=flow)
    assert mean(found, "val", "aji_true_both") > 0.9
    assert mean(found, "val", "aji_true_both") >= mean(found, "val", "aji_true_np")


def cells(folder: Path, channels: int = 1) -> None:
    labels = np.zeros((40, 50), np.uint16)
    labels[5:15, 5:15], labels[20:32, 10:24] = 1, 2
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    shown = (labels > 0).astype(np.uint8) * 200
    picture = shown if channels == 1 else np.stack([shown, shown // 2, shown // 3], axis=-1)
    Image.fromarray(picture).save(folder / "images" / "a.png")
    Image.fromarray(labels).save(folder / "labels" / "a.png")


def test_other_images(home, trained, tmp_path):
    cells(tmp_path / "cells")
    found = score(home, trained[0], data=tmp_path / "cells", out=tmp_path / "out")
    (split,) = found.scores.splits
    assert (split.name, [image.name for image in split.images]) == ("data", ["a"])
    assert split.mean["aji"].low is None  # one image
    assert split.images[0].picture == "worst_data_1_a.png"
    with pytest.raises(UserError, match="nothing"):
        score(home, trained[0], data=tmp_path / "nothing")


def test_images_in_colour_do_not_suit_a_gray_network(home, trained, tmp_path):
    cells(tmp_path / "cells", channels=3)
    with pytest.raises(
        UserError, match="in colour, and the network was trained on gray"
    ) as refused:
        score(home, trained[0], data=tmp_path / "cells", out=tmp_path / "out")
    assert "convert the images to gray" in refused.value.hint
    assert not (tmp_path / "out").exists()


def test_gray_images_suit_a_network_for_colour(home, tmp_path):
    config, out = ROOT / "trainables" / "hv.yaml", tmp_path / "colour"
    colour = [*SMALL, "epochs=1", "config.data.look=tissue"]
    list(train_once(config, overrides=colour, out=out, home=home, device="cpu", threads=1))
    cells(tmp_path / "gray")
    cells(tmp_path / "rgb", channels=3)
    for folder in ("gray", "rgb"):
        found = score(home, out, data=tmp_path / folder, out=tmp_path / f"{folder}.out")
        assert [len(split.images) for split in found.scores.splits] == [1]


def test_classes_are_scored_where_nuclei_have_them(home, tmp_path):
    out = tmp_path / "typed"
    config, typed = ROOT / "trainables" / "hv.yaml", [*SMALL, "config.data.kinds=2"]
    reports = train_once(config, overrides=typed, out=out, home=home, device="cpu", threads=1)
    reported = [dict(report.metrics) for report in reports][-1]
    found = score(home, out, num_worst=0, decoding="default", overrides=["decode.search=fixed"])
    assert {"mpq", "pq/solid", "pq/hollow"} <= set(found.scores.headline)
    (_, val) = found.scores.splits
    assert {"mpq", "pq/solid"} <= set(val.mean)
    assert val.pooled["mpq"].value == pytest.approx(
        np.mean([val.pooled[f"pq/{name}"].value for name in ("solid", "hollow")])
    )
    assert "val/mpq" in reported
    plain = score(home, out, num_worst=0, out=tmp_path / "out", data=_cells(tmp_path / "cells"))
    assert "mpq" not in plain.scores.headline
    other = _cells(tmp_path / "other")
    (other / "types.txt").write_text("tumor\nimmune\n", encoding="utf-8")
    (other / "types").mkdir()
    for labels in sorted((other / "labels").iterdir()):
        rows = "id,type\n1,tumor\n"
        (other / "types" / f"{labels.stem}.csv").write_text(rows, encoding="utf-8")
    unknown = score(home, out, num_worst=0, out=tmp_path / "out2", data=other)
    assert "mpq" not in unknown.scores.headline
    assert "(solid, hollow): classes are not scored there" in unknown.scores.notes[-1]


def _cells(folder: Path) -> Path:
    cells(folder)
    return folder
