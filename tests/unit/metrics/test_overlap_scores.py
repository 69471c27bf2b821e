"""Scores that can be computed on paper."""

import numpy as np
import pytest

import trainables.metrics as metrics
from trainables.metrics import Detection, OverlapTable

LOG2_3 = np.log2(3)

# True 1 has four voxels and true 2 four; predicted 1 shares three with true 1 and one with true 2,
# predicted 2 shares two with true 2 and has one voxel outside; one voxel of each true object is
# lost.
TRUE = np.array([1, 1, 1, 1, 2, 2, 2, 2, 0, 0])
PRED = np.array([1, 1, 1, 0, 1, 2, 2, 0, 2, 0])


@pytest.fixture
def table():
    return OverlapTable.from_labels(TRUE, PRED)


def test_table_holds_every_voxel_once(table):
    dense = np.zeros((3, 3), dtype=int)
    dense[table.rows, table.cols] = table.counts
    assert dense.tolist() == [[1, 0, 1], [1, 3, 0], [1, 1, 2]]
    assert table.true_sizes.tolist() == [2, 4, 4]
    assert table.pred_sizes.tolist() == [3, 4, 3]
    assert (table.num_true, table.num_pred, table.num_voxels) == (2, 2, 10)


def test_aji_by_hand(table):
    # IoU: (1,1) 3/5, (2,1) 1/7, (2,2) 2/5; so (3 + 2) / (5 + 5).
    assert table.aji() == 0.5
    assert table.aji_plus() == 0.5


def test_panoptic_quality_by_hand(table):
    quality = table.panoptic_quality()
    assert (quality.dq, quality.sq, quality.pq) == (0.5, 0.6, 0.3)


def test_dice_by_hand(table):
    assert table.dice() == pytest.approx(2 * 6 / (8 + 7))


def test_rand_by_hand(table):
    # agreed 9 + 1 + 4 + 2/10, true 16 + 16, predicted 16 + 4 + 2/10.
    rand = table.adapted_rand_error()
    assert rand.precision == pytest.approx(14.2 / 20.2)
    assert rand.recall == pytest.approx(14.2 / 32)
    assert rand.error == pytest.approx(1 - 2 * 14.2 / 52.2)


def test_skimage_rand_by_hand(table):
    # With the predicted background as a cluster of 2: agreed 9+1+1+1+4-8, true 32-8, predicted
    # 4+16+4-8.
    rand = table.adapted_rand_error("skimage")
    assert rand.precision == pytest.approx(8 / 16)
    assert rand.recall == pytest.approx(8 / 24)
    assert rand.error == pytest.approx(1 - 16 / 40)


def test_variation_of_information_by_hand(table):
    # True 1 splits 3:1, true 2 splits 1:1:2; predicted 1 merges 3:1, the background 1:1, 2 is pure.
    three_to_one = 2 - 0.75 * LOG2_3
    information = table.variation_of_information()
    assert information.split == pytest.approx((4 * three_to_one + 4 * 1.5) / 8)
    assert information.merge == pytest.approx((4 * three_to_one + 2 * 1) / 8)
    assert information.total == pytest.approx(information.split + information.merge)


def test_functions_equal_the_methods(table):
    assert metrics.aji(TRUE, PRED) == table.aji()
    assert metrics.aji_plus(TRUE, PRED) == table.aji_plus()
    assert metrics.panoptic_quality(TRUE, PRED) == table.panoptic_quality()
    assert metrics.panoptic_quality(TRUE, PRED, "hovernet") == table.panoptic_quality("hovernet")
    assert metrics.detection(TRUE, PRED, 0.3) == table.detection(0.3)
    assert metrics.dice(TRUE, PRED) == table.dice()
    assert metrics.adapted_rand_error(TRUE, PRED) == table.adapted_rand_error()
    assert metrics.adapted_rand_error(TRUE, PRED, "skimage") == table.adapted_rand_error("skimage")
    assert metrics.variation_of_information(TRUE, PRED) == table.variation_of_information()
    assert metrics.count_error(TRUE, PRED) == table.count_error()


def test_aji_takes_one_prediction_twice_and_aji_plus_does_not():
    true, pred = np.array([1, 1, 2, 2, 2]), np.array([7, 7, 7, 7, 7])
    # Twice: (2 + 3) / (5 + 5). Once, with the larger IoU: 3 / (5 + 2).
    assert metrics.aji(true, pred) == 0.5
    assert metrics.aji_plus(true, pred) == pytest.approx(3 / 7)


