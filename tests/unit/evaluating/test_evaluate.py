"""Scoring the networks of trials and of folders."""

from __future__ import annotations

import csv
import errno
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sweeper.decoding import Wish as DecodeWish
from sweeper.decoding import decode
from sweeper.errors import BackendError, SweepNotFoundError, TrialError, UserError
from sweeper.evaluating import Evaluated, Wish, evaluate
from sweeper.study.lock import drive


@dataclass
class Watcher:
    notes: list[str] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)

    def note(self, text):
        self.notes.append(text)

    def begin(self, subject, data):
        self.subject = subject
        self.notes += data.lines

    def advance(self, done, planned):
        self.steps.append((done, planned))


def score(place, target="toyd", watcher=None, **wish) -> Evaluated:
    wanted = Wish(target=str(target), **wish)
    return evaluate(wanted, home=place.root, watcher=watcher or Watcher())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def aji(found: Evaluated) -> float:
    return found.scores.splits[0].images[0].scores["aji"]


@pytest.fixture
def alone(place, tmp_path):
    """The same network as `sweeper train` leaves one: in a folder of its own."""
    folder = tmp_path / "trained"
    shutil.copytree(place.sweep("toyd").trial(3).root, folder)
    return folder


def test_the_best_trial_with_what_it_chose_is_the_default(place):
    watcher = Watcher()
    found = score(place, watcher=watcher)
    assert found.subject.network.title == "toyd, trial #0"
    assert found.subject.network.checkpoint.epoch == 4
    assert [split.name for split in found.scores.splits] == ["train", "val"]
    assert aji(found) == 0.5  # cut 0.5, as the trial chose at that epoch
    assert watcher.notes == ["toy data: none"]
    assert watcher.subject is found.subject
    assert watcher.steps[-1] == (3, 3)


def test_nothing_of_the_sweep_is_changed_and_nothing_is_overwritten(place):
    paths = place.sweep("toyd")
    before = contents(paths.root)
    folders = [score(place, num_worst=1).folder for _ in range(2)]
    after = contents(paths.root)
    assert {name: after[name] for name in before} == before
    files = ("summary.json", "images.csv", "train_a.png", "val_a.png")
    assert {name for name in after if name not in before} == {
        f"trials/0/evaluate/{number}/{name}" for number in (1, 2) for name in files
    }
    assert folders == [paths.trial(0).evaluations / number for number in ("1", "2")]


def test_the_files_say_what_was_found(place):
    found = score(place, trial=0, num_worst=1, overrides=["decode.method=split"])
    with (found.folder / "images.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "split": "train",
        "image": "a",
        "picture": "train_a.png",
        "aji": "0.5",
        "nuclei": "4.0",
    }
    assert [(row["split"], row["image"]) for row in rows[2:4]] == [("train", "c"), ("val", "a")]
    told = json.loads((found.folder / "summary.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(found.summary))
    assert (told["sweep"], told["trial"], told["epoch"]) == ("toyd", 0, 4)
    assert told["decoding"] == {
        "origin": "chosen",
        "words": "chosen by the trial itself at epoch 4",
        "settings": {"decode.method": "melt", "decode.cut": 0.5},
    }
    assert told["splits"]["val"]["mean"]["aji"] == {"value": 0.6, "low": 0.1, "high": 0.9}
    assert told["splits"]["val"]["num_images"] == 3
    assert told["judgement"] == ["all is well", "mind the step"]
    assert told["overrides"] == ["decode.method=split"]
    assert told["config"]["decode"]["method"] == "split"
    assert told["data"] == {"fingerprint": "toy", "found": ["toy data: none"]}
    assert "score" in told["reported"]


def test_thresholds_of_another_epoch_are_those_of_another_network(place):
    # The toy chooses another decoding before its third epoch.
    found = score(place, trial=3, epoch=2)
    assert found.summary["decoding"]["settings"] == {
        "decode.method": "split",
        "decode.cut": 0.4,
        "decode.depth": 2,
    }
    assert aji(found) == pytest.approx(0.5 - 0.01)


def test_an_amendment_comes_before_the_choice(place):
    wish = DecodeWish(trial=0, write_back=True, overrides=["config.decode.space.cut=[0.45]"])
    decode("toyd", wish, home=place.root, watcher=Watcher())
    found = score(place, trial=0)
    assert found.subject.decoding.words == (
        "amendment 1, found by mean AJI over images over 10 images"
    )
    assert found.summary["decoding"]["settings"]["decode.cut"] == 0.45
    assert found.subject.training.config["decode"]["space"] == {"cut": [0.45]}
    assert score(place, trial=0, decoding="chosen").summary["decoding"]["origin"] == "chosen"
    assert score(place, trial=0, decoding="amended").summary["decoding"]["origin"] == "amended"


def test_an_amendment_of_another_epoch_is_not_used(place):
    decode("toyd", DecodeWish(trial=0, write_back=True), home=place.root, watcher=Watcher())
    checkpoints = place.sweep("toyd").trial(0).checkpoints
    shutil.copytree(checkpoints / "epoch-00004", checkpoints / "epoch-00003")
    meta = checkpoints / "epoch-00003" / "meta.json"
    meta.write_text(meta.read_text().replace('"epoch": 4', '"epoch": 3'))
    assert score(place, trial=0, epoch=3).summary["decoding"]["origin"] == "chosen"
    with pytest.raises(UserError, match=r"toyd, trial #0 has no amendment of epoch 3"):
        score(place, trial=0, epoch=3, decoding="amended")


def test_the_default_decoding(place):
    found = score(place, decoding="default")
    assert found.summary["decoding"] == {
        "origin": "default",
        "words": "the default of the configuration, not what the trial chose",
        "settings": {},
    }
    assert aji(found) == pytest.approx(0.5 - 0.04)


def test_what_is_set_wins_over_what_was_chosen(place):
    assert aji(score(place, overrides=["decode.cut=0.2"])) == pytest.approx(0.5 - 0.09)


def test_other_images(place, tmp_path):
    found = score(place, data=tmp_path / "more")
    assert [split.name for split in found.scores.splits] == ["data"]
    assert found.subject.training.config["data"]["path"] == str(tmp_path / "more")
    assert found.summary["data_option"] == str(tmp_path / "more")


def test_splits_without_images_are_passed_over(place):
    found = score(place, splits=("train", "val", "test"))
    assert [split.name for split in found.scores.splits] == ["train", "val"]


@pytest.mark.parametrize("part", ["", "checkpoints", "checkpoints/epoch-00002"])
def test_a_network_in_a_folder(place, alone, part):
    found = score(place, alone / part)
    assert (found.subject.network.sweep, found.subject.network.checkpoint.epoch) == (None, 2)
    assert found.folder == alone / "evaluate" / "1"
    assert found.summary["decoding"]["origin"] == "chosen"


def test_a_checkpoint_in_a_folder_says_its_epoch(place, alone):
    checkpoint = alone / "checkpoints" / "epoch-00001" / "state"
    assert score(place, checkpoint).subject.network.checkpoint.epoch == 1
    with pytest.raises(UserError, match=r"--epoch 2: .* is the checkpoint of epoch 1"):
        score(place, checkpoint, epoch=2)


def test_a_folder_by_its_name_alone(place, alone, monkeypatch):
    monkeypatch.chdir(alone.parent)
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "toys"))
    assert score(place, "trained").subject.network.sweep is None


