"""The epoch loop on a network small enough to reason about."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sweeper.protocol import DivergedError, TrialError
from trainables.training import Trainer

Build = Callable[..., Trainer]


def weights(trainer: Trainer) -> list[Tensor]:
    state = {**trainer.model.state_dict(), **trainer.criterion.state_dict()}
    return [state[name].clone() for name in sorted(state)]


def test_an_epoch_reports_loss_terms_weighted_terms_the_watch_and_the_step_size(
    build: Build,
) -> None:
    metrics = build().train_epoch()
    assert set(metrics) == {
        "train/loss",
        "train/loss/mse",
        "train/weighted/mse",
        "train/weight/mse",
        "train/y_sum",
        "train/looks",
        "grad_norm",
        "lr",
    }
    assert metrics["train/loss"] == metrics["train/weighted/mse"]
    assert metrics["lr"] == 1e-2


def test_being_watched_changes_no_bit(build: Build) -> None:
    watched, alone = build(), build(watched=False)
    for _ in range(3):
        seen, expected = watched.train_epoch(), alone.train_epoch()
        assert {name: seen[name] for name in expected} == expected
    assert all(torch.equal(a, b) for a, b in zip(weights(watched), weights(alone), strict=True))


def test_the_watch_goes_on_from_a_checkpoint_and_starts_anew_from_an_old_one(
    build: Build, tmp_path: Path
) -> None:
    first = build()
    first.train_epoch()
    first.save(tmp_path / "trainer.pt")
    second = build()
    second.load(tmp_path / "trainer.pt")
    assert second._watch.kept == first._watch.kept
    assert second.train_epoch()["train/looks"] == 10

    state = torch.load(tmp_path / "trainer.pt", weights_only=True)
    del state["watch"]
    torch.save(state, tmp_path / "old.pt")
    second.load(tmp_path / "old.pt")
    assert second._watch.kept == {"y_sum": 0.0, "looks": 0}


def test_the_loss_falls(build: Build) -> None:
    trainer = build(lr=5e-2)
    first, *_, last = [trainer.train_epoch()["train/loss"] for _ in range(4)]
    assert last < 0.5 * first


def test_every_batch_is_asked_for_once_in_order(build: Build, noise: type) -> None:
    source = noise()
    trainer = build(source=source)
    trainer.train_epoch()
    trainer.train_epoch()
    assert source.asked == [(epoch, step) for epoch in (1, 2) for step in range(5)]


def test_saving_and_loading_changes_no_bit(build: Build, tmp_path: Path) -> None:
    straight = build()
    expected = [straight.train_epoch() for _ in range(4)]

    first = build()
    found = [first.train_epoch() for _ in range(2)]
    first.save(tmp_path / "trainer.pt", {"seconds": 2.5})
    second = build()
    second.train_epoch()
    assert second.load(tmp_path / "trainer.pt") == {"seconds": 2.5}
    found += [second.train_epoch() for _ in range(2)]

    assert found == expected
    assert all(torch.equal(a, b) for a, b in zip(weights(second), weights(straight), strict=True))


def test_the_loss_knows_its_epoch_while_training_and_after_loading(
    build: Build, tmp_path: Path
) -> None:
    trainer = build()
    assert trainer.criterion.factor == 2.0
    for epoch in range(1, 4):
        trainer.train_epoch()
        assert trainer.criterion.factor == 2.0 + 0.5 * (epoch - 1) / 4
        trainer.save(tmp_path / f"{epoch}.pt")
    trainer.train_ahead(lambda: trainer._ahead is None)
    assert trainer._learner.criterion.factor == 2.0 + 0.5 * 3 / 4
    trainer.load(tmp_path / "2.pt")
    assert trainer.criterion.factor == 2.0 + 0.5 * 1 / 4
    assert "factor" not in str(trainer.criterion.state_dict())


def test_the_weight_of_a_term_is_reported_as_it_was_in_the_steps(build: Build) -> None:
    trainer = build(lr=1e-4)
    weights = [trainer.train_epoch()["train/weight/mse"] for _ in range(2)]
    assert weights == pytest.approx([2.0, 2.125], abs=5e-3)


def test_threads_that_prepare_batches_change_no_bit(build: Build) -> None:
    expected = [build().train_epoch()]
    assert [build(workers=3).train_epoch()] == expected


def test_the_loss_weight_is_trained_and_not_decayed(build: Build) -> None:
    trainer = build()
    optimizer = trainer._learner._optimizer
    free = optimizer.param_groups[1]
    assert free["weight_decay"] == 0.0
    assert optimizer.param_groups[0]["weight_decay"] == 0.1
    # Two kernels are decayed; two biases, the norm's pair and the loss weight are not.
    assert len(optimizer.param_groups[0]["params"]) == 2
    assert len(free["params"]) == 5
    trainer.train_epoch()
    assert trainer.criterion.log_weight.item() != 0.0


def test_a_loss_that_is_not_finite_ends_the_trial_with_its_epoch(build: Build, noise: type) -> None:
    trainer = build(source=noise(bad_epoch=2))
    trainer.train_epoch()
    with pytest.raises(DivergedError, match=r"^diverged at epoch 2: loss is nan$"):
        trainer.train_epoch()


def test_a_weight_that_is_not_finite_ends_the_trial(build: Build) -> None:
    trainer = build()
    trainer.criterion.unused = nn.Parameter(torch.tensor(math.inf))
    trainer._learner._parameters.append(trainer.criterion.unused)
    with pytest.raises(DivergedError, match=r"^diverged at epoch 1: a weight is not finite$"):
        trainer.train_epoch()


def test_clipping_bounds_what_a_step_sees_but_not_what_is_reported(build: Build) -> None:
    assert build().train_epoch()["grad_norm"] > 0.5


def test_a_file_that_is_no_checkpoint_is_a_trial_error(build: Build, tmp_path: Path) -> None:
    with pytest.raises(TrialError, match="not a checkpoint"):
        build().load(tmp_path / "absent.pt")
    (tmp_path / "torn.pt").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(TrialError, match="not a checkpoint"):
        build().load(tmp_path / "torn.pt")
    torch.save({"format": 1, "epoch": 1, "model": {}}, tmp_path / "other.pt")
    with pytest.raises(TrialError, match="not a checkpoint of these settings"):
        build().load(tmp_path / "other.pt")
