"""Hashes of large files are kept, and never of a file that has changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from trainables.data import digests as module
from trainables.data.digests import Digests


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that counts as large, and as settled."""
    monkeypatch.setattr(module, "_LARGE_BYTES", 10)
    path = tmp_path / "masks.npy"
    path.write_bytes(b"0123456789")
    os.utime(path, (1_000_000, 1_000_000))
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Digests:
    return Digests(folder=tmp_path / "kept")


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_large_file_is_hashed_once(path: Path, kept: Digests, monkeypatch) -> None:
    assert kept.of(path) == sha(path)
    monkeypatch.setattr(module, "_hash", lambda _: pytest.fail("hashed again"))
    assert kept.of(path) == sha(path)


def test_a_changed_file_is_hashed_again(path: Path, kept: Digests) -> None:
    kept.of(path)
    path.write_bytes(b"9876543210")
    os.utime(path, (1_000_000, 1_000_000))  # the same size and time of change of the content
    assert kept.of(path) == sha(path)


def test_a_fresh_file_is_not_kept(path: Path, kept: Digests) -> None:
    os.utime(path)
    assert kept.of(path) == sha(path)
    assert not kept.folder.exists()


def test_a_small_file_is_always_read(path: Path, kept: Digests) -> None:
    path.write_bytes(b"012345678")
    assert kept.of(path) == sha(path)
    assert not kept.folder.exists()


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"stamp": []}'])
def test_a_damaged_note_is_written_again(damage: str, path: Path, kept: Digests) -> None:
    kept.of(path)
    (note,) = kept.folder.iterdir()
    note.write_text(damage)
    assert kept.of(path) == sha(path)
    assert sha(path) in note.read_text()


def test_what_cannot_be_kept_or_read(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert Digests(folder=tmp_path / "file" / "kept").of(path) == sha(path)
    assert Digests(folder=tmp_path).of(tmp_path / "none") == "unreadable"
