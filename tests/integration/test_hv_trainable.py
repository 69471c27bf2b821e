"""The 2-D trainable from a plain loop, as anybody may run it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sweeper.protocol import ConfigError, DivergedError, Trainable, TrialContext, TrialError
from trainables.decode_search import CRITERIA
from trainables.hv import HVTrainable
from trainables.hv.config import HVConfig
from trainables.losses import NP_TERMS, TERMS

SETTINGS: dict[str, Any] = {
    "epochs": 4,
    "data": {"source": "synthetic", "look": "mixed", "num_train": 6, "num_val": 3, "size_px": 72},
    "crop_px": 48,
    "batch_size": 2,
    "eval_every": 2,
    "model": {"name": "unet", "width": 4, "depth": 3},
    "loss": {"hv_magnitude": 0.5},
    "augment": {"preset": "all"},
}
ON_GPU = {"gpu/peak_gib", "cost/gpu_s"}
NOT_TRAINED_ON = {*NP_TERMS} - {*TERMS}


@pytest.fixture
def context(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> TrialContext:
    return context_in(tmp_path, tmp_path_factory)


def context_in(folder: Path, factory: pytest.TempPathFactory, *, seed: int = 5) -> TrialContext:
    cache_dir = factory.getbasetemp() / "hv-cache"
    for made in (folder / "work", folder / "artifacts", cache_dir):
        made.mkdir(exist_ok=True)
    return TrialContext(
        seed=seed,
        number=0,
        workdir=folder / "work",
        artifacts_dir=folder / "artifacts",
        cache_dir=cache_dir,
    )


def started(context: TrialContext, **changes: Any) -> HVTrainable:
    trainable = HVTrainable()
    trainable.setup({**SETTINGS, **changes}, context)
    return trainable


def steps(trainable: HVTrainable, count: int) -> list[dict[str, float]]:
    """The metrics of `count` epochs without the clock's."""
    return [
        {name: value for name, value in trainable.step().items() if not name.startswith("time/")}
        for _ in range(count)
    ]


def saved_weights(trainable: HVTrainable, folder: Path) -> dict[str, torch.Tensor]:
    folder.mkdir()
    trainable.save(folder)
    return torch.load(folder / "trainer.pt", weights_only=True)["model"]


def test_it_keeps_the_protocol() -> None:
    assert isinstance(HVTrainable(), Trainable)


def test_every_name_is_reported_and_nothing_else(context: TrialContext) -> None:
    trainable = started(context)
    first, second = trainable.step(), trainable.step()
    not_chosen_by = {f"val/optimistic/{name}" for name in CRITERIA if name != "aji"}
    data = HVTrainable.prepare(SETTINGS, context.cache_dir)
    others = {name for name in data.metric_names if name.rpartition("/")[2] in NOT_TRAINED_ON}
    assert second.keys() == data.metric_names - ON_GPU - not_chosen_by - others
    assert data.metric_names < HVTrainable.metric_names
    assert not [name for name in first if name.startswith("val/")]
    assert (first["epoch"], second["epoch"]) == (1.0, 2.0)
    assert np.isfinite(list(second.values())).all()


def test_it_evaluates_every_few_epochs_and_at_the_end(context: TrialContext) -> None:
    found = steps(started(context, epochs=5, eval_every=3), 5)
    assert [epoch["epoch"] for epoch in found if "val/aji" in epoch] == [3.0, 5.0]


def test_it_evaluates_further_epochs_if_asked(context: TrialContext) -> None:
    settings = {**SETTINGS, "epochs": 5, "eval_every": 3, "eval_also": [1, 3, 9]}
    found = steps(started(context, **settings), 5)
    assert [epoch["epoch"] for epoch in found if "val/aji" in epoch] == [1.0, 3.0, 5.0]
    assert HVConfig.model_validate(settings).evaluated_frac == 3 / 5


def test_weighted_terms_add_up_and_terms_of_no_weight_are_reported(context: TrialContext) -> None:
    trainable = started(context, loss={"hv_magnitude": 0, "hv_gradient": 0.5, "lambda_hv": 3})
    metrics = steps(trainable, 2)[1]
    for split in ("train", "val"):
        weighted = [
            value for name, value in metrics.items() if name.startswith(f"{split}/weighted/")
        ]
        assert sum(weighted) == pytest.approx(metrics[f"{split}/loss"], rel=1e-5)
        assert metrics[f"{split}/weighted/hv_magnitude"] == 0
        assert metrics[f"{split}/loss/hv_magnitude"] > 0
        assert metrics[f"{split}/weighted/hv_gradient"] == pytest.approx(
            1.5 * metrics[f"{split}/loss/hv_gradient"], rel=1e-5
        )


def test_losses_of_the_library_train_the_foreground(context: TrialContext) -> None:
    terms = [
        "iou",
        {"type": "focal", "weight": 2.0},
        {"type": "dice", "name": "each", "batch": False},
    ]
    trainable = started(context, loss={"np": terms, "lambda_np": 0.5})
    metrics = steps(trainable, 2)[1]
    weights = {"np_bce": 0, "np_dice": 0, "np_iou": 0.5, "np_focal": 1, "np_each": 0.5}
    for name, weight in weights.items():
        assert metrics[f"train/weight/{name}"] == weight
        assert metrics[f"train/loss/{name}"] > 0
        assert metrics[f"val/weighted/{name}"] == pytest.approx(
            weight * metrics[f"val/loss/{name}"], rel=1e-5
        )


