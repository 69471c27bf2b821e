"""`sweeper decode` as people see it; what it finds is tested beside this."""

from __future__ import annotations

import pytest


@pytest.fixture
def at(place, monkeypatch):
    monkeypatch.setenv("SWEEPER_HOME", str(place.root))
    return place


def test_what_is_shown(sweeper, at):
    code, printed = sweeper("decode", "toyd")
    assert code == 0, printed
    lines = [line.split() for line in printed.splitlines()]
    assert lines[0] == ["toyd,", "trial", "#0,", "checkpoint", "of", "epoch", "4"]
    assert "tried 24 of 24 decodings" in printed
    assert ["over", "10", "images", "default", "honest", "best", "optimistic"] in lines
    assert ["aji", "0.8600", "0.8800", "0.9000"] in lines
    assert "among 25 decodings; optimism 0.0200" in printed
    assert "2 images were hopeless" in printed
    assert "no decoding is better than the default" not in printed
    assert ["chosen", "0.9000", "0.9500", "melt", "0.5"] in lines
    assert ["default", "0.8600", "0.9300", "melt", "0.3"] in lines
    assert f"written: {at.sweep('toyd').trial(0).decodings}/1/" in printed
    options = "--set config.decode.method=melt --set config.decode.cut=0.5"
    assert f"as options of train: {options}" in printed


def test_what_a_person_should_doubt(sweeper, at):
    code, printed = sweeper("decode", "toyd", "--set", "config.decode.space.cut=[0.2, 0.35]")
    assert code == 0
    assert "no decoding is better than the default on images that did not choose it" in printed


def test_written_back_and_then_shown_by_status_and_audit(sweeper, at):
    code, printed = sweeper("decode", "toyd", "0", "--write-back", "--set", "decode.search=nested")
    assert code == 0
    assert "the study keeps it as amendment 1 of trial #0" in printed
    assert "sync toyd" in printed
    code, printed = sweeper("status", "toyd")
    assert code == 0
    assert "chosen by the trial itself:\n  decode.method: melt\n  decode.cut: 0.5" in printed
    assert (
        "amendment 1 of trial #0: aji 0.88 (honest, on 10 images; the default 0.86), "
        "trials/0/decode/1\n  decode.method: melt"
    ) in printed
    _, printed = sweeper("audit", "toyd")
    assert "amendments are whole, of trials that are over  1 amendments" in printed
    assert "amendment-" not in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["other"], "no sweep named 'other'"),
        (["toyd", "1"], "#1 was pruned"),
        (["toyd", "9"], "has no trial #9"),
        (["toyd", "--epoch", "3"], "no whole checkpoint of epoch 3"),
        (["toyd", "--set", "decode.nothing=1"], "--set config.decode.nothing: no such setting"),
        (["toyd", "--device", "gpu"], "none of cpu, cuda and cuda:N"),
        (["toyd", "--set", "config.nothing=1"], "no such setting"),
    ],
)
def test_wrong_requests(sweeper, at, arguments, words):
    code, printed = sweeper("decode", *arguments)
    assert code == 2
    assert words in printed
    assert printed.startswith("error: ")
    assert "Traceback" not in printed


def test_training_code_that_breaks(sweeper, at):
    code, printed = sweeper("decode", "toyd", "--set", "config.decode.fail=search")
    assert code == 1
    assert "failed: search_decodings raised ZeroDivisionError: nothing to divide" in printed
    assert "toy_decoder.py:" in printed


def test_ctrl_c(sweeper, at, monkeypatch):
    from sweeper.decoding import search

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(search, "search_again", interrupt)
    code, printed = sweeper("decode", "toyd")
    assert (code, printed.splitlines()[-1]) == (130, "stopped; nothing was written")
