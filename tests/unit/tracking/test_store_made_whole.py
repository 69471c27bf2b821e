"""The embedded store is made under another name: a kill on the way must not spoil it for good."""

from __future__ import annotations

import pytest
from mlflow import MlflowClient

from sweeper.paths import Home
from sweeper.tracking.address import resolve_address
from sweeper.tracking.identity import SweepIdentity
from sweeper.tracking.runs import RunBook

IDENTITY = SweepIdentity(sweep_id="s1", name="toy", family="toys", tags={})


@pytest.fixture
def home(tmp_path):
    home = Home.at(tmp_path / "home")
    home.make()
    return home


def test_what_a_kill_left_behind_is_made_anew(home, monkeypatch):
    def die(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "search_experiments", die)
        with pytest.raises(KeyboardInterrupt):
            RunBook(resolve_address(home, None), IDENTITY)
    assert not home.mlflow_db.exists()
    (home.root / ".new-mlflow.db-0").write_text("half a store")
    RunBook(resolve_address(home, None), IDENTITY)
    names = [
        found.name for found in MlflowClient(f"sqlite:///{home.mlflow_db}").search_experiments()
    ]
    assert sorted(names) == ["Default", "toys"]
    assert [path.name for path in home.root.glob("*mlflow.db*")] == ["mlflow.db"]
