"""Where MLflow is: the embedded store of a home, or a server. Does not import mlflow."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from sweeper.errors import UserError
from sweeper.paths import Home

__all__ = ["SQLITE", "Address", "resolve_address"]

SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A place that keeps runs.

    Attributes:
        uri: What MLflow calls the tracking URI; holds no password.
        artifact_root: URI under which experiments keep artifacts; None: the server decides.
        home: The home of the embedded store; None for a server.
    """

    uri: str
    artifact_root: str | None
    home: Home | None


def resolve_address(home: Home, tracking_uri: str | None) -> Address:
    """The embedded store for None, else the server.

    Raises:
        UserError: Not an http(s) or sqlite address, or one with a user or password in it.
    """
    if tracking_uri is None:
        return Address(
            uri=f"{SQLITE}{home.mlflow_db}", artifact_root=home.mlartifacts.as_uri(), home=home
        )
    parts = urlsplit(tracking_uri)
    if parts.scheme not in {"http", "https", "sqlite"}:
        raise UserError(
            f"--tracking-uri: a '{parts.scheme or 'plain path'}' address is not supported",
            hint="give http://HOST:PORT, https://HOST or sqlite:///PATH, or leave it out for the "
            "store in the sweeps' folder",
        )
    if parts.username or parts.password:
        raise UserError(
            "--tracking-uri: holds a user or a password, which would end up in records",
            hint="put them into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        )
    if parts.scheme == "sqlite":
        return Address(uri=tracking_uri, artifact_root=home.mlartifacts.as_uri(), home=home)
    return Address(uri=tracking_uri, artifact_root=None, home=None)
