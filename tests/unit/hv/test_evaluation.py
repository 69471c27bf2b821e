"""Evaluation of networks whose answers are known in advance."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sweeper.protocol import DivergedError
from trainables.data import Split
from trainables.decode_search.config import DecodeConfig
from trainables.hv.crops import hv_tensors
from trainables.hv.evaluation import HVEvaluator
from trainables.hv.trial_decoding import decoding_metrics, open_search, search_items
from trainables.losses import HVLossConfig, build_criterion
from trainables.views import PixelViews


class Answering(nn.Module):
    """Reads the labels off the image and answers with the truth, times a factor."""

    def __init__(self, hv_factor: float, logit: float = 20.0) -> None:
        super().__init__()
        self.hv_factor = hv_factor
        self.logit = logit

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        truth = hv_tensors(image[0, 0].numpy().astype(np.int32))
        nuclei = torch.where(truth["np"] > 0, self.logit, -self.logit)
        return {"np": nuclei, "hv": self.hv_factor * truth["hv"]}


class Network:
    epoch = 4

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.criterion = build_criterion(HVLossConfig())

    def autocast(self) -> AbstractContextManager[None]:
        return nullcontext()


def images() -> Split:
    pair = np.zeros((30, 40), np.int32)
    pair[8:18, 10:20] = 3
    pair[8:18, 20:30] = 9
    single = np.zeros((25, 25), np.int32)
    single[5:16, 5:16] = 1
    labels = [pair, single, np.zeros((20, 33), np.int32)]
    for one in labels:
        one.flags.writeable = False
    stored = [one[..., None].astype(np.float32) for one in labels]
    return Split(names=["a", "b", "c"], channels=1, stored_images=stored, stored_labels=labels)


@pytest.fixture
def evaluate(tmp_path: Path) -> Callable[[nn.Module], dict[str, float]]:
    """The metrics of a network with the default decoder."""

    def measure(model: nn.Module) -> dict[str, float]:
        evaluator = HVEvaluator(PixelViews(images()), device=torch.device("cpu"), workdir=tmp_path)
        evaluation = evaluator.evaluate(Network(model))
        items = search_items(evaluation.outputs, evaluation.labels)
        assert len(items) == 3
        search = open_search(DecodeConfig(), items, workers=0, is_nested=False)
        return {**evaluation.metrics, **decoding_metrics(search.result(), is_nested=False)}

    return measure


def test_the_truth_scores_best(evaluate) -> None:
    metrics = evaluate(Answering(hv_factor=1.0))
    for best in ("aji", "aji_plus", "aji_pooled", "dice", "pq", "dq", "sq", "are_precision"):
        assert metrics[f"val/{best}"] == 1.0, best
    for best in ("are", "count_error", "voi_split", "voi_merge", "hv_mse", "hv_mse_ratio"):
        assert metrics[f"val/{best}"] == 0.0, best
    assert metrics["val/hv_magnitude"] == pytest.approx(metrics["val/hv_magnitude_target"])
    assert metrics["val/hv_magnitude_aligned"] == pytest.approx(metrics["val/hv_magnitude"])
    assert metrics["val/loss"] == pytest.approx(0.0, abs=1e-6)
    # 200 + 121 nuclei pixels of 1200 + 625 + 660.
    assert metrics["target_mean"] == pytest.approx(321 / 2485)
    assert metrics["val/pred_mean"] == pytest.approx(321 / 2485, rel=1e-6)
    assert metrics["val/np_bce_ratio"] == pytest.approx(0.0, abs=1e-6)
    assert metrics["val/np_contrast"] == pytest.approx(1.0)


def test_half_the_truth_has_half_the_magnitude_and_the_same_instances(evaluate) -> None:
    full, half = (evaluate(Answering(hv_factor=factor)) for factor in (1.0, 0.5))
    assert half["val/aji"] == full["val/aji"]
    assert half["val/hv_magnitude"] == pytest.approx(0.5 * full["val/hv_magnitude"])
    assert half["val/hv_mse_ratio"] == pytest.approx(0.25)


def test_the_opposite_of_the_truth_has_magnitude_without_direction(evaluate) -> None:
    metrics = evaluate(Answering(hv_factor=-1.0))
    assert metrics["val/hv_magnitude_aligned"] == pytest.approx(-metrics["val/hv_magnitude"])
    assert metrics["val/hv_mse_ratio"] == pytest.approx(4.0)


def test_flat_maps_learnt_nothing(evaluate) -> None:
    metrics = evaluate(Answering(hv_factor=0.0))
    assert metrics["val/hv_mse_ratio"] == pytest.approx(1.0)
    # The touching pair is one object, taken by both: (100 + 100) / (200 + 200); then 1 and 1.
    assert metrics["val/aji"] == pytest.approx((0.5 + 1 + 1) / 3)


def test_a_constant_has_no_contrast_and_costs_more_than_the_best_one(evaluate) -> None:
    metrics = evaluate(Answering(hv_factor=1.0, logit=0.0))
    share = 321 / 2485
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    assert metrics["val/np_contrast"] == pytest.approx(0.0)
    assert metrics["val/np_bce_ratio"] == pytest.approx(np.log(2) / entropy)


def test_losses_are_means_over_whole_images(evaluate) -> None:
    metrics = evaluate(Answering(hv_factor=0.0))
    split = images()
    targets = [hv_tensors(split.labels(item)) for item in range(3)]
    of_zero = [float(t["hv"].square().sum() / (2 * t["np"].sum()).clamp(min=1)) for t in targets]
    assert metrics["val/loss/hv_mse"] == pytest.approx(np.mean(of_zero), rel=1e-5)


def test_an_output_that_is_not_finite_ends_the_trial(evaluate) -> None:
    with pytest.raises(DivergedError, match=r"^diverged at epoch 4: val/loss is nan$"):
        evaluate(Answering(hv_factor=float("nan")))
