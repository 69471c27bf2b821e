"""Looks at a training: what is measured, how often, and what the log says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from sweeper.pruning import CollapsePruner
from trainables.hv import collapse
from trainables.hv.collapse_watch import CollapseWatch

STEPS = 120

Answer = Callable[[Tensor], dict[str, Tensor]]


def nuclei(num_px: int = 10) -> Tensor:
    mask = torch.zeros(2, 1, 16, 16)
    mask[:, :, 3, :num_px] = 1
    return mask


def background(mask: Tensor) -> dict[str, Tensor]:
    return {"np": torch.full_like(mask, -9.0), "hv": torch.zeros(2, 2, 16, 16)}


def right(mask: Tensor) -> dict[str, Tensor]:
    return {"np": torch.where(mask > 0, 2.0, -4.0), "hv": 0.5 * mask.expand(-1, 2, -1, -1)}


def run(watch: CollapseWatch, epoch: int, answer: Answer, num_px: int = 10) -> dict[str, float]:
    """An epoch of equal batches."""
    looks = watch.begin(epoch, STEPS)
    mask = nuclei(num_px)
    for step in range(STEPS):
        looks.look(step, answer(mask), {"np": mask, "hv": mask.expand(-1, 2, -1, -1)})
        if step % 16 == 15:
            looks.read()
    looks.read()
    return looks.finish()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """The lines since the last call."""

    def taken() -> list[str]:
        found = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return found

    with caplog.at_level(logging.INFO, "trainables"):
        yield taken


def test_a_right_answer_is_measured_over_all_looks_and_leaves_no_line(lines) -> None:
    metrics = run(CollapseWatch(2), 1, right)
    on, off = torch.tensor([2.0, -4.0]).sigmoid().tolist()
    assert metrics == pytest.approx(
        {
            "train/pred_mean": (10 * on + 246 * off) / 256,
            "train/target_mean": 10 / 256,
            "train/np_contrast": on - off,
            "train/np_bce_ratio": metrics["train/np_bce_ratio"],
            "train/hv_mse_ratio": 0.25,
            "train/hv_magnitude_aligned": 0.5 * 2**0.5,
        }
    )
    assert metrics["train/np_bce_ratio"] < 0.3
    assert lines() == []


@pytest.mark.parametrize(("every", "looks"), [(1, 120), (7, 18), (50, 3), (120, 1), (999, 1)])
def test_the_last_step_is_always_looked_at(every: int, looks: int) -> None:
    seen: list[float] = []

    def counted(mask: Tensor) -> dict[str, Tensor]:
        return {**right(mask), "np": torch.full_like(mask, float(len(seen)))}

    watch = CollapseWatch(every)
    epoch = watch.begin(1, STEPS)
    mask = nuclei()
    for step in range(STEPS):
        epoch.look(step, counted(mask), {"np": mask, "hv": mask.expand(-1, 2, -1, -1)})
        seen.append(step)
    epoch.read()
    expected = torch.arange(STEPS - 1, -1, -every).float().sigmoid()
    assert len(expected) == looks
    assert epoch.finish()["train/pred_mean"] == pytest.approx(float(expected.mean()))


def test_a_look_does_not_wait_for_the_device() -> None:
    # Tensors without data: whatever asks for a value fails.
    mask = torch.zeros(2, 1, 16, 16, device="meta")
    maps = torch.zeros(2, 2, 16, 16, device="meta")
    CollapseWatch(1).begin(1, 1).look(0, {"np": mask, "hv": maps}, {"np": mask, "hv": maps})


def test_a_collapse_is_told_once_with_its_beginning_and_its_end(lines) -> None:
    watch = CollapseWatch(2)
    run(watch, 1, right)
    run(watch, 2, background)
    assert [line.split(":")[0] for line in lines()] == ["collapsed", "collapsed"]
    run(watch, 3, background)
    assert lines() == []
    run(watch, 4, right)
    assert [line.split(":")[0] for line in lines()] == [
        "nuclei map no longer collapsed since epoch 4 step 1",
        "HV maps no longer collapsed since epoch 4 step 1",
    ]


def test_the_line_says_what_is_predicted_and_why_it_counts(lines) -> None:
    watch = CollapseWatch(2)
    run(watch, 1, right)
    run(watch, 2, lambda mask: {**right(mask), "np": background(mask)["np"]})
    assert lines() == [
        "collapsed: predicts background everywhere since epoch 2 step 1: mean prediction 0.00012 "
        "for 0.039 of nuclei, 0.00 higher on nuclei than elsewhere, cross-entropy 2.13 x that of "
        "the best constant"
    ]
    run(watch, 3, lambda mask: {**right(mask), "hv": torch.zeros(2, 2, 16, 16)})
    recovered, flat = lines()
    assert recovered.startswith("nuclei map no longer collapsed since epoch 3 step 1")
    assert flat == (
        "collapsed: predicts HV maps that know no direction since epoch 3 step 1: squared error "
        "1.00 x that of predicting zero, 0.00 of the vectors' length points the true way, of 1.41 "
        "in the targets"
    )


@pytest.mark.parametrize(
    ("logit", "what"),
    [
        (9.0, "nuclei everywhere"),
        (-3.2, "nearly the same everywhere"),
        (-9.0, "background everywh"),
    ],
)
def test_constants_have_names(lines, logit: float, what: str) -> None:
    watch = CollapseWatch(1)
    run(watch, 1, lambda mask: {**right(mask), "np": torch.full_like(mask, logit)})
    (line,) = lines()
    assert line.startswith(f"collapsed: predicts {what}")
    assert "since epoch 1 step 0" in line


def test_what_still_falls_has_not_collapsed(lines) -> None:
    steps = iter(range(10_000))

    def falling(mask: Tensor) -> dict[str, Tensor]:
        return {**right(mask), "np": torch.full_like(mask, 8.0 - 0.03 * next(steps))}

    watch = CollapseWatch(1)
    for epoch in (1, 2, 3):
        run(watch, epoch, falling)
    assert lines() == []


def test_single_looks_do_not_count(lines) -> None:
    steps = iter(range(10_000))

    def flickering(mask: Tensor) -> dict[str, Tensor]:
        return right(mask) if next(steps) % 50 == 0 else background(mask)

    watch = CollapseWatch(1)
    for epoch in (1, 2, 3):
        run(watch, epoch, flickering)
    assert lines() == []


def test_empty_batches_are_told_once_and_are_no_collapse(lines) -> None:
    watch = CollapseWatch(1)
    metrics = run(watch, 1, background, num_px=0)
    assert metrics == pytest.approx(
        {"train/pred_mean": 1.234e-4, "train/target_mean": 0.0}, rel=1e-3
    )
    assert lines() == [
        "nothing to learn: no nucleus in the batches that were looked at in epoch 1; "
        "background everywhere is the right answer to empty masks"
    ]
    run(watch, 2, background, num_px=0)
    assert lines() == []


def test_what_is_not_finite_is_left_out() -> None:
    steps = iter(range(10_000))

    def overflowing(mask: Tensor) -> dict[str, Tensor]:
        factor = float("nan") if next(steps) == 3 else 1.0
        return {name: factor * output for name, output in right(mask).items()}

    assert run(CollapseWatch(1), 1, overflowing) == run(CollapseWatch(1), 1, right)
    assert run(CollapseWatch(1), 2, lambda mask: {"np": mask / 0, "hv": right(mask)["hv"]}) == {}


def test_an_epoch_that_is_not_finished_leaves_no_trace(lines) -> None:
    straight, disturbed = CollapseWatch(1), CollapseWatch(1)
    for watch in (straight, disturbed):
        run(watch, 1, right)
    ahead = disturbed.begin(2, STEPS)
    mask = nuclei()
    for step in range(90):
        ahead.look(step, background(mask), {"np": mask, "hv": mask.expand(-1, 2, -1, -1)})
    ahead.read()
    assert disturbed.state() == straight.state()
    again = CollapseWatch(1)
    again.load_state(disturbed.state())
    for watch in (straight, again):
        lines()
        run(watch, 2, background)
        assert len(lines()) == 2
    assert again.state() == straight.state()


def test_the_state_goes_through_a_checkpoint(lines) -> None:
    first, second = CollapseWatch(2), CollapseWatch(2)
    for epoch in (1, 2):
        run(first, epoch, background)
    second.load_state(first.state())
    lines()
    run(second, 3, background)
    assert lines() == []
    run(second, 4, right)
    assert len(lines()) == 2


def test_the_watch_and_the_pruner_mean_the_same() -> None:
    rule = CollapsePruner()
    assert (rule.useless_ratio, rule.low_ratio) == (collapse._NO_GAIN, collapse._LOW_RATIO)
    assert collapse._NO_CONTRAST == collapse._NO_ALIGNMENT == rule.min_signal
