"""Searching decodings again on trials of every state."""

from __future__ import annotations

import csv
import errno
import json
import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from sweeper.decoding import Wish, decode
from sweeper.decoding.writing import as_options
from sweeper.errors import BackendError, SweepLockedError, TrialError, UserError
from sweeper.spec import read_spec, read_training
from sweeper.spec.source import parse_yaml
from sweeper.study.lock import drive, is_driven
from sweeper.study.records import read_record
from sweeper.study.store import create_sweep, open_study


@dataclass
class Watcher:
    notes: list[str] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)

    def note(self, text):
        self.notes.append(text)

    def begin(self, subject, data):
        self.notes += data.lines

    def advance(self, done, planned):
        self.steps.append((done, planned))


def search(place, trial=None, watcher=None, **wish):
    wanted = Wish(trial=trial, **wish)
    return decode("toyd", wanted, home=place.root, watcher=watcher or Watcher())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_best_trial_is_the_default(place):
    watcher = Watcher()
    found = search(place, watcher=watcher)
    assert found.subject.trial.number == 0
    assert found.subject.checkpoint.epoch == 4
    assert found.amendment is None
    assert found.table.tried[found.table.chosen].settings == {
        "decode.method": "melt",
        "decode.cut": 0.5,
    }
    assert watcher.steps[-1] == (24, 24)
    assert watcher.notes == ["toy data: none"]


def test_nothing_of_the_sweep_is_changed(place):
    paths = place.sweep("toyd")
    before = contents(paths.root)
    folder = search(place).folder
    after = contents(paths.root)
    new = {name for name in after if name not in before}
    assert {name: after[name] for name in before} == before
    assert new == {
        f"trials/0/decode/1/{name}"
        for name in ("table.csv", "plot.html", "decoding.yaml", "search.yaml")
    }
    assert folder == paths.trial(0).decodings / "1"


def test_each_search_has_a_folder_of_its_own(place):
    folders = [search(place).folder.name for _ in range(3)]
    assert folders == ["1", "2", "3"]
    shutil.rmtree(place.sweep("toyd").trial(0).decodings / "2")
    assert search(place).folder.name == "4"


def test_the_files_say_what_was_found(place):
    found = search(place, 0, overrides=["decode.search=nested"])
    with (found.folder / "table.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.table.tried) == 25
    assert rows[0] == {
        "index": "0",
        "chosen": "0",
        "decode.method": "melt",
        "decode.cut": "0.3",
        "decode.depth": "",
        "aji": str(found.table.tried[0].scores["aji"]),
        "dice": str(found.table.tried[0].scores["dice"]),
    }
    assert [row["index"] for row in rows if row["chosen"] == "1"] == [str(found.table.chosen)]
    text = (found.folder / "decoding.yaml").read_text(encoding="utf-8")
    chosen = yaml.safe_load(text)
    assert chosen == {"decode.method": "melt", "decode.cut": 0.5}
    options = "--set config.decode.method=melt --set config.decode.cut=0.5"
    assert f"# sweeper train or decode: {options}\n" in text
    told = yaml.safe_load((found.folder / "search.yaml").read_text(encoding="utf-8"))
    assert (told["trial"], told["epoch"], told["num_tried"]) == (0, 4, 25)
    assert told["overrides"] == ["decode.search=nested"]
    assert told["data"] == {"fingerprint": "toy", "found": ["toy data: none"]}
    assert told["optimism"] == pytest.approx(0.02)
    assert told["config"] == found.subject.training.config


def test_the_options_that_are_told_can_be_passed_on(place):
    found = search(place)
    text = (found.folder / "decoding.yaml").read_text(encoding="utf-8")
    (options,) = re.findall(r"# sweeper train or decode: (.*)", text)
    overrides = [word for word in shlex.split(options) if word != "--set"]
    config = read_training(place.sweep("toyd").trial(0).config, overrides).config
    assert config["decode"] == {"search": "nested", "method": "melt", "cut": 0.5}


def test_the_page_needs_no_network_and_hides_nothing(place):
    page = (search(place).folder / "plot.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    assert "toyd, trial #0, epoch 4" in page
    data = page[page.rindex("Plotly.newPlot(") :]
    for path in ("decode.cut", "decode.depth", "decode.method"):
        assert f"\\u003cb\\u003e{path}\\u003c\\u002fb\\u003e" in data or f"<b>{path}</b>" in data


def test_names_can_not_break_out_of_the_page(place):
    found = search(place)
    from sweeper.decoding.plot import write_plot

    path = found.folder.parent / "other.html"
    write_plot(path, "</script><b>bold", found.table)
    page = path.read_text(encoding="utf-8")
    assert "</script><b>bold" not in page


@pytest.mark.parametrize(("trial", "epoch"), [(0, 4), (2, 1), (3, 2)])
def test_completed_failed_and_interrupted_trials_have_a_network(place, trial, epoch):
    assert search(place, trial).subject.checkpoint.epoch == epoch


def test_a_checkpoint_can_be_named(place):
    assert search(place, 3, epoch=1).subject.checkpoint.epoch == 1
    with pytest.raises(UserError, match="no whole checkpoint of epoch 7") as refused:
        search(place, 3, epoch=7)
    assert refused.value.hint == "it has one of epoch 1 and 2"


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        (1, r"#1 was pruned, and no checkpoint .* is kept \(pruned at epoch 2: too slow\)"),
        (4, "#4 has not begun; it has no network yet"),
        (5, r"has no trial #5 \(it has #0 to #4\)"),
        (-1, "has no trial #-1"),
    ],
)
def test_trials_without_a_network(place, trial, words):
    with pytest.raises(UserError, match=words):
        search(place, trial)


