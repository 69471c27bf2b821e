"""What a trial searches itself can't be varied by the sweep too."""

from __future__ import annotations

import pytest

from sweeper.checking import find_problems
from sweeper.spec import read_spec

CUT = "space.decode.cut={type: float, low: 0.1, high: 0.9}"


def problems(toys, *overrides):
    return list(map(str, find_problems(read_spec(toys / "toy_decoder.yaml", overrides))))


def test_a_setting_that_is_searched_inside_every_trial(toys, tmp_path):
    text = (toys / "toy_decoder.yaml").read_text(encoding="utf-8")
    path = tmp_path / "twice.yaml"
    cut = "space:\n  decode.cut: {type: float, low: 0.1, high: 0.9}\n"
    path.write_text(text.replace("space:\n", cut), encoding="utf-8")
    (problem,) = find_problems(read_spec(path))
    assert str(problem) == (
        f"{path}:7: space.decode.cut: is searched inside every trial: "
        "decode.search is nested; move it to fixed.decode.space"
    )


def test_by_override(toys):
    (problem,) = problems(toys, CUT)
    assert problem.startswith("--set space.decode.cut: is searched inside every trial: ")


@pytest.mark.parametrize(
    "overrides",
    [
        [CUT, "decode.search=joint"],
        ["space.decode.cut={type: fixed, value: 0.5}"],  # the default decoding
        ["fixed.decode.cut=0.5"],
        [
            "fixed.decode={}",
            "space.decode.search={type: choice, values: [joint, nested]}",
            "space.decode.cut={type: float, low: 0.1, high: 0.9, when: {decode.search: joint}}",
        ],
    ],
)
def test_no_mistake(toys, overrides):
    assert problems(toys, *overrides) == []


def test_only_where_the_trial_searches(toys):
    overrides = [
        "fixed.decode={}",
        "space.decode.search={type: choice, values: [joint, nested]}",
        CUT,
    ]
    (problem,) = problems(toys, *overrides)
    assert "is searched inside every trial" in problem
