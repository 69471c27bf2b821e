from __future__ import annotations

import pytest

from sweeper.pruning import CollapsePruner

_RULE = CollapsePruner()
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
        (_RULE, [0.0] * 6, [0.0] * 6, None),  # nothing to find, nothing predicted
        (_SHORT, [0.01], [0.2], (1, _ONCE)),
    ],
)
def test_collapse_table(feed, rule, means, targets, stop):
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


@pytest.mark.parametrize("settings", [{"low_ratio": 0.0}, {"low_ratio": 1.0}, {"patience": 0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        CollapsePruner(**settings)
