"""A real sweep whose trials come to different verdicts, and one that is judged anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import sweeper
from sweeper.auditing import audit
from sweeper.paths import Home
from sweeper.protocol import TrialContext
from sweeper.spec import load_spec
from sweeper.spec.verdicts import named_metrics
from sweeper.study.events import State
from sweeper.study.store import open_study
from sweeper.verdicts import Facts, judge
from sweeper.watching import SilentWatcher
from trainables.hv import HVTrainable

_HV_SPACE = Path(__file__).resolve().parents[2] / "search_spaces" / "hv.yaml"

# Of the toy, score ends at 0.98 x (1 - (x - 0.3)^2), and magnitude follows lr.
START = [
    {"x": 0.3, "lr": 0.5},  # score 0.98
    {"x": 0.7, "lr": 0.5},  # score 0.82
    {"x": 0.3, "lr": 0.002},  # pruned at epoch 2 for its magnitude
    {"x": 1.0, "lr": 0.5},  # score 0.50
]
RULES = [
    {"name": "blind", "verdict": "failed", "when": ["magnitude < 0.1 * score"], "at": 2,
     "advice": "Raise lr."},
    {"name": "separated", "verdict": "success", "when": ["score > 0.9"], "at": "best"},
    {"name": "halfway", "verdict": "partial", "when": ["score > 0.7", "score@1 < score - 0.2"],
     "advice": "Move x towards 0.3."},
]  # fmt: skip


class Notes(SilentWatcher):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)


def settings(rules: list) -> list[str]:
    return [
        "budget.trials=4",
        f"start={json.dumps(START)}",
        f"verdicts={json.dumps(rules)}",
    ]


def tags_of(home: Path) -> dict[str, dict[str, str]]:
    """The verdict's tags of each run, by number of the trial; `sweep` is the sweep's own."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
    experiments = [found.experiment_id for found in client.search_experiments()]
    return {
        run.data.tags.get("sweeper.trial", "sweep"): {
            name: text for name, text in run.data.tags.items() if name.startswith("verdict")
        }
        for run in client.search_runs(experiments)
    }


@pytest.mark.usefixtures("small_ray")
def test_trials_are_judged_and_judged_again(tmp_path, toys):
    home = tmp_path / "sweeps"
    result = sweeper.run("toy.yaml", overrides=settings(RULES), home=home)
    assert result.outcome == "finished"
    verdicts = result.record.verdicts
    assert {number: found.words for number, found in verdicts.items()} == {
        0: "success: separated",
        1: "partial: halfway",
        2: "failed: blind",
        3: "no verdict",
    }
    assert result.record.trials[2].state is State.PRUNED
    assert verdicts[2].because == ("magnitude = 0.001729 < 0.1 * score = 0.08647 at epoch 2")
    told = tags_of(home)
    assert [told[str(number)]["verdict"] for number in range(4)] == [
        "success", "partial", "failed", "none",
    ]  # fmt: skip
    assert told["2"]["verdict.rule"] == "blind"
    assert told["2"]["verdict.advice"] == "Raise lr."
    assert told["sweep"]["verdict.failures"] == "blind (1 of 1)"
    assert audit("toy", home).is_in_order

    # Nothing is left to train; the rules alone are taken over.
    stricter = [RULES[0], {**RULES[1], "when": ["score > 0.99"]}, *RULES[2:]]
    stricter.append({"name": "far off", "verdict": "failed", "when": ["score <= 0.7"]})
    notes = Notes()
    again = sweeper.run(
        "toy.yaml", overrides=settings(stricter), home=home, extend=True, watcher=notes
    )
    assert "judged again: 2 trials have other verdicts now (#0, #3)" in notes.texts
    assert {number: found.words for number, found in again.record.verdicts.items()} == {
        0: "partial: halfway",
        1: "partial: halfway",
        2: "failed: blind",
        3: "failed: far off",
    }
    assert len(again.record.trials) == 4
    told = tags_of(home)
    assert [told[str(number)]["verdict"] for number in range(4)] == [
        "partial", "partial", "failed", "failed",
    ]  # fmt: skip
    assert told["sweep"]["verdict.failures"] == "blind (1 of 2)"
    found = audit("toy", home)
    assert (found.is_in_order, found.num_runs) == (True, 4)

    # A study that says something else is set right by whoever goes on with it.
    attribute = {"index": 7, "at_ms": 1, "verdict": "success", "rule": "separated"}
    study = open_study(Home.at(home), "toy")
    study.set_user_attr("verdict/3", {**attribute, "advice": "", "because": ""})
    assert "verdict-differs" in {finding.kind for finding in audit("toy", home).findings}
    assert sweeper.resume("toy", home=home).record.verdicts[3].rule == "far off"
    assert audit("toy", home).is_in_order


@pytest.mark.usefixtures("small_ray")
def test_a_sweep_from_before_there_were_rules(tmp_path, toys):
    home = tmp_path / "sweeps"
    plain = sweeper.run("toy.yaml", overrides=settings([]), home=home)
    assert plain.record.verdicts == {}
    assert not any(tags_of(home).values())
    judged = sweeper.run("toy.yaml", overrides=settings(RULES), home=home, extend=True)
    assert judged.record.verdicts[0].words == "success: separated"
    assert tags_of(home)["2"]["verdict.rule"] == "blind"
    assert audit("toy", home).is_in_order


def test_a_network_measures_all_that_the_verdicts_of_its_space_ask_for(tmp_path):
    spec = load_spec(_HV_SPACE)
    config: dict[str, Any] = {
        "epochs": 1,
        "data": {"source": "synthetic", "num_train": 4, "num_val": 2, "size_px": 72},
        "crop_px": 48,
        "batch_size": 2,
        "eval_every": 1,
        "model": {"name": "unet", "width": 4, "depth": 3},
    }
    folders = {name: tmp_path / name for name in ("workdir", "artifacts_dir", "cache_dir")}
    for folder in folders.values():
        folder.mkdir()
    trainable = HVTrainable()
    trainable.setup(config, TrialContext(seed=1, number=0, **folders))
    metrics = trainable.step()
    trainable.close()
    assert {metric for _, metric in named_metrics(spec.verdicts)} <= metrics.keys()
    facts = Facts(epochs={1: metrics}, metric="val/aji", goal="maximize", ending="completed")
    found = judge([rule.rule() for rule in spec.verdicts], facts)
    assert found.verdict == "failed", found  # one epoch of two steps teaches nothing
