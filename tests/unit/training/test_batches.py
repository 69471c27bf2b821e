import threading
from collections import Counter

import pytest
import torch

from trainables.ahead import map_ahead
from trainables.training.batches import Batch, EvenDraws, batches_of, derive_rng


class Counting:
    num_steps = 9

    def batch(self, epoch: int, step: int) -> Batch:
        return Batch(inputs=torch.full((1, 1, 2, 2), float(10 * epoch + step)), targets={})


def test_with_equal_weights_an_epoch_shows_every_item_once() -> None:
    draws = EvenDraws([1.0] * 7, seed=1)
    first, second = draws.epoch(1, 7).tolist(), draws.epoch(2, 7).tolist()
    assert sorted(first) == sorted(second) == list(range(7))
    assert first != second


def test_items_come_as_often_as_their_weights_say() -> None:
    counts = Counter(EvenDraws([1.0, 2.0, 5.0], seed=3).epoch(1, 16).tolist())
    assert counts == {0: 2, 1: 4, 2: 10}


def test_more_draws_than_items_repeat_them_evenly() -> None:
    counts = Counter(EvenDraws([1.0] * 4, seed=3).epoch(5, 10).tolist())
    assert sorted(counts.values()) == [2, 2, 3, 3]


def test_draws_depend_on_seed_and_epoch_alone() -> None:
    draws = EvenDraws([1.0] * 50, seed=1)
    draws.epoch(8, 50)
    assert draws.epoch(3, 50).tolist() == EvenDraws([1.0] * 50, seed=1).epoch(3, 50).tolist()
    assert draws.epoch(3, 50).tolist() != EvenDraws([1.0] * 50, seed=2).epoch(3, 50).tolist()


@pytest.mark.parametrize("weights", [[], [1.0, 0.0]])
def test_nothing_to_draw_from_is_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="items to draw from"):
        EvenDraws(weights, seed=0)


def test_generators_of_different_keys_differ_and_equal_keys_agree() -> None:
    draws = Counter(
        int(derive_rng(seed, key).integers(2**60)) for seed in range(5) for key in range(5)
    )
    assert max(draws.values()) == 1
    assert derive_rng(1, 2).integers(2**60) == derive_rng(1, 2).integers(2**60)


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_batches_come_in_order_for_any_number_of_workers(workers: int) -> None:
    batches = batches_of(Counting(), 2, workers=workers, pin=False)
    assert [batch.inputs[0, 0, 0, 0].item() for batch in batches] == [20 + s for s in range(9)]


@pytest.mark.parametrize("workers", [0, 2])
def test_an_exception_of_a_worker_reaches_the_caller(workers: int) -> None:
    results = map_ahead(lambda item: 1 // item, [1, 1, 0, 1], workers)
    assert [next(results), next(results)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_stopping_early_leaves_no_thread() -> None:
    results = map_ahead(lambda item: item, range(1000), 2)
    next(results)
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_items_are_taken_only_a_little_ahead() -> None:
    taken: list[int] = []

    def items():
        for item in range(100):
            taken.append(item)
            yield item

    results = map_ahead(lambda item: item, items(), 2)
    next(results)
    assert len(taken) <= 5
    results.close()
