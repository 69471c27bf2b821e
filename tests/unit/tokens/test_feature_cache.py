"""Features on disk: whole or not there, computed by one process, used by all."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sweeper.protocol import UserError
from trainables.models import TokensConfig
from trainables.tokens import feature_files
from trainables.tokens.feature_files import FeatureFiles
from trainables.tokens.features import LiveFeatures, StoredFeatures
from trainables.tokens.filling import Wanted, fill, is_filled

BOTH = ("upright", "turned")


def files_in(folder: Path, precision: str = "float32") -> FeatureFiles:
    return FeatureFiles(
        folder=folder / "features" / "key",
        grid_px=8,
        channels=3,
        dtype=np.dtype(precision),
        about={"encoder": "averaging"},
    )


def wanted_of(files: FeatureFiles, split: Any, kinds: Any = BOTH) -> Wanted:
    return Wanted(split=split, digests=files.digests(split, "split"), kinds=kinds)


class Loads:
    """Counts how often the encoder is loaded."""

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder
        self.count = 0

    def __call__(self) -> Any:
        self.count += 1
        time.sleep(0.05)
        return self.encoder


def test_stored_features_are_the_live_ones(
    tmp_path: Path, places: Any, averaging: Callable[..., Any]
) -> None:
    split = places((40, 24), (33, 50))
    for precision in ("float32", "float16"):
        files, encoder = files_in(tmp_path / precision, precision), averaging(precision=precision)
        wanted = wanted_of(files, split)
        assert fill(files, wanted, lambda encoder=encoder: encoder) == 4
        stored = StoredFeatures(split, files, wanted.digests)
        live = LiveFeatures(split, lambda encoder=encoder: encoder)
        exact = LiveFeatures(split, averaging)
        for item in range(2):
            for orientation in range(8):
                features = stored.features(item, orientation)
                assert features.dtype == precision
                assert np.array_equal(features, live.features(item, orientation))
                np.testing.assert_allclose(
                    features, exact.features(item, orientation), rtol=2**-11, atol=1e-7
                )


def test_the_encoder_is_loaded_once(tmp_path: Path, places: Any, averaging: Any) -> None:
    files, split, load = files_in(tmp_path), places((16, 16)), Loads(averaging())
    assert fill(files, wanted_of(files, split), load) == 2
    assert fill(files, wanted_of(files, split), load) == 0
    assert load.count == 1


def test_of_many_at_once_one_computes(tmp_path: Path, places: Any, averaging: Any) -> None:
    files, load = files_in(tmp_path), Loads(averaging())
    wanted = wanted_of(files, places((16, 16), (24, 16)))
    with ThreadPoolExecutor(6) as pool:
        written = list(pool.map(lambda _: fill(files_in(tmp_path), wanted, load), range(6)))
    assert sorted(written) == [0, 0, 0, 0, 0, 4]
    assert load.count == 1


def test_a_torn_file_is_computed_again(tmp_path: Path, places: Any, averaging: Any) -> None:
    files, split = files_in(tmp_path), places((16, 16), (24, 16))
    wanted = wanted_of(files, split)
    fill(files, wanted, averaging)
    torn = next(files.folder.glob("*/*.upright"))
    whole = torn.read_bytes()
    torn.write_bytes(whole[:-4])
    left_behind = torn.with_name("x.upright.1.part")
    left_behind.write_bytes(b"torn")
    assert not is_filled(files, wanted)
    assert fill(files, wanted, averaging) == 1
    assert torn.read_bytes() == whole
    assert not left_behind.exists()


def test_who_was_killed_goes_on(tmp_path: Path, places: Any, averaging: Any) -> None:
    class KilledError(Exception):
        pass

    class Dying:
        def __init__(self) -> None:
            self.left, self.encoder = 9, averaging()

        def encode(self, image: torch.Tensor) -> torch.Tensor:
            self.left -= 1
            if not self.left:
                raise KilledError
            return self.encoder.encode(image)

    files, split = files_in(tmp_path), places((16, 16), (24, 16), (32, 16))
    wanted = wanted_of(files, split)
    with pytest.raises(KilledError):
        fill(files, wanted, Dying)
    assert fill(files, wanted, averaging) == 4


def test_equal_images_share_their_features(tmp_path: Path, places: Any, averaging: Any) -> None:
    files = files_in(tmp_path)
    wanted = wanted_of(files, places((16, 16), (16, 16)))
    assert fill(files, wanted, averaging) == 2


def test_upright_is_enough_where_nothing_turns(tmp_path: Path, places: Any, averaging: Any) -> None:
    files, split = files_in(tmp_path), places((16, 16))
    assert fill(files, wanted_of(files, split, ("upright",)), averaging) == 1
    assert fill(files, wanted_of(files, split), averaging) == 1
    sizes = sorted(path.stat().st_size for path in files.folder.glob("*/*"))
    one = 2 * 2 * 3 * 4
    assert sizes == [one, 7 * one] == [files.num_bytes(kind, (16, 16)) for kind in BOTH]


def test_images_are_read_once_for_their_digests(
    tmp_path: Path, places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, split = files_in(tmp_path), places((16, 16), (24, 16))
    digests = files.digests(split, "a")
    assert len(set(digests)) == 2
    monkeypatch.setattr(feature_files, "_digest", lambda _: pytest.fail("read again"))
    assert files.digests(split, "a") == digests


def test_a_damaged_list_of_digests_is_made_again(tmp_path: Path, places: Any) -> None:
    files, split = files_in(tmp_path), places((16, 16))
    digests = files.digests(split, "a")
    for damaged in ("[", "[]", "{}"):
        (files.folder.parent / "digests" / "a.json").write_text(damaged)
        assert files.digests(split, "a") == digests


def test_a_full_disk_is_told(
    tmp_path: Path, places: Any, averaging: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    files = files_in(tmp_path)
    wanted = wanted_of(files, places((16, 16)))
    monkeypatch.setattr(FeatureFiles, "write", full)
    with pytest.raises(UserError, match=r"can't keep features in .*: No space left") as found:
        fill(files, wanted, averaging)
    assert "model.cache" in found.value.hint


def test_the_key_is_what_decides_on_features(tmp_path: Path) -> None:
    def key(**settings: Any) -> str:
        return FeatureFiles.of(TokensConfig(encoder="test_vit", **settings), tmp_path).folder.name

    one, other = tmp_path / "a.pth", tmp_path / "b.pth"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    same = key()
    assert same == key(width=32, stem=0, norm="group", hv_tanh=False, decoders="separate")
    assert same == key(blocks=(5,))
    keys = [
        same,
        key(blocks=(0,)),
        key(zoom=2),
        key(precision="float32"),
        key(weights=one),
        key(weights=other),
        key(pretrained=True),
        FeatureFiles.of(TokensConfig(encoder="test_vit2"), tmp_path).folder.name,
    ]
    assert len(set(keys)) == len(keys)
    other.write_bytes(b"1")
    assert key(weights=other) == key(weights=one)
