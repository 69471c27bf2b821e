"""The NP terms on masks whose cost can be worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from trainables.losses import build_loss

TERMS = [build_loss("bce"), build_loss("dice")]


def logits_of(probabilities: list[float]) -> Tensor:
    return torch.tensor(probabilities).logit().reshape(1, 1, 1, -1)


def test_cross_entropy_by_hand() -> None:
    logits = logits_of([0.5, 0.9, 0.2])
    nuclei = torch.tensor([1.0, 1.0, 0.0]).reshape(1, 1, 1, 3)
    expected = -(math.log(0.5) + math.log(0.9) + math.log(0.8)) / 3
    assert build_loss("bce")(logits, nuclei).item() == pytest.approx(expected)


def test_dice_by_hand() -> None:
    logits = logits_of([0.5, 0.9, 0.2])
    nuclei = torch.tensor([1.0, 1.0, 0.0]).reshape(1, 1, 1, 3)
    expected = 1 - 2 * (0.5 + 0.9) / (1.6 + 2)
    assert build_loss("dice")(logits, nuclei).item() == pytest.approx(expected, abs=1e-3)


def test_dice_is_taken_over_the_batch() -> None:
    # Per image the empty one would cost 1 whatever is predicted.
    logits = torch.full((2, 1, 4, 4), -20.0)
    nuclei = torch.zeros(2, 1, 4, 4)
    nuclei[0] = 1
    logits[0] = 20
    assert build_loss("dice")(logits, nuclei).item() == pytest.approx(0.0, abs=1e-5)


def test_dice_of_a_batch_without_nuclei_is_zero() -> None:
    logits = torch.randn(2, 1, 4, 4, requires_grad=True)
    loss = build_loss("dice")(logits, torch.zeros(2, 1, 4, 4))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert torch.equal(logits.grad, torch.zeros_like(logits))


@pytest.mark.parametrize("term", TERMS, ids=repr)
@pytest.mark.parametrize("level", [-1e4, 0.0, 1e4])
def test_gradients_are_finite(term: nn.Module, level: float) -> None:
    logits = torch.full((1, 1, 6, 6), level, requires_grad=True)
    nuclei = torch.zeros(1, 1, 6, 6)
    nuclei[..., :3] = 1
    loss = term(logits, nuclei)
    loss.backward()
    assert loss.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("term", TERMS, ids=repr)
def test_gradcheck(term: nn.Module) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 1, 4, 5, generator=generator).double().requires_grad_()
    nuclei = (torch.rand(2, 1, 4, 5, generator=generator) > 0.5).double()
    assert torch.autograd.gradcheck(lambda x: term(x, nuclei), logits)


@pytest.mark.parametrize("term", TERMS, ids=repr)
def test_half_precision_does_not_overflow(term: nn.Module) -> None:
    # The sums of these exceed 65504, the largest number of float16.
    logits = torch.full((8, 1, 128, 128), 2.0, dtype=torch.float16)
    nuclei = torch.ones(8, 1, 128, 128)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = term(logits, nuclei)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, term(logits.float(), nuclei))
