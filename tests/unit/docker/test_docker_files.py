"""The container files name only what exists; no Docker engine is needed."""

from __future__ import annotations

import fnmatch
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

_ROOT = Path(__file__).resolve().parents[3]
_DOCKER = _ROOT / "docker"
_COMPOSE = yaml.safe_load((_DOCKER / "compose.yaml").read_text(encoding="utf-8"))
_SERVICES = _COMPOSE["services"]
_SWEEPS = ["sweep", "sweep-gpu"]
_DOCKERFILE = (_DOCKER / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
_STAGE_NAMES = re.findall(r"^FROM \S+ AS (\S+)$", _DOCKERFILE, flags=re.MULTILINE)


def _documented() -> list[list[str]]:
    """Every `docker compose` command of the README, as words."""
    text = (_DOCKER / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.startswith("    docker compose ")]
    return [shlex.split(line) for line in lines]


@pytest.mark.parametrize("service", _SWEEPS)
def test_the_command_of_a_sweep_can_be_parsed(service, parse_command):
    params = parse_command(_SERVICES[service]["command"])
    assert (_ROOT / params["space"]).is_file()
    assert params["space"].is_relative_to("search_spaces")
    mounts = [mount.split(":")[1] for mount in _SERVICES[service]["volumes"]]
    assert str(params["home"]) in mounts
    assert f"VOLUME {params['home']}" in _DOCKERFILE


@pytest.mark.parametrize("service", _SWEEPS)
def test_a_sweep_finds_its_server(service, parse_command):
    server = urlsplit(parse_command(_SERVICES[service]["command"])["tracking_uri"])
    assert _SERVICES[service]["depends_on"][server.hostname] == {"condition": "service_healthy"}
    command = _SERVICES[server.hostname]["command"]
    assert f"--port={server.port}" in command
    (allowed,) = [part.split("=")[1] for part in command if part.startswith("--allowed-hosts=")]
    for host in (server.netloc, "localhost:5000", "127.0.0.1:5000"):
        assert any(fnmatch.fnmatch(host, pattern) for pattern in allowed.split(","))
    assert not any(fnmatch.fnmatch("attacker:5000", pattern) for pattern in allowed.split(","))


def test_the_server_understands_its_flags():
    # Read, not imported: MLflow takes seconds to start.
    (package,) = importlib.util.find_spec("mlflow").submodule_search_locations
    sources = [*Path(package, "cli").glob("*.py"), Path(package, "utils", "cli_args.py")]
    text = "".join(source.read_text(encoding="utf-8") for source in sources)
    name, *flags = _SERVICES["mlflow"]["command"]
    assert f"def {name}(" in text
    for flag in flags:
        assert f'"{flag.split("=")[0]}"' in text


def test_what_the_server_writes_is_kept():
    (mount,) = _SERVICES["mlflow"]["volumes"]
    volume, folder = mount.split(":")
    assert volume in _COMPOSE["volumes"]
    assert f"VOLUME {folder}" in _DOCKERFILE
    command = _SERVICES["mlflow"]["command"]
    assert f"--backend-store-uri=sqlite:///{folder}/mlflow.db" in command
    assert f"--artifacts-destination={folder}/artifacts" in command
    assert "http://127.0.0.1:5000/health" in _SERVICES["mlflow"]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("service", _SERVICES)
def test_images_are_built_from_stages_that_exist(service):
    build = _SERVICES[service]["build"]
    assert (_DOCKER / build["context"]).resolve() == _ROOT
    assert (_DOCKER / build["context"] / build["dockerfile"]).is_file()
    assert build["target"] in _STAGE_NAMES
    assert _SERVICES[service]["image"] == f"sweeper:{build['target']}"
    for argument in build.get("args", {}):
        assert f"ARG {argument}" in _DOCKERFILE


def test_only_the_gpu_service_asks_for_gpus():
    assert _SERVICES["sweep-gpu"]["profiles"] == ["gpu"]
    (device,) = _SERVICES["sweep-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert "deploy" not in _SERVICES["sweep"]
    assert "profiles" not in _SERVICES["sweep"]


def test_stages_build_on_stages_that_come_before_them():
    bases = re.findall(r"^FROM (\S+) AS \S+$", _DOCKERFILE, flags=re.MULTILINE)
    for position, base in enumerate(bases):
        assert base == "${PYTHON_IMAGE}" or base in _STAGE_NAMES[:position]
    for source in re.findall(r"(?:--from=|,from=)([a-z-]+)", _DOCKERFILE):
        assert source in _STAGE_NAMES
    assert _STAGE_NAMES[-1] == "cpu"


@pytest.mark.parametrize("target", ["cpu", "cuda", "mlflow"])
def test_nothing_runs_as_root(target):
    stage = _DOCKERFILE.split(f" AS {target}\n")[1].split("\nFROM ")[0]
    assert re.search(r"^USER sweeper$", stage, flags=re.MULTILINE)


def test_what_is_copied_exists_and_is_in_the_build_context():
    ignore = (_DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    included = {line[1:] for line in ignore if line.startswith("!")}
    copied = set()
    for line in re.findall(r"^COPY (.+)$", _DOCKERFILE, flags=re.MULTILINE):
        if "--from=" not in line:
            copied.update(word for word in line.split()[:-1] if not word.startswith("--"))
    assert "*" in ignore
    assert copied == included
    assert all((_ROOT / path).exists() for path in copied)


def test_the_requirements_are_read_from_the_project():
    (code,) = re.findall(r'python -c "(import tomllib; .+?)" > requirements.txt', _DOCKERFILE)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    names = {re.split(r"[<>=\[]", line)[0] for line in done.stdout.splitlines()}
    assert {"ray", "optuna", "mlflow", "torch"} <= names


@pytest.mark.parametrize("path", sorted(_DOCKER.iterdir()), ids=lambda path: path.name)
def test_no_registry_or_index_is_named(path):
    hosts = {
        urlsplit(address).hostname
        for address in re.findall(r"https?://[^\s\"'`;]+", path.read_text(encoding="utf-8"))
    }
    assert hosts <= {"mlflow", "localhost", "127.0.0.1"}


def test_documented_commands_exist(parse_command):
    commands = _documented()
    assert len(commands) >= 5
    for words in commands:
        assert words[:4] == ["docker", "compose", "-f", "docker/compose.yaml"]
        verb, *rest = words[4:]
        if verb == "up":
            assert rest[0] == "--build"
            assert set(rest[1:]) <= set(_SERVICES)
            continue
        assert verb == "run"
        service = next(index for index, word in enumerate(rest) if word in _SWEEPS)
        params = parse_command(rest[service + 1 :])
        assert (_ROOT / params.get("space", ".")).exists()


def test_the_entry_point_becomes_sweeper():
    entry_point = _DOCKER / "entrypoint.sh"
    assert os.access(entry_point, os.X_OK)
    subprocess.run(["sh", "-n", entry_point], check=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [entry_point, "version"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == f"sweeper {metadata.version('sweeper')}"


def test_the_entry_point_passes_exit_codes_on():
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [_DOCKER / "entrypoint.sh", "no-such-command"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
