from __future__ import annotations

import pytest

from sweeper.pruning import CollapsePruner, build_pruner
from sweeper.spec.rules import CollapseRule
from sweeper.spec.writing import plain

_RULE = CollapsePruner(patience=2)
_SHORT = CollapsePruner(patience=1, warmup_epochs=0)
_LOW = (
    "val/pred_mean 0.010 has been below 0.020 (0.1 x target_mean 0.2) "
    "for 2 evaluations, all background"
)
_HIGH = (
    "val/pred_mean 0.95 has been above 0.92 (1 - 0.1 x (1 - target_mean 0.2)) "
    "for 2 evaluations, all foreground"
)
_ONCE = (
    "val/pred_mean 0.010 has been below 0.020 (0.1 x target_mean 0.2) "
    "for 1 evaluation, all background"
)


@pytest.mark.parametrize(
    ("rule", "means", "targets", "stop"),
    [
        (_RULE, [0.01, 0.01, 0.01], [0.2] * 3, (3, _LOW)),  # epoch 1 is warm-up
        (_RULE, [0.01, 0.01, 0.021], [0.2] * 3, None),
        (_RULE, [0.3, 0.95, 0.95], [0.2] * 3, (3, _HIGH)),
        (_RULE, [0.3, 0.01, 0.95], [0.2] * 3, (3, _HIGH)),  # from one side to the other
        (_RULE, [0.3, 0.01, 0.2, 0.01, 0.2], [0.2] * 5, None),
        (_RULE, [0.3, 0.01, None, None, 0.01], [0.2] * 5, (5, _LOW)),  # evaluations in a row
        (_RULE, [0.3, 0.01, None, None], [0.2] * 4, None),
        (_RULE, [0.3, 0.01, 0.01], [0.2, None, None], (3, _LOW)),  # the target is measured once
        (_RULE, [0.3, 0.01, 0.01, 0.01], [None, None, 0.2, None], (4, _LOW)),
        (_RULE, [0.01] * 6, [None] * 6, None),
        (_RULE, [None] * 6, [0.2] * 6, None),
        (_SHORT, [0.01], [0.2], (1, _ONCE)),
    ],
)
def test_the_mean_is_judged_alone_where_nothing_else_was_measured(feed, rule, means, targets, stop):
    curves = {"val/pred_mean": means, "target_mean": targets, "lr": [1.0] * len(means)}
    expected = stop and (stop[0], f"pruned at epoch {stop[0]}: {stop[1]}")
    assert feed(rule, curves) == expected


def test_the_target_may_be_a_number(feed):
    rule = CollapsePruner(metric=None, target=0.5, low_ratio=0.2, patience=1, warmup_epochs=0)
    stop = feed(rule, {"": [0.5, 0.09]})
    assert stop == (
        2,
        "pruned at epoch 2: the reported value 0.09 has been below 0.10 "
        "(0.2 x the target mean 0.5) for 1 evaluation, all background",
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"low_ratio": 0.0},
        {"low_ratio": 1.0},
        {"patience": 0},
        {"useless_ratio": 0.0},
        {"min_signal": 0.0},
        {"min_signal": 1.0},
    ],
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        CollapsePruner(**settings)


_PATIENT = CollapsePruner(patience=2, warmup_epochs=0)
_UP = [0.01, 0.03, 0.02, 0.04, 0.03, 0.045]


def _curves(ratios, contrasts, mean=0.02):
    """Six sparse epochs, 2 % of nuclei, whose mean prediction is what it should be."""
    known = [None if ratio is None else 0.02 for ratio in ratios]
    return {
        "val/pred_mean": [value and mean for value in known],
        "target_mean": known,
        "val/np_bce_ratio": ratios,
        "val/np_contrast": contrasts,
    }


@pytest.mark.parametrize(
    ("rule", "ratios", "contrasts", "epoch"),
    [
        # A constant of the right mean, from the start and later.
        (_PATIENT, [1.0] * 6, [0.0] * 6, 2),
        (CollapsePruner(), [1.0] * 6, [0.0] * 6, 4),
        (_PATIENT, [0.3, 0.3, 1.0, 1.0, 1.0, 1.0], [0.8, 0.8, 0.0, 0.0, 0.0, 0.0], 4),
        # Costs less than a constant: calibrated, and begins to find sparse nuclei.
        (_PATIENT, [0.94] * 6, [0.01] * 6, None),
        # Costs more than a constant and finds them: trained with focal or Dice losses.
        (_PATIENT, [4.0] * 6, [0.5] * 6, None),
        (_PATIENT, [4.0] * 6, [0.05] * 6, None),
        # Points the wrong way: knows nothing either.
        (_PATIENT, [4.0] * 6, [-0.2] * 6, 2),
        # Still falls, or its contrast still rises.
        (_PATIENT, [20.0, 15.0, 10.0, 7.0, 4.0, 2.0], [0.0] * 6, None),
        (_PATIENT, [1.2] * 6, [-0.04, -0.02, 0.0, 0.02, 0.03, 0.045], None),
        (_PATIENT, [20.0, 15.0, 10.0, 9.9, 9.8, 9.7], [0.0] * 6, 5),
        (_PATIENT, [1.3] * 6, _UP, None),
        # Wavers by less than what counts.
        (_PATIENT, [1.3, 1.26, 1.3, 1.25, 1.3, 1.26], [0.0, 0.009, 0.0, 0.009, 0.0, 0.009], 2),
        # Evaluations in a row, whatever lies between.
        (_PATIENT, [1.0, None, None, 1.0, None, 1.0], [0.0, None, None, 0.0, None, 0.0], 4),
        (_PATIENT, [1.0, 0.5, 1.0, 0.5, 1.0, 0.5], [0.0, 0.4, 0.0, 0.4, 0.0, 0.4], None),
        # The first epoch is no evidence of its own, but what comes after may improve on it.
        (CollapsePruner(patience=2), [1.0] * 6, [0.0] * 6, 3),
        (CollapsePruner(patience=2), [9.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.0] * 6, 4),
        # One of the two alone.
        (CollapsePruner(contrast=None, patience=2), [1.0] * 6, [0.5] * 6, 3),
        (CollapsePruner(bce_ratio=None, patience=2), [0.1] * 6, [0.0] * 6, 3),
        # Other limits.
        (CollapsePruner(useless_ratio=1.1, patience=2), [1.0] * 6, [0.0] * 6, None),
        (CollapsePruner(min_signal=0.2, patience=2), [1.0] * 6, [0.15] * 6, 3),
    ],
)
def test_the_nuclei_map(feed, rule, ratios, contrasts, epoch):
    stop = feed(rule, _curves(ratios, contrasts))
    assert (stop and stop[0]) == epoch
    assert stop is None or "the nuclei map is the same all over: " in stop[1]


