"""Empty maps, id types, wrong input, pooling."""

import numpy as np
import pytest

from trainables.metrics import OverlapTable, Truth, counting, pooled

EMPTY = np.zeros((4, 5), dtype=np.int32)
TWO = np.zeros((4, 5), dtype=np.int32)
TWO[:2, :2], TWO[2:, 3:] = 1, 2
SHIFTED = np.roll(TWO, 1, axis=1)


def all_scores(table):
    quality, rand = table.panoptic_quality(), table.adapted_rand_error()
    other, information = table.adapted_rand_error("skimage"), table.variation_of_information()
    found, loose = table.detection(), table.detection(0.1)
    return np.array(
        [
            *(found.precision, found.recall, found.f1, loose.precision, loose.recall, loose.f1),
            *(table.aji(), table.aji_plus(), table.dice(), quality.pq, quality.dq, quality.sq),
            *(rand.error, rand.precision, rand.recall, information.split, information.merge),
            *(other.error, other.precision, other.recall, table.count_error()),
        ]
    )


def good_and_bad(table):
    rand, other = table.adapted_rand_error(), table.adapted_rand_error("skimage")
    quality = table.panoptic_quality()
    good = {table.aji(), table.aji_plus(), table.dice(), quality.pq, quality.dq, quality.sq}
    for found in (table.detection(), table.detection(0.0), table.detection(0.9)):
        good |= {found.precision, found.recall, found.f1}
    good |= {rand.precision, rand.recall, other.precision, other.recall}
    return good, {rand.error, other.error}


@pytest.mark.parametrize(
    "labels", [EMPTY, TWO, np.zeros((0, 3), dtype=int), np.zeros((), dtype=int)]
)
def test_equal_maps_are_perfect(labels):
    table = OverlapTable.from_labels(labels, labels)
    information = table.variation_of_information()
    assert good_and_bad(table) == ({1.0}, {0.0})
    assert (information.split, information.merge, table.count_error()) == (0.0, 0.0, 0.0)


def test_hovernet_variant_keeps_the_conventions():
    assert OverlapTable.from_labels(EMPTY, EMPTY).panoptic_quality("hovernet").pq == 1.0
    for maps in [(EMPTY, TWO), (TWO, EMPTY)]:
        assert OverlapTable.from_labels(*maps).panoptic_quality("hovernet").pq == 0.0
    equal = OverlapTable.from_labels(TWO, TWO).panoptic_quality("hovernet")
    assert 1 - 1e-6 < equal.pq < 1


@pytest.mark.parametrize("threshold", [-0.1, 1.0, float("nan")])
def test_detection_refuses_a_threshold_that_is_no_iou(threshold):
    with pytest.raises(ValueError, match=r"iou_threshold must be in \[0, 1\), got"):
        OverlapTable.from_labels(TWO, TWO).detection(threshold)


@pytest.mark.parametrize(("true", "pred"), [(EMPTY, TWO), (TWO, EMPTY)])
def test_one_empty_map_is_the_worst(true, pred):
    table = OverlapTable.from_labels(true, pred)
    assert good_and_bad(table) == ({0.0}, {1.0})
    assert table.variation_of_information().total > 0


def test_information_without_true_objects_is_the_entropy_of_the_prediction():
    information = OverlapTable.from_labels(
        np.zeros(4, int), np.array([0, 0, 1, 2])
    ).variation_of_information()
    assert (information.split, information.merge) == (1.5, 0.0)


def test_objects_that_miss_each_other_score_nothing_without_nan():
    table = OverlapTable.from_labels(np.array([1, 1, 0, 0]), np.array([0, 0, 1, 1]))
    assert (table.aji(), table.aji_plus(), table.dice()) == (0, 0, 0)
    assert np.isfinite(all_scores(table)).all()


def test_single_voxel_objects_have_no_pairs_for_skimage():
    table = OverlapTable.from_labels(np.array([1, 2]), np.array([1, 2]))
    rand = table.adapted_rand_error("skimage")
    assert (rand.error, rand.precision, rand.recall) == (0, 1, 1)


INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_any_integer_type_gives_the_same(dtype):
    expected = all_scores(OverlapTable.from_labels(TWO, SHIFTED))
    found = all_scores(OverlapTable.from_labels(TWO.astype(dtype), SHIFTED.astype("int64")))
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("top", [100_000, 2**40, 2**64 - 1])
def test_ids_may_have_gaps_of_any_size(top):
    large = np.where(TWO == 2, np.uint64(top), TWO.astype(np.uint64))
    expected = all_scores(OverlapTable.from_labels(TWO, SHIFTED))
    assert all_scores(OverlapTable.from_labels(large, SHIFTED)).tolist() == expected.tolist()
    assert all_scores(OverlapTable.from_labels(large, large)).tolist() == (
        all_scores(OverlapTable.from_labels(TWO, TWO)).tolist()
    )


def same_tables(one, other):
    names = ("rows", "cols", "counts", "true_sizes", "pred_sizes")
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)
    assert one.num_images == other.num_images


@pytest.mark.parametrize("block", [1, 3, 8, 64])
@pytest.mark.parametrize("top", [5, 2**64 - 1])
def test_blocks_leave_no_trace(monkeypatch, block, top):
    rng = np.random.default_rng(0)
    ids = np.array([0, 1, 3, top], dtype=np.uint64)
    true, pred = ids[rng.integers(0, 4, (7, 9))], rng.integers(0, 5, (7, 9), dtype=np.int16)
    whole = OverlapTable.from_labels(true, pred)
    dense = np.zeros((4, 5), dtype=int)
    np.add.at(dense, (np.searchsorted(ids, true).ravel(), pred.ravel()), 1)
    assert np.array_equal(dense[whole.rows, whole.cols], whole.counts)
    assert whole.counts.sum() == 63
    monkeypatch.setattr(counting, "_BLOCK", block)
    same_tables(OverlapTable.from_labels(true, pred), whole)


