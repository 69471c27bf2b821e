"""Commands print what users typed as they typed it, and answers for programs alone."""

from __future__ import annotations

import json
import sys

import pytest

from sweeper.cli.app import main
from sweeper.cli.console import open_console
from sweeper.cli.lines import LineWatcher

TAGS = 'space.kind={type: choice, values: ["[/x]", "[red]", ":100:"]}'
RULE = {"name": "[/] :smile:", "verdict": "failed", "when": ["score > 0"], "advice": "[/bold]"}
NOISY = """\
import os

from toy_trainable import Watchful


class Noisy(Watchful):
    @classmethod
    def prepare(cls, config, cache_dir):
        print("a trainable prints")
        os.write(1, b"what it starts prints")
        return super().prepare(config, cache_dir)

    @classmethod
    def inspect_data(cls, config, cache_dir):
        print("and prints")
        return super().inspect_data(config, cache_dir)
"""


def test_texts_of_the_space_are_no_markup(sweeper, toys, tmp_path):
    verdicts = f"verdicts={json.dumps([RULE])}"
    options = ("--home", str(tmp_path), "--no-cost", "--set", TAGS, "--set", verdicts)
    code, printed = sweeper("check", "toy.yaml", *options)
    assert code == 0
    assert "[/x], [red], :100:" in printed
    assert "verdict: failed ([/] :smile:): score > 0" in printed


def test_places_in_files_are_no_emoji(capsys):
    LineWatcher(open_console(soft_wrap=True)).note("taken over: space.yaml:100: pruning [/x]")
    assert "taken over: space.yaml:100: pruning [/x]" in capsys.readouterr().out


def test_json_stands_alone_whatever_training_code_prints(toys, tmp_path, monkeypatch, capfd):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "noisy_trainable.py").write_text(NOISY)
    command = ["check", "toy.yaml", "--set", "trainable=noisy_trainable:Noisy", "--json"]
    monkeypatch.setattr(sys, "argv", ["sweeper", *command, "--home", str(tmp_path / "home")])
    with pytest.raises(SystemExit) as done:
        main()
    printed = capfd.readouterr()
    assert not done.value.code
    assert json.loads(printed.out)["name"] == "toy"
    for text in ("a trainable prints", "what it starts prints", "and prints"):
        assert text in printed.err


def test_a_montage_that_was_asked_for_and_is_not_drawn_is_told(sweeper, toys, tmp_path):
    file = tmp_path / "a.png"
    code, printed = sweeper(
        "check", "toy.yaml", "--home", str(tmp_path), "--no-cost", "--montage", str(file)
    )
    assert code == 0
    assert "montage: none, toy_trainable:Toy draws no data" in printed
    assert not file.exists()
