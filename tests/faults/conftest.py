"""A sweep of random walks in processes of its own, to be stopped, killed and resumed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("checks", "play", "processes")

from checks import Curves  # noqa: E402
from play import Play  # noqa: E402
from processes import Server  # noqa: E402
from stage import Stage  # noqa: E402


def _make_play(folder: Path, name: str = "walk") -> Play:
    (folder / "stage").mkdir()
    stage = Stage(folder / "stage")
    return Play(home=folder / "home", stage=stage, name=name, space=f"{name}.yaml")


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """A sweep of walks that records in the store of its home."""
    play = _make_play(tmp_path)
    yield play
    play.close()


@pytest.fixture
def nuclei(tmp_path: Path) -> Iterator[Play]:
    """A sweep of two small networks."""
    play = _make_play(tmp_path, "nuclei")
    yield play
    play.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An MLflow server that is not up yet."""
    server = Server(tmp_path)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Curves:
    """The metrics of the sweep of walks when nothing happens to it."""
    play = _make_play(tmp_path_factory.mktemp("undisturbed"))
    command = play.start()
    assert command.wait() == 0, command.printed
    play.audit()
    play.close()
    return play.curves