@pytest.mark.parametrize(
    "balance",
    [
        "uncertainty",
        {"type": "softmax", "entropy_floor": 0.8},
        {"type": "scheduled", "schedules": {"hv_gradient": {"start": 0.0}}},
    ],
)
def test_weights_that_change_go_on_from_a_checkpoint(
    context: TrialContext, tmp_path: Path, balance: Any
) -> None:
    loss = {"np": ["bce", "dice"], "balance": balance}
    straight = started(context, loss=loss)
    expected = steps(straight, 4)
    first, second = started(context, loss=loss), started(context, loss=loss)
    assert steps(first, 2) == expected[:2]
    (tmp_path / "saved").mkdir()
    first.save(tmp_path / "saved")
    second.load(tmp_path / "saved")
    assert steps(second, 2) == expected[2:]
    assert len({metrics["train/weight/hv_gradient"] for metrics in expected}) == 4


def test_saving_and_loading_into_another_object_changes_no_bit(
    context: TrialContext, tmp_path: Path
) -> None:
    straight = started(context)
    expected = steps(straight, 4)

    first = started(context)
    found = steps(first, 2)
    (tmp_path / "checkpoint").mkdir()
    first.save(tmp_path / "checkpoint")
    second = started(context)
    second.load(tmp_path / "checkpoint")
    found += steps(second, 2)

    assert found == expected
    ends = [saved_weights(one, tmp_path / name) for name, one in (("a", straight), ("b", second))]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_looking_for_a_collapse_changes_no_bit(context: TrialContext, tmp_path: Path) -> None:
    looked_at, alone = started(context, collapse_every=1), started(context, collapse_every=None)
    for seen, expected in zip(steps(looked_at, 2), steps(alone, 2), strict=True):
        assert {name: seen[name] for name in expected} == expected
        assert seen.keys() - expected.keys() == {
            "train/pred_mean",
            "train/target_mean",
            "train/np_bce_ratio",
            "train/np_contrast",
            "train/hv_mse_ratio",
            "train/hv_magnitude_aligned",
        }
    ends = [saved_weights(one, tmp_path / name) for name, one in (("a", looked_at), ("b", alone))]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_an_object_that_served_another_trial_gives_the_same_numbers(
    tmp_path: Path, context: TrialContext
) -> None:
    fresh = steps(started(context), 2)
    used = started(context, model={"width": 8, "depth": 2}, augment={"preset": "none"})
    used.step()
    used.setup(SETTINGS, context)
    assert steps(used, 2) == fresh


def test_another_seed_gives_other_numbers(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    losses = [
        started(context_in(tmp_path, tmp_path_factory, seed=seed)).step()["train/loss"]
        for seed in (5, 6)
    ]
    assert losses[0] != losses[1]


def test_a_few_epochs_learn_something(context: TrialContext) -> None:
    settings = {"optim": {"lr": 5e-3}, "augment": {"preset": "none"}, "steps_per_epoch": 12}
    first, *_, last = steps(started(context, eval_every=1, **settings), 4)
    assert last["train/loss"] < first["train/loss"]
    assert last["val/hv_mse_ratio"] < first["val/hv_mse_ratio"]
    assert last["val/hv_magnitude_aligned"] <= last["val/hv_magnitude"]


def test_a_loss_that_explodes_ends_the_trial_in_words(context: TrialContext) -> None:
    trainable = started(context, optim={"lr": 1.0, "clip_norm": None}, model={"norm": "group"})
    trainable._started()._trainer.model.np_head.bias.data.fill_(float("nan"))
    with pytest.raises(DivergedError, match=r"^diverged at epoch 1: loss is nan$"):
        trainable.step()


def test_a_checkpoint_of_other_settings_is_refused(context: TrialContext, tmp_path: Path) -> None:
    started(context).save(tmp_path)
    with pytest.raises(TrialError, match="not a checkpoint of these settings"):
        started(context, model={"width": 8}).load(tmp_path)


def test_calls_before_setup_are_refused() -> None:
    with pytest.raises(RuntimeError, match="setup"):
        HVTrainable().step()
    HVTrainable().close()


def test_wrong_settings_are_named_before_any_work(context: TrialContext) -> None:
    wrong = {
        **SETTINGS,
        "loss": {"hv_magnitde": 1.0},
        "optim": {"lr": -1},
        "data": {"source": "folder"},
    }
    expected = [
        "data.path: is missing",
        "loss.hv_magnitde: unknown name, did you mean 'hv_magnitude'?",
        "optim.lr: should be greater than 0, not -1",
    ]
    assert sorted(str(problem) for problem in HVTrainable.check_config(wrong)) == expected
    with pytest.raises(ConfigError, match="hv_magnitde"):
        HVTrainable().setup(wrong, context)


def test_preparing_finds_the_data_and_measuring_gives_seconds(context: TrialContext) -> None:
    summary = HVTrainable.prepare(SETTINGS, context.cache_dir)
    assert summary.facts["train/images"] == 6
    seconds = HVTrainable.measure_epoch_s(SETTINGS, context)
    assert seconds is not None
    assert 0 < seconds < 60


def test_a_driver_needs_no_torch() -> None:
    code = (
        "import sys; from trainables.hv import HVTrainable\n"
        "assert not HVTrainable.check_config({'epochs': 2})\n"
        "assert HVTrainable.metric_names\n"
        "loaded = {'torch', 'monai'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
