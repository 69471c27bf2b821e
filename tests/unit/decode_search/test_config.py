"""What a space file may say about the decoding."""

from __future__ import annotations

from typing import Any

import pytest

from trainables.decoding import HVFlow, HVWatershed, MaskComponents, MaskWatershed
from trainables.hv.config import check_hv_config, load_hv_config
from trainables.hv.trial_decoding import build_decoder

RANGE = {"type": "float", "low": 0.2, "high": 0.8, "step": 0.1}


def problems(**decode: Any) -> list[str]:
    return [str(problem) for problem in check_hv_config({"epochs": 2, "decode": decode})]


def test_a_search_is_the_default_and_needs_no_settings() -> None:
    config = load_hv_config({"epochs": 2}).decode
    assert (config.search, config.choose_by) == ("nested", ("aji",))
    grid = config.grid()
    assert grid is not None
    assert len(grid) == 9 * (1 + 3)
    assert {one["decoder"] for one in grid} == {"flow", "watershed"}
    assert all(("marker_threshold" in one) == (one["decoder"] == "watershed") for one in grid)


@pytest.mark.parametrize(
    ("settings", "decoder"),
    [
        ({}, HVFlow()),
        ({"np_threshold": 0.4, "marker_threshold": 0.3}, HVFlow(np_threshold=0.4)),
        (
            {"decoder": "watershed", "marker_threshold": 0.3, "sobel_px": 5, "min_object_px": 4},
            HVWatershed(marker_threshold=0.3, sobel_px=5, min_object_px=4),
        ),
        ({"decoder": "components", "min_object_px": 4}, MaskComponents(min_object_px=4)),
        ({"decoder": "mask_watershed", "min_object_px": 4}, MaskWatershed(min_object_px=4)),
    ],
)
def test_each_decoder_takes_its_own_settings(settings: dict[str, Any], decoder: object) -> None:
    assert build_decoder(settings) == decoder


@pytest.mark.parametrize(
    ("decode", "expected"),
    [
        ({"sobel_px": 10}, "decode.sobel_px: should be odd, not 10"),
        (
            {"decoder": "flo"},
            "decode.decoder: should be 'flow', 'watershed', 'mask_watershed' or 'components', "
            "not 'flo'",
        ),
        ({"search": "nestd"}, "decode.search: should be 'nested', 'joint' or 'fixed', not 'nestd'"),
        (
            {"space": {"np_treshold": RANGE}},
            "decode.space.np_treshold: unknown name, did you mean 'np_threshold'?",
        ),
        (
            {"space": {"np_threshold": {**RANGE, "high": 1.2}}},
            "decode.space.np_threshold: should be less than or equal to 1, not 1.1",
        ),
        (
            {"space": {"sobel_px": {"type": "int", "low": 5, "high": 7}}},
            "decode.space.sobel_px: should be odd, not 6",
        ),
        (
            {"space": {"np_threshold": {**RANGE, "low": 0.9}}},
            "decode.space.np_threshold.low: low 0.9 is not below high 0.8",
        ),
        (
            {"space": {"decoder": {"type": "choice", "values": ["flow", "watersheds"]}}},
            "decode.space.decoder: should be 'flow', 'watershed', 'mask_watershed' or "
            "'components', not 'watersheds'",
        ),
        (
            {"space": {}},
            "decode: space is empty, there is nothing to search; set search to fixed",
        ),
        ({"choose_by": "voi_split"}, "voi_split"),
        (
            {"space": {"np_threshold": RANGE}, "constraints": ["np_threshold < marker"]},
            "marker",
        ),
    ],
)
def test_mistakes_are_named_by_their_path(decode: dict[str, Any], expected: str) -> None:
    (found,) = problems(**decode)
    assert found == expected or (" " not in expected and expected in found)
