"""Trials that choose their decoding, and a search after the sweep: real Ray, real MLflow."""

from __future__ import annotations

import pytest

import sweeper
from sweeper.auditing import audit
from sweeper.decoding import Wish, decode
from sweeper.study.events import State
from sweeper.syncing import sync

pytestmark = pytest.mark.usefixtures("small_ray")

MELT = {"decode.method": "melt", "decode.cut": 0.5}


class Silent:
    def note(self, text):
        pass

    def begin(self, subject, data):
        pass

    def advance(self, done, planned):
        pass


@pytest.fixture
def tags():
    """The tags about chosen settings of all trials; an empty one no longer applies."""

    def read(database):
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=f"sqlite:///{database}")
        experiments = [found.experiment_id for found in client.search_experiments()]
        return {
            int(run.data.tags["sweeper.trial"]): {
                key: text
                for key, text in run.data.tags.items()
                if key.startswith(("chosen.", "amended.")) and text
            }
            for run in client.search_runs(experiments)
            if "sweeper.trial" in run.data.tags
        }

    return read


def test_from_the_choice_of_a_trial_to_its_amendment(tmp_path, toys, tags):
    home = tmp_path / "sweeps"
    overrides = ["budget.trials=4", "start=[{x: 0.4, lr: 0.5}, {x: 0.5, lr: 0.001}]"]
    result = sweeper.run("toy_decoder.yaml", overrides=overrides, home=home)
    assert result.mirrored
    chosen = {"chosen.decode.method": "melt", "chosen.decode.cut": "0.5"}
    split = {
        "chosen.decode.method": "split",
        "chosen.decode.cut": "0.4",
        "chosen.decode.depth": "2",
    }
    states = [trial.state for trial in result.record.trials]
    assert State.PRUNED in states
    assert State.COMPLETED in states
    expected = {
        trial.number: chosen if trial.state is State.COMPLETED else split
        for trial in result.record.trials
    }
    assert tags(home / "mlflow.db") == expected
    best = result.record.best
    assert best.chosen == MELT
    assert [epoch.chosen for epoch in best.epochs][2:] == [MELT, MELT]
    assert audit("toyd", home).is_in_order

    wish = Wish(overrides=["config.decode.space.cut=[0.45]"], write_back=True)
    found = decode("toyd", wish, home=home, watcher=Silent())
    assert found.subject.trial.number == best.number
    sync("toyd", home=home)
    expected[best.number] = chosen | {"amended.decode.method": "melt", "amended.decode.cut": "0.45"}
    assert tags(home / "mlflow.db") == expected
    assert audit("toyd", home).is_in_order

    # An empty store is filled from the study, and a sweep that goes on keeps all of it.
    other = tmp_path / "other.db"
    sync("toyd", home=home, rebuild=True, tracking_uri=f"sqlite:///{other}")
    assert tags(other) == expected
    more = sweeper.resume("toyd", home=home, trials="+1")
    assert more.mirrored
    assert more.record.trials[best.number].amendments == (found.amendment,)
    assert {number: tags(other)[number] for number in expected} == expected
    assert audit("toyd", home).is_in_order