def test_prepared_truth_gives_the_same_tables_for_every_prediction():
    truth = Truth(TWO)
    assert truth.shape == TWO.shape
    for pred in (SHIFTED, TWO, EMPTY, SHIFTED.astype("uint64") * 2**60, SHIFTED.T.copy().T):
        same_tables(truth.table(pred), OverlapTable.from_labels(TWO, pred))


def test_prepared_truth_refuses_what_can_not_be_compared():
    with pytest.raises(ValueError, match="true labels must not be negative, got -2"):
        Truth(-TWO)
    with pytest.raises(ValueError, match=r"one shape, got \(4, 5\) and \(20,\)"):
        Truth(TWO).table(TWO.ravel())
    with pytest.raises(ValueError, match="predicted labels must not be negative, got -1"):
        Truth(TWO).table(TWO - 1)
    with pytest.raises(ValueError, match="2 voxels need as many predicted labels, got "):
        Truth(TWO).at(np.arange(2)).table(TWO)
    with pytest.raises(ValueError, match="predicted labels must not be negative, got -1"):
        Truth(TWO).at(np.arange(2)).table(np.array([0, -1]))


def test_ids_without_any_background():
    full = np.array([[2**40, 2**40, 7]])
    table = OverlapTable.from_labels(full, full)
    assert (table.num_true, table.num_voxels, table.true_sizes.tolist()) == (2, 3, [0, 1, 2])


def test_many_objects_are_counted_without_a_dense_table():
    true = np.arange(1, 5001)
    table = OverlapTable.from_labels(true, true[::-1].copy())
    assert (table.rows.size, table.num_true, table.num_pred) == (5000, 5000, 5000)
    assert (table.aji(), table.aji_plus()) == (1.0, 1.0)


def test_three_dimensions_and_views():
    volume = np.zeros((6, 4, 5), dtype=np.uint16)
    volume[:3, :2, :2], volume[3:, 2:, 2:] = 4, 9
    table = OverlapTable.from_labels(volume[::2].transpose(2, 0, 1), volume[::2].transpose(2, 0, 1))
    assert table.true_sizes.tolist() == [60 - 8 - 6, 8, 6]
    assert table.aji() == 1.0


def test_input_is_left_alone():
    true, pred = TWO.copy(), SHIFTED.copy()
    true.setflags(write=False)
    pred.setflags(write=False)
    all_scores(OverlapTable.from_labels(true, pred))


@pytest.mark.parametrize(
    ("true", "pred", "message"),
    [
        (TWO, TWO[:2], r"one shape, got \(4, 5\) and \(2, 5\)"),
        (TWO.astype(float), TWO, "true labels must be integers .* got dtype float64"),
        (TWO, TWO > 0, "predicted labels must be integers .* got dtype bool"),
        (-TWO, TWO, "true labels must not be negative, got -2"),
        (TWO, -TWO, "predicted labels must not be negative, got -2"),
    ],
)
def test_wrong_input_is_refused(true, pred, message):
    with pytest.raises(ValueError, match=message):
        OverlapTable.from_labels(true, pred)


def test_pooled_is_like_one_large_image_with_ids_kept_apart():
    tables = [OverlapTable.from_labels(TWO, SHIFTED), OverlapTable.from_labels(TWO, TWO)]
    table = pooled(tables)
    side_by_side = OverlapTable.from_labels(
        np.hstack([TWO, np.where(TWO, TWO + 2, 0)]), np.hstack([SHIFTED, np.where(TWO, TWO + 2, 0)])
    )
    assert (table.num_images, table.num_true, table.num_pred) == (2, 4, 4)
    assert table.num_voxels == 40
    assert (table.aji(), table.aji_plus(), table.dice()) == (
        side_by_side.aji(),
        side_by_side.aji_plus(),
        side_by_side.dice(),
    )
    assert table.panoptic_quality() == side_by_side.panoptic_quality()
    assert table.adapted_rand_error() == side_by_side.adapted_rand_error()


def test_pooled_information_is_the_mean_weighted_by_true_voxels():
    one = np.array([1, 1, 2, 2, 0, 0])
    other = np.array([1, 1, 1, 1, 1, 1])
    tables = [
        OverlapTable.from_labels(one, np.array([1, 0, 1, 1, 0, 0])),
        OverlapTable.from_labels(other, np.array([1, 1, 1, 2, 2, 0])),
    ]
    parts = [table.variation_of_information() for table in tables]
    whole = pooled(tables).variation_of_information()
    assert whole.split == pytest.approx((4 * parts[0].split + 6 * parts[1].split) / 10)
    assert whole.merge == pytest.approx((4 * parts[0].merge + 6 * parts[1].merge) / 10)


def test_pooling_pools_again_and_one_table_stays_the_same():
    tables = [
        OverlapTable.from_labels(*maps) for maps in [(TWO, SHIFTED), (EMPTY, TWO), (TWO, TWO)]
    ]
    nested = pooled([pooled(tables[:2]), tables[2]])
    assert all_scores(nested) == pytest.approx(all_scores(pooled(tables)))
    assert all_scores(pooled(tables[:1])).tolist() == all_scores(tables[0]).tolist()


def test_pooling_nothing_is_refused():
    with pytest.raises(ValueError, match="no tables"):
        pooled([])