def test_aji_plus_prefers_the_total_over_the_greedy_choice():
    # IoU: (1,1) 4/8, (1,2) 3/7, (2,1) 4/10; greedy takes (1,1) alone, the best total is the other
    # two.
    true = np.repeat([1, 1, 2, 2, 0], [4, 3, 4, 2, 0])
    pred = np.repeat([1, 2, 1, 0, 0], [4, 3, 4, 2, 0])
    assert metrics.aji_plus(true, pred) == pytest.approx((3 + 4) / (7 + 10))


def test_aji_tie_goes_to_the_smallest_id():
    true, pred = np.repeat([5, 5, 0], [2, 4, 6]), np.repeat([3, 9, 9], [2, 4, 6])
    # IoU of 3 is 2/6 and of 9 is 4/12: 3 is taken although 9 shares more.
    assert metrics.aji(true, pred) == pytest.approx(2 / (6 + 10))
    # With the ids the other way round it is the larger one.
    assert metrics.aji(true, np.where(pred == 3, 10, pred)) == pytest.approx(4 / (12 + 2))


def test_hovernet_variant_divides_by_a_little_more(table):
    quality = table.panoptic_quality("hovernet")
    assert quality.dq == 0.5
    assert quality.sq == pytest.approx(0.6 / 1.000001, rel=1e-15)
    assert quality.pq == quality.dq * quality.sq


def test_detection_by_hand(table):
    # IoU: (1,1) 0.6, (2,1) 1/7, (2,2) 0.4; one of two at 0.5, both below 0.4, none at 0.6.
    found = table.detection()
    assert found == Detection(
        precision=0.5, recall=0.5, f1=0.5, num_matched=1, num_true=2, num_pred=2
    )
    matched = [table.detection(at).num_matched for at in (0, 0.39, 0.4, 0.59, 0.6, 0.9)]
    assert matched == [2, 2, 1, 1, 0, 0]


def test_detection_with_unequal_counts():
    true, pred = np.array([1, 1, 2, 2, 3, 3, 3, 0]), np.array([5, 5, 0, 0, 6, 6, 7, 8])
    found = metrics.detection(true, pred)
    # 5 is true 1 and 6 is 2/3 of true 3; 7 and 8 are too many.
    assert (found.num_matched, found.num_true, found.num_pred) == (2, 3, 4)
    assert (found.precision, found.recall, found.f1) == (0.5, 2 / 3, 4 / 7)


def test_detection_below_one_half_finds_the_most_pairs():
    # IoU: (1,1) 4/8, (1,2) 3/7, (2,1) 4/10. Taking the largest first would match true 1 alone.
    true = np.repeat([1, 1, 2, 2], [4, 3, 4, 2])
    pred = np.repeat([1, 2, 1, 0], [4, 3, 4, 2])
    assert metrics.detection(true, pred, 0.3).num_matched == 2
    assert metrics.detection(true, pred, 0.41).num_matched == 1
    assert metrics.detection(true, pred, 0.5).num_matched == 0


def test_iou_of_exactly_one_half_is_no_match():
    quality = metrics.panoptic_quality(np.array([1, 1, 0]), np.array([1, 0, 0]))
    assert (quality.pq, quality.dq, quality.sq) == (0, 0, 0)


@pytest.mark.parametrize("kept", [1.0, 0.5, 0.25])
def test_keeping_a_fraction_of_every_object_squares_it_in_recall(kept):
    true = np.repeat(np.arange(1, 11), 400)
    pred = np.where(np.arange(4000) % 400 < 400 * kept, true, 0)
    rand = metrics.adapted_rand_error(true, pred)
    # Up to c/N, a thousandth of a voxel pair.
    assert rand.recall == pytest.approx(kept**2, abs=1e-6)
    assert rand.precision == pytest.approx(1.0, abs=1e-6)


def test_count_error_is_relative_to_the_truth():
    true = np.array([1, 2, 3, 4, 0])
    assert metrics.count_error(true, np.array([1, 1, 1, 1, 0])) == 0.75
    assert metrics.count_error(true, np.array([1, 2, 3, 4, 5])) == 0.25
    assert metrics.count_error(np.zeros(3, int), np.array([1, 2, 3])) == 3.0
