"""Steps of the next epoch while somebody else uses the finished one's results: no bit changes."""

import itertools
import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from sweeper.protocol import DivergedError
from trainables.training import Trainer

Build = Callable[..., Trainer]
Numbers = dict[str, float]

EPOCHS = 4
STEPS = 5


def for_steps(count: int) -> Callable[[], bool]:
    answers = itertools.chain([True] * count, itertools.repeat(False))
    return lambda: next(answers)


def disturb(trainer: Trainer) -> None:
    """What an evaluation does, and more: another mode, and random numbers for something else."""
    torch.randn(7)
    trainer._learner.model.eval()
    with torch.inference_mode():
        trainer._learner.model(torch.randn(1, 1, 8, 8))


def train(trainer: Trainer, directory: Path, pattern: Iterator[list[int]]) -> list[Numbers]:
    """All epochs that are left; after each: runs ahead in stints, saves before, between, after."""
    directory.mkdir()
    reported = []
    while trainer.epoch < EPOCHS:
        reported.append(trainer.train_epoch())
        for stint in next(pattern):
            disturb(trainer)
            trainer.train_ahead(for_steps(stint))
        trainer.save(directory / f"{trainer.epoch}.pt", {"seconds": 2.5})
    return reported


def saved(directory: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(directory.iterdir())]


def never() -> Iterator[list[int]]:
    return itertools.repeat([])


def at_random(seed: int) -> Iterator[list[int]]:
    rng = np.random.default_rng(seed)
    while True:
        yield rng.integers(0, STEPS + 2, size=rng.integers(0, 4)).tolist()


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("ahead")]


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("seed", range(6))
def test_running_ahead_changes_no_bit(
    build: Build, tmp_path: Path, workers: int, seed: int
) -> None:
    expected = train(build(), tmp_path / "straight", never())
    found = train(build(workers=workers), tmp_path / "ahead", at_random(seed))
    assert found == expected
    assert saved(tmp_path / "ahead") == saved(tmp_path / "straight")
    assert len(saved(tmp_path / "ahead")) == EPOCHS
    assert not threads()


def test_without_running_ahead_what_is_drawn_in_between_changes_no_bit(build: Build) -> None:
    straight, disturbed = build(), build()
    expected = [straight.train_epoch() for _ in range(2)]
    found = [disturbed.train_epoch()]
    disturb(disturbed)
    assert [*found, disturbed.train_epoch()] == expected


def test_others_draw_the_random_numbers_that_they_would_draw_without_training(build: Build) -> None:
    trainer = build()
    torch.manual_seed(11)
    expected = torch.randn(6)
    torch.manual_seed(11)
    parts = [torch.randn(2)]
    trainer.train_epoch()
    parts.append(torch.randn(2))
    trainer.train_ahead(for_steps(3))
    parts.append(torch.randn(2))
    assert torch.equal(torch.cat(parts), expected)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("loads", ["fresh", "same"])
def test_what_is_saved_ahead_goes_on_from_the_finished_epoch(
    build: Build, tmp_path: Path, workers: int, loads: str
) -> None:
    straight = tmp_path / "straight"
    expected = train(build(), straight, never())

    first = build(workers=workers)
    found = [first.train_epoch(), first.train_epoch()]
    first.train_ahead(for_steps(3))
    first.save(tmp_path / "trainer.pt", {"seconds": 2.5})
    second = first if loads == "same" else build(workers=workers)
    second.train_ahead(for_steps(4))
    assert second.load(tmp_path / "trainer.pt") == {"seconds": 2.5}
    assert second.epoch == 2
    found += train(second, tmp_path / "second", at_random(5))

    assert found == expected
    assert saved(tmp_path / "second") == saved(straight)[2:]
    first.close()
    assert not threads()


def test_running_ahead_before_the_first_epoch_keeps_the_initial_weights(
    build: Build, tmp_path: Path
) -> None:
    trainer, untouched = build(), build()
    trainer.train_ahead(for_steps(2))
    for name, one in (("a", trainer), ("b", untouched)):
        (tmp_path / name).mkdir()
        one.save(tmp_path / name / "trainer.pt")
    assert saved(tmp_path / "a") == saved(tmp_path / "b")
    assert trainer.train_epoch() == untouched.train_epoch()


def test_the_finished_epoch_stays_the_newest(build: Build) -> None:
    trainer = build()
    trainer.train_epoch()
    trained_s = trainer.trained_s
    trainer.train_ahead(for_steps(3))
    assert (trainer.epoch, trainer.trained_s) == (1, trained_s)
    with pytest.raises(RuntimeError, match="has run ahead"):
        _ = trainer.model
    with pytest.raises(RuntimeError, match="has run ahead"):
        _ = trainer.criterion
    trainer.train_epoch()
    assert trainer.epoch == 2
    assert trainer.model is trainer._learner.model


def test_every_step_is_asked_for_and_none_is_taken_beyond_the_epoch(
    build: Build, noise: type
) -> None:
    source = noise()
    trainer = build(source=source)
    trainer.train_epoch()
    answers: list[int] = []

    def go_on() -> bool:
        answers.append(len(source.asked) - STEPS)
        return True

    trainer.train_ahead(go_on)
    trainer.train_ahead(go_on)
    assert answers == list(range(STEPS))
    assert source.asked == [(epoch, step) for epoch in (1, 2) for step in range(STEPS)]
    trainer.train_epoch()
    assert len(source.asked) == 2 * STEPS