@pytest.mark.parametrize(
    ("mean", "side"),
    [(0.001, "all background"), (0.02, "the same all over"), (0.95, "all nuclei")],
)
def test_the_reason_says_what_is_answered_and_by_which_numbers(feed, mean, side):
    _, reason = feed(CollapsePruner(patience=2), _curves([1.25] * 4, [0.004] * 4, mean))
    assert reason == (
        f"pruned at epoch 3: the nuclei map is {side}: val/np_bce_ratio 1.25 (a constant has 1), "
        f"val/np_contrast 0.004 below 0.050, val/pred_mean {mean:g} for target_mean 0.02; for 2 "
        "evaluations without progress"
    )


@pytest.mark.parametrize(
    ("ratios", "aligned", "stops"),
    [
        ([1.0] * 4, [0.01] * 4, True),  # zero, or noise
        ([4.0] * 4, [-0.3] * 4, True),  # the wrong way
        ([3.5] * 4, [1.2] * 4, False),  # too long, but the true way
        ([0.97, 0.9, 0.9, 0.9], [0.03] * 4, False),
        ([2.0, 1.8, 1.6, 1.4], [0.0] * 4, False),  # still falls
        ([1.0] * 4, [0.0, 0.02, 0.03, 0.04], False),  # begins to turn
    ],
)
def test_the_hv_maps(feed, ratios, aligned, stops):
    good = _curves([0.1] * 4, [0.9] * 4)
    curves = {**good, "val/hv_mse_ratio": ratios, "val/hv_magnitude_aligned": aligned}
    stop = feed(CollapsePruner(patience=2), curves)
    assert (stop and stop[0]) == (3 if stops else None)
    assert stop is None or stop[1].startswith(
        f"pruned at epoch 3: the HV maps know no direction: val/hv_mse_ratio {ratios[0]:g} (zero "
        f"has 1), val/hv_magnitude_aligned {aligned[0]}"
    )


def test_the_hv_maps_may_be_left_alone(feed):
    curves = {**_curves([0.1] * 4, [0.9] * 4), "val/hv_mse_ratio": [1.0] * 4}
    curves["val/hv_magnitude_aligned"] = [0.0] * 4
    assert feed(CollapsePruner(hv_ratio=None, hv_aligned=None), curves) is None


@pytest.mark.parametrize(
    ("targets", "stop"),
    [
        ([0.0] * 4, "target_mean is 0, the masks are empty: there is nothing to tell apart"),
        (
            [1.0] * 4,
            "target_mean is 1, the masks have no background: there is nothing to tell apart",
        ),
        ([0.01, 0.0, 0.0, 0.0], None),  # few batches were looked at, none of them with nuclei
        ([0.0, 0.0, 0.0, 0.01], None),
        ([None] * 4, None),
    ],
)
def test_masks_in_which_there_is_nothing_to_find(feed, targets, stop):
    curves = {"val/pred_mean": [0.3] * 4, "target_mean": targets}
    expected = stop and (4, f"pruned at epoch 4: {stop}")
    assert feed(CollapsePruner(), curves) == expected


def test_the_network_in_training_can_be_judged_too(feed):
    (rule,) = build_pruner([CollapseRule(rule="collapse", split="train")], 9).rules
    curves = {
        "train/pred_mean": [1e-4] * 4,
        "train/target_mean": [0.02] * 4,
        "train/np_bce_ratio": [2.0] * 4,
        "train/np_contrast": [0.0] * 4,
        "val/np_bce_ratio": [0.1] * 4,
        "val/np_contrast": [0.9] * 4,
    }
    epoch, reason = feed(rule, curves)
    assert epoch == 4
    assert "the nuclei map is all background: train/np_bce_ratio 2 " in reason
    assert "train/pred_mean 0.0001 for train/target_mean 0.02" in reason


def test_a_rule_that_was_written_out_reads_back_the_same():
    rule = CollapseRule(rule="collapse", split="train", contrast="off", target="share")
    written = plain(rule)
    assert CollapseRule(**written) == rule
    assert written["contrast"] == "off"
    assert rule.evidence["contrast"] is None
    assert (rule.evidence["target"], rule.evidence["metric"]) == ("share", "train/pred_mean")