def test_no_such_sweep_and_no_best_trial(place, toys):
    with pytest.raises(UserError, match="no sweep named 'other'"):
        decode("other", Wish(), home=place.root, watcher=Watcher())
    spec = read_spec(toys / "toy_decoder.yaml", ["name=new"]).spec
    create_sweep(place, spec, start=(), attrs={})
    with pytest.raises(UserError, match="no trial of 'new' was completed") as refused:
        decode("new", Wish(), home=place.root, watcher=Watcher())
    assert refused.value.hint == "name one: sweeper decode new 0"


def damage(place, trial, epoch):
    weights = place.sweep("toyd").trial(trial).checkpoints / f"epoch-{epoch:05d}" / "state"
    (weights / "weights.json").write_text("{}", encoding="utf-8")


def test_a_damaged_checkpoint_is_passed_over_and_told(place):
    damage(place, 3, 2)
    watcher = Watcher()
    assert search(place, 3, watcher=watcher).subject.checkpoint.epoch == 1
    assert "epoch-00002 is damaged" in watcher.notes[0]
    with pytest.raises(UserError, match=r"epoch 2 .*damaged"):
        search(place, 3, epoch=2)
    damage(place, 3, 1)
    with pytest.raises(UserError, match=r"trial #3 has no whole checkpoint .*damaged.*damaged"):
        search(place, 3)


def test_other_data(place, tmp_path):
    watcher = Watcher()
    found = search(place, 0, watcher, data=tmp_path / "more")
    assert found.subject.training.config["data"] == {
        "source": "folder",
        "path": str(tmp_path / "more"),
    }
    assert watcher.notes == [f"data: {tmp_path / 'more'}"]
    told = yaml.safe_load((found.folder / "search.yaml").read_text(encoding="utf-8"))
    assert told["data_option"] == str(tmp_path / "more")
    assert told["data"]["fingerprint"] == f"of {tmp_path / 'more'}"


def test_another_decoding_space(place):
    found = search(place, 0, overrides=["config.decode.space.cut=[0.45]"])
    assert len(found.table.tried) == 5


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"overrides": ["decode.serach=nested"]}, "--set config.decode.serach: no such setting"),
        ({"overrides": ["config.decode.cot=1"]}, "--set config.decode.cot.*no such setting"),
        ({"overrides": ["decode.search=fixed"]}, "there is nothing to search"),
        ({"overrides": ["decode.search"]}, "write KEY=VALUE"),
    ],
)
def test_settings_that_are_wrong(place, wish, words):
    with pytest.raises(UserError, match=words):
        search(place, 0, **wish)
    assert not place.sweep("toyd").trial(0).decodings.exists()


