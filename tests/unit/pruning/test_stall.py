from __future__ import annotations

import math

import pytest

from sweeper.pruning import StallPruner

_ALIGNED = "val/hv_magnitude_aligned"
_BELOW = StallPruner(_ALIGNED, patience=3, min_delta=0.01, below=0.25)
_PLAIN = StallPruner("x", patience=2)
_STEP = StallPruner("x", patience=2, min_delta=0.01)
_LOSS = StallPruner("x", patience=2, goal="minimize", above=0.5)
_WARM = StallPruner("x", patience=2, warmup_epochs=2)
_ONE = StallPruner("x", patience=1, min_delta=0.01)


@pytest.mark.parametrize(
    ("rule", "curve", "stop"),
    [
        (
            _BELOW,
            [0.02, 0.03, 0.05, 0.07, 0.09, 0.12, 0.12, 0.12, 0.12],
            (9, "has not risen by 0.01 for 3 epochs and is at 0.12, below 0.25"),
        ),
        (
            _BELOW,
            [0.02, 0.14, 0.12, 0.13, 0.12],
            (5, "has not risen by 0.01 for 3 epochs and is at 0.12 (best 0.14), below 0.25"),
        ),
        (_BELOW, [0.02, 0.30, 0.12, 0.12, 0.12, 0.12], None),  # once above the level, always safe
        (_BELOW, [0.02, 0.25, 0.25, 0.25, 0.25], None),  # the level itself is not below it
        (
            _BELOW,
            [0.2499, 0.2499, 0.2499, 0.2499],
            (4, "has not risen by 0.01 for 3 epochs and is at 0.2499, below 0.2500"),
        ),
        (_PLAIN, [0.5, 0.5, 0.5], (3, "has not risen for 2 epochs and is at 0.50")),
        (_PLAIN, [0.5, 0.5, 0.6, 0.6], None),
        (_PLAIN, [0.5], None),
        (_PLAIN, [], None),
        (_PLAIN, [0.50, 0.51, 0.52, 0.53, 0.54], None),
        (_STEP, [0.100, 0.105, 0.112, 0.113, 0.123], None),  # small steps add up
        (_STEP, [0.100, 0.105, 0.109], (3, "has not risen by 0.01 for 2 epochs and is at 0.11")),
        (_ONE, [0.10, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17], None),  # in spite of rounding
        (
            _LOSS,
            [0.9, 0.8, 0.85, 0.8],
            (4, "has not fallen for 2 epochs and is at 0.80, above 0.50"),
        ),
        (_LOSS, [0.9, 0.4, 0.85, 0.8, 0.9], None),
        # Junk of the first epochs is not a record to be broken.
        (_WARM, [9.0, 9.0, 0.1, 0.2, 0.3, 0.4], None),
        (_WARM, [9.0, 9.0, 0.1, 0.1, 0.1], (5, "has not risen for 2 epochs and is at 0.10")),
        # Epochs between measurements are time, but no failures.
        (_PLAIN, [0.5, None, None, None, None], None),
        (_PLAIN, [0.5, None, None, 0.6, None, None], None),
        (
            _PLAIN,
            [0.5, None, None, 0.4],
            (4, "has not risen for 3 epochs and is at 0.40 (best 0.50)"),
        ),
        (_PLAIN, [0.5, math.nan, math.nan, math.nan], None),
        (_PLAIN, [None] * 6, None),
    ],
)
def test_stall_table(feed, rule, curve, stop):
    expected = stop and (stop[0], f"pruned at epoch {stop[0]}: {rule.metric} {stop[1]}")
    assert feed(rule, {rule.metric: curve, "lr": [1.0] * len(curve)}) == expected


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"patience": 0}, "patience"),
        ({"patience": 1, "min_delta": -0.1}, "min_delta"),
        ({"patience": 1, "min_delta": math.nan}, "min_delta"),
        ({"patience": 1, "above": 1.0}, "goal minimize"),
        ({"patience": 1, "below": 1.0, "goal": "minimize"}, "goal maximize"),
        ({"patience": 1, "goal": "up"}, "goal must be"),
    ],
)
def test_settings_that_contradict_are_refused(settings, match):
    with pytest.raises(ValueError, match=match):
        StallPruner("x", **settings)
