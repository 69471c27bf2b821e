import threading
from collections import Counter

import pytest
import torch

from trainables.ahead import map_ahead
from trainables.batches import Batch, ShuffledOrder, batches_of, derive_rng


class Counting:
    num_steps = 9

    def batch(self, epoch: int, step: int) -> Batch:
        return Batch(inputs=torch.full((1, 1, 2, 2), float(10 * epoch + step)), targets={})


def test_every_item_comes_once_in_a_shuffle() -> None:
    order = ShuffledOrder(7, seed=1)
    first, second = order.window(0, 7), order.window(7, 7)
    assert sorted(first) == sorted(second) == list(range(7))
    assert first != second


def test_windows_are_pieces_of_one_sequence() -> None:
    order = ShuffledOrder(7, seed=1)
    sequence = order.window(0, 30)
    assert [order.window(first, 4) for first in (0, 5, 26)] == [
        sequence[first : first + 4] for first in (0, 5, 26)
    ]


def test_another_seed_gives_another_order() -> None:
    assert ShuffledOrder(50, seed=1).window(0, 50) != ShuffledOrder(50, seed=2).window(0, 50)


def test_a_single_item_always_comes() -> None:
    assert ShuffledOrder(1, seed=0).window(4, 3) == [0, 0, 0]


def test_nothing_to_draw_from_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to draw from"):
        ShuffledOrder(0, seed=0)


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