def test_a_no_costs_nothing(build: Build, noise: type) -> None:
    source = noise()
    trainer = build(source=source, workers=1)
    trainer.train_epoch()
    trainer.train_ahead(for_steps(0))
    assert len(source.asked) == STEPS
    assert not threads()
    assert trainer.model is not None


def test_nothing_is_run_ahead_after_the_last_epoch(build: Build) -> None:
    trainer = build(epochs=1)
    trainer.train_epoch()

    def go_on() -> bool:
        raise AssertionError("asked for a step that nobody needs")

    trainer.train_ahead(go_on)
    assert trainer.model is not None


def test_the_seconds_of_an_epoch_include_those_ahead(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("trainables.training.trainer.time.perf_counter", lambda: now[0])
    trainer = build()
    take = trainer._learner.step

    def step(*args):
        now[0] += 1.0
        return take(*args)

    trainer._learner.step = step
    trainer.train_epoch()
    assert trainer.trained_s == 5.0
    trainer.train_ahead(for_steps(2))
    now[0] += 100.0
    trainer.train_ahead(for_steps(1))
    trainer.train_epoch()
    assert trainer.trained_s == 5.0
    trainer.train_epoch()
    assert trainer.trained_s == 5.0


def test_an_epoch_that_diverges_ahead_says_so_when_it_is_asked_for(
    build: Build, noise: type, tmp_path: Path
) -> None:
    def long(bad_epoch: int) -> object:
        source = noise(bad_epoch=bad_epoch)
        source.num_steps = 40
        return source

    trainer, straight = build(source=long(2), workers=1), build(source=long(2))
    for name, one in (("ahead", trainer), ("straight", straight)):
        (tmp_path / name).mkdir()
        one.train_epoch()
        one.train_ahead(for_steps(30 if one is trainer else 0))
        one.save(tmp_path / name / "1.pt")
    assert not threads()
    # Noticed after 16 of the 30 steps; none is taken after that.
    assert trainer._ahead is not None
    assert not trainer._ahead.has_steps
    assert saved(tmp_path / "ahead") == saved(tmp_path / "straight")
    for one in (trainer, straight):
        with pytest.raises(DivergedError, match=r"^diverged at epoch 2: loss is nan$"):
            one.train_epoch()
        assert one.epoch == 2


@pytest.mark.parametrize("ahead", [0, 2, 4, 5])
@pytest.mark.parametrize("fault", [torch.OutOfMemoryError, OSError])
def test_any_error_ahead_is_kept_for_the_next_epoch(
    build: Build, noise: type, ahead: int, fault: type[Exception]
) -> None:
    error = fault("no")
    trainer = build(source=noise(bad_epoch=3, fault=error), workers=1)
    trainer.train_epoch()
    trainer.train_epoch()
    trainer.train_ahead(for_steps(ahead))
    assert trainer.epoch == 2
    with pytest.raises(fault) as raised:
        trainer.train_epoch()
    assert raised.value is error
    assert trainer.epoch == 3
    assert not threads()


def test_a_loss_that_is_not_finite_in_the_last_steps_ahead_is_found_too(
    build: Build, noise: type
) -> None:
    trainer = build(source=noise(bad_epoch=2))
    trainer.train_epoch()
    trainer.train_ahead(for_steps(STEPS))
    with pytest.raises(DivergedError, match=r"^diverged at epoch 2: loss is nan$"):
        trainer.train_epoch()


def test_an_error_that_is_kept_does_not_keep_the_memory_of_its_step(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = build()
    trainer.train_epoch()
    kept: list[object] = []

    def fail(*args):
        activations = torch.ones(3)
        kept.append(activations)
        raise torch.OutOfMemoryError("no")

    monkeypatch.setattr(trainer._learner, "step", fail)
    trainer.train_ahead(for_steps(1))
    with pytest.raises(torch.OutOfMemoryError) as raised:
        trainer.train_epoch()
    step = list(itertools.islice(_frames(raised.value), 100))[-1]
    assert step.f_code.co_name == "fail"
    assert "activations" not in step.f_locals


def _frames(error: BaseException) -> Iterator:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def test_loading_forgets_an_error_ahead(build: Build, noise: type, tmp_path: Path) -> None:
    source = noise(bad_epoch=2, fault=OSError("gone"))
    trainer = build(source=source)
    trainer.train_epoch()
    trainer.train_ahead(for_steps(STEPS))
    trainer.save(tmp_path / "trainer.pt")
    source.bad_epoch = 0
    trainer.load(tmp_path / "trainer.pt")
    straight = build()
    straight.train_epoch()
    assert trainer.train_epoch() == straight.train_epoch()


def test_closing_ends_the_threads_that_prepare_batches(build: Build) -> None:
    trainer = build(workers=1)
    trainer.train_epoch()
    trainer.close()
    trainer.train_ahead(for_steps(1))
    assert threads()
    trainer.close()
    assert not threads()
    trainer.close()


def test_the_copy_kept_aside_is_on_the_host_and_shares_nothing(build: Build) -> None:
    trainer = build()
    trainer.train_epoch()
    trainer.train_ahead(for_steps(1))
    kept = trainer._ahead.finished
    live = trainer._state()
    assert list(kept) == list(live)
    assert kept["model"]._metadata == live["model"]._metadata
    for name, tensor in kept["model"].items():
        assert tensor.device.type == "cpu"
        assert tensor.data_ptr() != live["model"][name].data_ptr()
        assert tensor.stride() == live["model"][name].stride()
    moments = kept["optimizer"]["state"][0]["exp_avg"]
    assert moments.data_ptr() != live["optimizer"]["state"][0]["exp_avg"].data_ptr()
    assert math.isfinite(float(moments.sum()))
