"""Agreement with public implementations on real label maps; see the reference folder's README."""

import json

import numpy as np
import pytest

from trainables.metrics import OverlapTable

CASES = [*(f"case{index:02d}" for index in range(24)), *(f"volume{index}" for index in range(4))]


@pytest.fixture(scope="module")
def reference(shared_dir):
    folder = shared_dir / "reference"
    expected = json.loads((folder / "expected.json").read_text())
    with np.load(folder / "labels.npz") as labels:
        tables = {
            case: OverlapTable.from_labels(labels[f"{case}_true"], labels[f"{case}_pred"])
            for case in expected
        }
    return expected, tables


def scores(table):
    quality, rand = table.panoptic_quality("hovernet"), table.adapted_rand_error()
    return {
        "n_true": table.num_true,
        "n_pred": table.num_pred,
        "aji": table.aji(),
        "aji_plus": table.aji_plus(),
        "dice": table.dice(),
        "dq": quality.dq,
        "sq": quality.sq,
        "pq": quality.pq,
        "are": rand.error,
        "are_precision": rand.precision,
        "are_recall": rand.recall,
        "skimage_are": table.adapted_rand_error("skimage").error,
    }


def test_all_cases_are_listed(reference):
    assert sorted(reference[0]) == CASES


@pytest.mark.parametrize("case", CASES)
def test_scores_equal_the_reference(reference, case):
    expected, table = reference[0][case], reference[1][case]
    found = scores(table)
    names = found.keys() & expected.keys()
    assert names == expected.keys() - {"source", "skimage_voi"}
    assert {name: found[name] for name in names} == pytest.approx(
        {name: expected[name] for name in names}, rel=0, abs=1e-9
    )
    information = table.variation_of_information()
    assert [information.split, information.merge] == pytest.approx(
        expected["skimage_voi"], rel=0, abs=1e-9
    )
