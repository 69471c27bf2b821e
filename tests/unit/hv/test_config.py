import pytest

from sweeper.protocol import ConfigError
from trainables.hv.config import HVConfig, check_hv_config, load_hv_config


def test_a_trial_needs_no_more_than_its_epochs() -> None:
    config = load_hv_config({"epochs": 3})
    assert config.data.source == "synthetic"
    assert config.model.name == "unet"


def test_sections_take_whole_numbers_for_fractions() -> None:
    config = load_hv_config({"epochs": 3, "optim": {"lr": 1}, "loss": {"hv_mse": 2}})
    assert (config.optim.lr, config.loss.hv_mse) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("images", "batch_size", "fixed", "expected"),
    [(416, 8, None, 52), (97, 8, None, 13), (3, 8, None, 1), (416, 8, 20, 20)],
)
def test_steps_of_an_epoch(images: int, batch_size: int, fixed: int | None, expected: int) -> None:
    config = HVConfig(epochs=1, batch_size=batch_size, steps_per_epoch=fixed)
    assert config.num_steps(images) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"epoch": 3}, "epoch: unknown name, did you mean 'epochs'?"),
        ({"crop_px": 1.5}, "crop_px: should be a valid integer, not 1.5"),
        (
            {"model": {"name": "segnet"}},
            "model.name: should be 'unet', 'hovernet', 'flexible_unet', 'tokens', not 'segnet'",
        ),
        (
            {"model": {"name": "hovernet", "width": 8}},
            "model.width: unknown name, known are dropout, hv_tanh, name",
        ),
        (
            {"data": {"source": "folder", "path": "x", "num_train": 3}},
            "data.num_train: unknown name, known are only_val, path, source, split_seed, splits, "
            "val_frac",
        ),
        (
            {"augment": {"preset": "som"}},
            "augment.preset: should be 'none', 'some' or 'all', not 'som'",
        ),
        (
            {"decode": {"marker_treshold": 0.4}},
            "decode.marker_treshold: unknown name, did you mean 'marker_threshold'?",
        ),
        ({"decode": {"sobel_px": 10}}, "decode.sobel_px: should be odd, not 10"),
        (
            {"optim": {"warmup_epochs": 5.0}},
            "optim.warmup_epochs: should be at most the 4 epochs of a trial",
        ),
        (
            {"loss": {"lambda_np": 0, "lambda_hv": 0}},
            "loss: all weights are 0, nothing would be trained",
        ),
    ],
)
def test_mistakes_are_named_by_their_path(changes: dict[str, object], expected: str) -> None:
    config = {"epochs": 4, **changes}
    assert [str(problem) for problem in check_hv_config(config)] == [expected]
    with pytest.raises(ConfigError) as caught:
        load_hv_config(config)
    assert str(caught.value) == expected
