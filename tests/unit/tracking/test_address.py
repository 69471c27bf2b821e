"""Where MLflow is; no secrets in records."""

from __future__ import annotations

import pytest

from sweeper.errors import UserError
from sweeper.paths import Home
from sweeper.tracking.address import resolve_address


def test_embedded_store_by_default(tmp_path):
    address = resolve_address(Home.at(tmp_path), None)
    assert address.uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert address.artifact_root == f"file://{tmp_path}/mlartifacts"


def test_server(tmp_path):
    address = resolve_address(Home.at(tmp_path), "http://127.0.0.1:5000")
    assert (address.uri, address.artifact_root) == ("http://127.0.0.1:5000", None)


@pytest.mark.parametrize("uri", ["https://me:secret@host", "http://me@host:5000"])
def test_credentials_are_refused_and_not_repeated(tmp_path, uri):
    with pytest.raises(UserError) as refused:
        resolve_address(Home.at(tmp_path), uri)
    assert "secret" not in str(refused.value)
    assert "MLFLOW_TRACKING_PASSWORD" in refused.value.hint


@pytest.mark.parametrize("uri", ["mlruns", "ftp://host", "postgresql://me:secret@host/db"])
def test_other_addresses_are_refused(tmp_path, uri):
    with pytest.raises(UserError, match="not supported"):
        resolve_address(Home.at(tmp_path), uri)
