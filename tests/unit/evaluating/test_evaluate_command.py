"""`sweeper evaluate` as people see it; what it finds is tested beside this."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def at(place, monkeypatch):
    monkeypatch.setenv("SWEEPER_HOME", str(place.root))
    return place


def test_what_is_shown(sweeper, at):
    code, printed = sweeper("evaluate", "toyd", "--worst", "1")
    assert code == 0, printed
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert lines[0] == "toyd, trial #0, checkpoint of epoch 4"
    assert lines[1] == "decoding: chosen by the trial itself at epoch 4: method=melt cut=0.5"
    assert "scored 3 of 3 images" in lines
    assert "train: 3 images val: 3 images" in lines
    assert lines.count("AJI 0.600 0.100 to 0.900 pass 0.600 0.100 to 0.900 pass") == 2
    assert lines.index("mean over images") < lines.index("pooled")
    assert "intervals: made up" in lines
    assert "all is well" in lines
    assert f"written: {at.sweep('toyd').trial(0).evaluations}/1/" in lines
    assert "summary.json, images.csv (6 images), 2 pictures of the worst" in lines


def test_json_alone(monkeypatch, capsys, at):
    from sweeper.cli.app import main

    monkeypatch.setattr("sys.argv", ["sweeper", "evaluate", "toyd", "--json"])
    with pytest.raises(SystemExit) as done:
        main()
    assert not done.value.code
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["splits"]["val"]["pooled"]["aji"]["value"] == 0.6
    assert "scored 3 of 3 images" in printed.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["other"], "no sweep named 'other'"),
        (["./other"], "there is no folder ./other"),
        (["toyd", "1"], "#1 was pruned"),
        (["toyd", "--epoch", "2"], "no whole checkpoint of epoch 2"),
        (["toyd", "--set", "decode.nothing=1"], "--set config.decode.nothing: no such setting"),
        (["toyd", "--device", "gpu"], "none of cpu, cuda and cuda:N"),
        (["toyd", "--decoding", "amended"], "has no amendment of epoch 4"),
    ],
)
def test_wrong_requests(sweeper, at, arguments, words):
    code, printed = sweeper("evaluate", *arguments)
    assert code == 2
    assert words in printed
    assert printed.startswith("error: ")
    assert "Traceback" not in printed


def test_training_code_that_breaks(sweeper, at):
    code, printed = sweeper("evaluate", "toyd", "--set", "config.decode.fail=score")
    assert code == 1
    assert "failed: score_network raised ZeroDivisionError: nothing to divide" in printed


def test_ctrl_c(sweeper, at, monkeypatch):
    from sweeper.evaluating import evaluation

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluation, "score_again", interrupt)
    code, printed = sweeper("evaluate", "toyd")
    assert (code, printed.splitlines()[-1]) == (130, "stopped; nothing was written")
    assert list(at.sweep("toyd").trial(0).evaluations.iterdir()) == []