@pytest.mark.parametrize(
    ("override", "words", "hint"),
    [
        ("config.decode.fail=search", "search_decodings raised ZeroDivisionError: nothing", ""),
        (
            "config.width=16",
            "can't be loaded: load raised ValueError: the weights have another width",
            "only decoding and data may differ",
        ),
    ],
)
def test_training_code_that_breaks(place, override, words, hint):
    with pytest.raises(TrialError, match=words) as broken:
        search(place, 0, overrides=[override])
    assert re.search(r"raised at .*toy_decoder\.py:\d+", broken.value.hint)
    assert broken.value.hint.startswith(hint)
    assert not place.sweep("toyd").trial(0).decodings.exists()


def test_a_trainable_that_decodes_nothing(place):
    paths = place.sweep("toyd")
    text = paths.spec.read_text(encoding="utf-8")
    text = text.replace("toy_decoder:ToyDecoder", "toy_trainable:Toy")
    paths.spec.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="toy_trainable:Toy searches no decodings"):
        search(place)


def test_an_amendment_stands_beside_what_the_trial_chose(place):
    study = open_study(place, "toyd")
    before = read_record(study).trials[0]
    found = search(place, 0, write_back=True, overrides=["decode.search=nested"])
    search(place, 0, write_back=True, data=place.root)
    after = read_record(open_study(place, "toyd")).trials[0]
    first, second = after.amendments
    assert first == found.amendment
    assert (first.index, first.epoch, first.num_images) == (1, 4, 10)
    assert first.settings == {"decode.method": "melt", "decode.cut": 0.5}
    assert first.scores["honest"] == found.table.honest
    assert (first.fingerprint, first.overrides) == ("toy", ("decode.search=nested",))
    assert first.folder == "trials/0/decode/1"
    assert second.index == 2
    assert second.overrides == (f"--data {place.root}",)
    assert json.loads(json.dumps(dict(after.chosen))) == before.chosen
    assert after.epochs == before.epochs
    assert not is_driven(place.sweep("toyd"))


def test_while_a_driver_runs_trials_that_are_over_can_be_searched_alone(place):
    with drive(place.sweep("toyd")):
        assert search(place, 0).amendment is None
        with pytest.raises(SweepLockedError, match="can't be amended now") as refused:
            search(place, 0, write_back=True)
        assert "without --write-back it works now" in refused.value.hint
        with pytest.raises(UserError, match="#3 is being trained"):
            search(place, 3)
    assert [path.name for path in place.sweep("toyd").trial(0).decodings.iterdir()] == ["1"]


def test_a_trial_that_goes_on_is_not_amended(place):
    with pytest.raises(UserError, match="#3 has not ended; only one that has is amended"):
        search(place, 3, write_back=True)


def test_a_driver_that_comes_meanwhile_costs_only_the_amendment(place, monkeypatch):
    from sweeper.decoding import search as module

    held = drive(place.sweep("toyd"))
    write = module.write_search

    def begin_to_drive(*args):
        folder = write(*args)
        held.__enter__()
        return folder

    monkeypatch.setattr(module, "write_search", begin_to_drive)
    with pytest.raises(SweepLockedError, match=r"is whole in .*decode/1, but no amendment"):
        search(place, 0, write_back=True)
    held.__exit__(None, None, None)
    assert (place.sweep("toyd").trial(0).decodings / "1" / "table.csv").is_file()
    assert read_record(open_study(place, "toyd")).trials[0].amendments == ()


def test_settings_as_options_of_a_shell():
    settings = {"a.b": "x y", "c": [1, None], "d": "0.5", "e": True, "f": 1e-05, "g": None}
    words = shlex.split(as_options(settings))
    overrides = [word.removeprefix("config.") for word in words if word != "--set"]
    source = {
        text.partition("=")[0]: parse_yaml(text.partition("=")[2]).value for text in overrides
    }
    assert source == settings


def test_a_full_disk_leaves_nothing_half_written(place, monkeypatch):
    from sweeper.decoding import writing

    def fill(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing, "write_plot", fill)
    with pytest.raises(BackendError, match=r"can't write to .*toyd: No space left on device"):
        search(place, 0, write_back=True)
    assert list(place.sweep("toyd").trial(0).decodings.iterdir()) == []
    assert read_record(open_study(place, "toyd")).trials[0].amendments == ()
