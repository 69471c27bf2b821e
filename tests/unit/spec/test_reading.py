"""Files that can't be read, settings that are found again, and small files that are enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeper.errors import SpecError
from sweeper.parameters.kinds import FloatParameter
from sweeper.spec import load_spec, read_spec
from sweeper.spec.rules import MedianRule, PatientRule, StallRule

SMALL = """\
name: small
trainable: a.b:C
space:
  x.y: {type: float, low: 0, high: 1}
objective: {metric: val/loss, goal: minimize}
budget: {trials: 1, epochs: 1}
"""


def written(tmp_path: Path, content: str | bytes) -> Path:
    file = tmp_path / "hv.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_what_may_be_left_out(tmp_path: Path) -> None:
    spec = load_spec(written(tmp_path, SMALL))
    assert spec.family == "small"
    assert spec.seed == 0
    assert spec.data == {}
    assert spec.fixed == {}
    assert spec.start == ()
    assert spec.pruning == ()
    assert spec.sampler.name == "tpe"
    assert [(o.metric, o.goal) for o in spec.objectives] == [("val/loss", "minimize")]
    assert spec.budget.hours is None
    assert spec.resources.cpus_per_trial == "auto"
    assert spec.space == {"x.y": FloatParameter(type="float", low=0.0, high=1.0)}


@pytest.mark.parametrize("section", ["pruning", "start", "data", "fixed", "resources", "sampler"])
def test_a_section_whose_entries_are_commented_out_is_left_out(
    tmp_path: Path, section: str
) -> None:
    assert load_spec(written(tmp_path, f"{SMALL}{section}:\n")) == load_spec(
        written(tmp_path, SMALL)
    )


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("", "", "is empty"),
        ("# nothing\n---\n", "", "is empty"),
        ("- name: hv\n", ":1", "must hold `key: value` lines, such as name: hv"),
        ("name: hv\n\tseed: 1\n", ":2", "a tab can't stand here; YAML wants spaces"),
        (b"name: hv\nfamily: \xe9t\xe9\n", ":2", "byte 0xe9 is not UTF-8; save the file as UTF-8"),
        ("name: hv\nseed: [1, 2\n", ":3", "a bracket is not closed, or a comma is missing"),
        (
            "name: hv\n---\nname: hv\n",
            ":2",
            "a second document begins here (---); a file holds one",
        ),
    ],
)
def test_not_a_space_file(tmp_path: Path, content: str | bytes, line: str, reason: str) -> None:
    file = written(tmp_path, content)
    with pytest.raises(SpecError) as caught:
        read_spec(file)
    assert str(caught.value) == f"{file}{line}: {reason}"


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    file = written(tmp_path, SMALL)
    for wrong in ("hw.yaml", "hv", "hv.yml"):
        with pytest.raises(SpecError, match=f"no such file; did you mean {file}?"):
            read_spec(tmp_path / wrong)
    with pytest.raises(SpecError) as caught:
        read_spec(tmp_path / "nowhere" / "x.yaml")
    assert str(caught.value) == f"{tmp_path / 'nowhere' / 'x.yaml'}: no such file"


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is a folder; name a file inside of it"):
        read_spec(tmp_path)


def test_a_byte_order_mark_is_not_content(tmp_path: Path) -> None:
    assert load_spec(written(tmp_path, b"\xef\xbb\xbf" + SMALL.encode())).name == "small"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("optim.lr", "8: space.optim.lr"),
        ("optim.schedule", "6: fixed.optim.schedule"),
        ("optim.shedule", "6: fixed.optim.shedule"),
        ("data.path", "4: data.path"),
        ("data.size_px", "4: data.size_px"),
        ("epochs", "20: budget.epochs"),
        ("pruning.1.metric", "19: pruning.1.metric"),
        ("objective.0.metric", "15: objective.metric"),
        ("sampler.startup_trials", "16: sampler.startup_trials"),
        ("model.depth", "1: model.depth"),
    ],
)
def test_locate(sound: str, tmp_path: Path, field: str, expected: str) -> None:
    file = written(tmp_path, sound)
    assert read_spec(file).locate(field) == f"{file}:{expected}"


def test_goals_are_known_from_the_objectives(tmp_path: Path) -> None:
    rules = """
pruning:
  - {rule: median}
  - {rule: stall, metric: val/loss, patience: 1}
  - {rule: stall, metric: val/aji, patience: 1}
  - {rule: patient, patience: 1, wrapped: {rule: median, metric: val/loss}}
"""
    median, minimized, other, patient = load_spec(written(tmp_path, SMALL + rules)).pruning
    assert median == MedianRule(rule="median", metric=None, goal="minimize")
    assert isinstance(minimized, StallRule)
    assert minimized.goal == "minimize"
    assert isinstance(other, StallRule)
    assert other.goal == "maximize"
    assert isinstance(patient, PatientRule)
    assert patient.wrapped.goal == "minimize"


def test_with_several_objectives_a_rule_names_its_metric(tmp_path: Path) -> None:
    text = SMALL.replace(
        "{metric: val/loss, goal: minimize}",
        "[{metric: val/aji, goal: maximize}, {metric: val/loss, goal: minimize}]",
    )
    (median,) = load_spec(written(tmp_path, f"{text}pruning: [{{rule: median}}]")).pruning
    assert median == MedianRule(rule="median", metric="val/aji", goal="maximize")


def test_a_sampler_may_be_named_alone(tmp_path: Path) -> None:
    assert load_spec(written(tmp_path, f"{SMALL}sampler: nsgaii\n")).sampler.name == "nsgaii"
