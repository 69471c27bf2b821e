"""The verdicts of search_spaces/hv.yaml, on trials as they were seen or as notes describe them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeper.spec import load_spec
from sweeper.verdicts import Facts, Verdict, judge

SPEC = load_spec(Path(__file__).resolve().parents[3] / "search_spaces" / "hv.yaml")
RULES = [rule.rule() for rule in SPEC.verdicts]
_HV = ("hv_mse", "hv_gradient", "hv_magnitude", "hv_aligned")

#: A sound trial; what a row does not say is as here.
SOUND = {
    "val/aji": 0.5,
    "val/dice": 0.9,
    "val/hv_magnitude": 0.65,
    "val/hv_magnitude_aligned": 0.59,
    "val/hv_mse_ratio": 0.3,
    "val/np_bce_ratio": 0.2,
    "val/np_contrast": 0.8,
    "train/loss": 1.0,
    **{f"train/weighted/{term}": 0.125 for term in _HV},
}
TABLE = {
    # Real nuclei, 240 steps, weight of the magnitude loss 0, 5 and 20.
    "weight 0": ({"val/aji": 0.77}, "success: separated"),
    "weight 5": (
        {"val/aji": 0.64, "val/hv_magnitude": 0.75, "val/hv_magnitude_aligned": 0.42},
        "success: separated",
    ),
    "weight 20": (
        {"val/aji": 0.51, "val/hv_magnitude": 0.69, "val/hv_magnitude_aligned": 0.04},
        "failed: magnitude without direction",
    ),
    # Note A: the baseline, and its four verdicts.
    "flat maps": (
        {
            "val/aji": 0.09,
            "val/hv_magnitude": 0.03,
            "val/hv_magnitude_aligned": 0.03,
            "val/hv_mse_ratio": 0.96,
        },
        "failed: nothing learnt",
    ),
    "short vectors": (
        {
            "val/aji": 0.3,
            "val/hv_magnitude": 0.29,
            "val/hv_magnitude_aligned": 0.25,
            "val/hv_mse_ratio": 0.7,
        },
        "failed: vectors too short",
    ),
    "good maps, bad instances": ({"val/aji": 0.35}, "partial: look at the decoding"),
    "the weight dominates": (
        {"val/dice": 0.8, **{f"train/weighted/{term}": 0.2 for term in _HV}},
        "failed: HV dominates",
    ),
    "the same with a good foreground": (
        {f"train/weighted/{term}": 0.2 for term in _HV},
        "partial: on the way",
    ),
    # Others.
    "collapsed": (
        {"val/np_bce_ratio": 1.0, "val/np_contrast": 0.001, "val/dice": 0.0, "val/aji": 0.0},
        "failed: collapsed",
    ),
    "sparse, and found": (
        {"val/np_bce_ratio": 1.2, "val/np_contrast": 0.4, "val/aji": 0.7},
        "success: separated",
    ),
    "no foreground": ({"val/dice": 0.6, "val/aji": 0.3}, "failed: foreground missed"),
    "half way": ({"val/aji": 0.59}, "partial: on the way"),
    "in between": ({"val/hv_magnitude_aligned": 0.35, "val/hv_magnitude": 0.4, "val/aji": 0.39},
                   "no verdict"),
}  # fmt: skip


def verdict(*epochs: dict[str, float], ending: str = "completed"):
    curves = {3 * index: {**SOUND, **changes} for index, changes in enumerate(epochs, start=1)}
    return judge(RULES, Facts(epochs=curves, metric="val/aji", goal="maximize", ending=ending))


@pytest.mark.parametrize("case", TABLE)
def test_one_evaluation(case):
    changes, expected = TABLE[case]
    assert verdict(changes).words == expected


def test_what_falls():
    assert verdict({"val/aji": 0.7}, {"val/aji": 0.5}).words == (
        "partial: was separated, and fell back"
    )
    found = verdict({"val/dice": 0.93}, {"val/dice": 0.86})
    assert found.words == "failed: Dice falls"
    assert found.because == "val/dice = 0.86 < val/dice@highest - 0.05 = 0.88 at epochs 3 and 6"


@pytest.mark.parametrize(
    ("aji", "ending", "expected"),
    [
        (0.3, "pruned", "failed: stopped early"),
        (0.5, "pruned", "failed: stopped early"),
        (0.7, "pruned", "partial: stopped though good"),
        (0.7, "failed", "failed: broke"),
    ],
)
def test_trials_that_were_cut_short(aji, ending, expected):
    assert verdict({"val/aji": aji}, ending=ending).words == expected


def test_every_rule_is_met_by_a_trial():
    met = {expected.partition(": ")[2] for _, expected in TABLE.values()}
    met |= {
        "was separated, and fell back",
        "Dice falls",
        "stopped early",
        "stopped though good",
        "broke",
    }
    assert {rule.name for rule in RULES} == met - {""}


def test_every_failure_and_half_success_comes_with_advice():
    assert all(rule.advice for rule in RULES)
    assert all(rule.verdict is not Verdict.NONE for rule in RULES)