def test_the_folder_of_a_trial_is_that_trial(place, tmp_path):
    folder = place.sweep("toyd").trial(3).root
    found = evaluate(Wish(target=str(folder)), home=tmp_path / "else", watcher=Watcher())
    assert found.subject.network.title == "toyd, trial #3"
    assert found.folder == folder / "evaluate" / "1"
    with drive(place.sweep("toyd")), pytest.raises(UserError, match="#3 is being trained; eval"):
        score(place, folder)


def test_a_folder_of_ones_own(place, tmp_path):
    found = score(place, out=tmp_path / "a" / "b")
    assert found.folder == tmp_path / "a" / "b"
    assert (found.folder / "summary.json").is_file()
    assert not place.sweep("toyd").trial(0).evaluations.exists()
    with pytest.raises(UserError, match=r"a/b exists and is not empty"):
        score(place, out=tmp_path / "a" / "b")
    (tmp_path / "empty").mkdir()
    assert score(place, out=tmp_path / "empty").folder == tmp_path / "empty"


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"trial": 1}, "#1 was pruned, and no checkpoint"),
        ({"trial": 4}, "#4 has not begun|no trial #4"),
        ({"trial": 9}, "has no trial #9"),
        ({"trial": 0, "epoch": 2}, "no whole checkpoint of epoch 2"),
        ({"overrides": ["decode.nothing=1"]}, "--set config.decode.nothing: no such setting"),
        ({"target": "/nowhere/at/all"}, "there is no folder /nowhere/at/all"),
    ],
)
def test_wrong_requests(place, wish, words):
    with pytest.raises(UserError, match=words):
        score(place, **wish)
    assert not place.sweep("toyd").trial(0).evaluations.exists()


def test_folders_that_hold_no_network(place, alone, tmp_path):
    with pytest.raises(SweepNotFoundError, match="no sweep named 'none'"):
        score(place, "none")
    with pytest.raises(UserError, match=r"toyd is a sweep, not a network") as refused:
        score(place, place.sweep("toyd").root)
    assert refused.value.hint.startswith(f"sweeper evaluate toyd --home {place.root}")
    with pytest.raises(UserError, match="is a folder, which has no trial 3"):
        score(place, alone, trial=3)
    with pytest.raises(UserError, match=r"it has no config\.yaml and no checkpoints/"):
        score(place, tmp_path)
    (alone / "config.yaml").unlink()
    with pytest.raises(UserError, match=r"it has no config\.yaml$"):
        score(place, alone)


def test_a_trainable_that_scores_nothing(place):
    paths = place.sweep("toyd")
    text = paths.spec.read_text(encoding="utf-8")
    text = text.replace("toy_decoder:ToyDecoder", "toy_trainable:Toy")
    paths.spec.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="toy_trainable:Toy scores no networks"):
        score(place)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("config.decode.fail=score", "score_network raised ZeroDivisionError: nothing"),
        ("config.width=16", "can't be loaded: load raised ValueError: the weights have another"),
    ],
)
def test_training_code_that_breaks(place, override, words):
    with pytest.raises(TrialError, match=words):
        score(place, overrides=[override])
    assert list(place.sweep("toyd").trial(0).evaluations.iterdir()) == []


def test_a_full_disk_leaves_nothing_half_written(place, monkeypatch):
    from sweeper.evaluating import evaluation

    def fill(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(evaluation, "write_scores", fill)
    with pytest.raises(BackendError, match=r"can't write to .*evaluate: No space left on device"):
        score(place)
    assert list(place.sweep("toyd").trial(0).evaluations.iterdir()) == []
