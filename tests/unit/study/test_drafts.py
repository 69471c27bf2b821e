"""Folders that become whole or nothing, whoever dies meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sweeper.study.drafts import draft_folder


def names(parent):
    return sorted(path.name for path in parent.iterdir())


def test_a_draft_that_is_renamed_stays(tmp_path):
    with draft_folder(tmp_path, "walk") as draft:
        (draft / "spec.yaml").touch()
        draft.rename(tmp_path / "walk")
    assert names(tmp_path) == ["walk"]


def test_a_draft_that_fails_goes(tmp_path):
    with pytest.raises(FileNotFoundError), draft_folder(tmp_path, "walk") as draft:
        (draft / "not there" / "spec.yaml").touch()
    assert names(tmp_path) == []


def test_drafts_of_the_dead_are_deleted(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from sweeper.study.drafts import draft_folder\n"
        "draft = draft_folder(Path(sys.argv[1]), 'walk'); draft.__enter__(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=dict(os.environ))
    (dead,) = names(tmp_path)
    for other in (".new-walk-2-abcdefgh", ".new-run-abcdefgh"):
        (tmp_path / other).mkdir()
    with draft_folder(tmp_path, "walk") as draft:
        assert draft.name != dead
        assert names(tmp_path) == sorted([".new-run-abcdefgh", ".new-walk-2-abcdefgh", draft.name])


def test_a_draft_that_somebody_fills_is_left_alone(tmp_path):
    with draft_folder(tmp_path, "walk") as first, draft_folder(tmp_path, "walk") as second:
        assert names(tmp_path) == sorted([first.name, second.name])
