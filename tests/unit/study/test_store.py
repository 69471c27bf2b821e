"""The journal on a disk that fills up in the middle of a line, and one that is taken away."""

from __future__ import annotations

import json
import resource
import signal

import pytest

from sweeper.errors import BackendError
from sweeper.paths import Home
from sweeper.spec import read_spec
from sweeper.study.store import create_sweep, open_study


@pytest.fixture
def study(tmp_path, toys):
    home = Home.at(tmp_path)
    create_sweep(home, read_spec(toys / "toy.yaml").spec, start=(), attrs={})
    return open_study(home, "toy")


@pytest.fixture
def no_larger_files():
    """Forbids this process to let any file grow beyond some size, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_no_half_line_is_left(tmp_path, study, no_larger_files):
    journal = tmp_path / "toy" / "study.journal"
    whole = journal.read_bytes()
    no_larger_files(len(whole) + 20)
    with pytest.raises(BackendError, match=r"can't write the study .*: File too large"):
        study.set_user_attr("note", "x" * 100)
    assert journal.read_bytes() == whole
    no_larger_files(resource.RLIM_INFINITY)
    study.set_user_attr("note", "y")
    assert [json.loads(line) for line in journal.read_text().splitlines()][-1]["user_attr"] == {
        "note": "y"
    }
    assert open_study(Home.at(tmp_path), "toy").user_attrs["note"] == "y"


def test_a_journal_that_is_gone(tmp_path, study):
    (tmp_path / "toy" / "study.journal").unlink()
    with pytest.raises(BackendError, match=r"study\.journal is gone"):
        study.get_trials()
    with pytest.raises(BackendError, match=r"study\.journal is gone"):
        study.set_user_attr("key", 1)
