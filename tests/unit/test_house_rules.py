"""What holds for the repository as a whole."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import pytest
import typer.main

from sweeper.checking import find_problems
from sweeper.cli.app import app
from sweeper.engine.session import Order, Session
from sweeper.spec import read_spec, read_training

_ROOT = Path(__file__).resolve().parents[2]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")
_DOCS = [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))]
_TEXTS = {path.name: path.read_text(encoding="utf-8") for path in _DOCS}
_SPACES = sorted((_ROOT / "search_spaces").glob("*.yaml"))


@pytest.mark.parametrize("space", _SPACES, ids=lambda path: path.name)
def test_every_space_suits_its_trainable(space):
    assert find_problems(read_spec(space)) == []


def test_training_file_suits_its_trainable():
    from trainables.hv import HVTrainable

    training = read_training(_ROOT / "trainables" / "hv.yaml")
    assert training.trainable == "trainables.hv:HVTrainable"
    assert list(HVTrainable.check_config(training.config)) == []


def _commands() -> list[str]:
    """Every command line of sweeper in the README and in docs/."""
    indented = [
        line
        for text in _TEXTS.values()
        for line in re.findall(r"^    (sweeper .+?)(?:  +#.*)?$", text, flags=re.MULTILINE)
    ]
    return list(dict.fromkeys(line for line in indented if "|" not in line))


@pytest.mark.parametrize("line", _commands())
def test_commands_in_the_docs_parse(line, parse_command):
    parse_command(shlex.split(line)[1:])


def test_every_command_is_in_the_readme():
    group = typer.main.get_command(app)
    missing = [name for name in group.commands if f"`sweeper {name}" not in _README]
    assert missing == []


def test_make_targets_in_the_docs_exist():
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    named = {
        name
        for text in _TEXTS.values()
        for name in re.findall(r"(?:`|^ +)make ([a-z]+)", text, flags=re.MULTILINE)
    }
    assert "test" in named
    assert {name for name in named if f"\n{name}:" not in makefile} == set()


@pytest.mark.parametrize("path", _DOCS, ids=lambda path: path.name)
def test_links_in_the_docs_lead_somewhere(path):
    links = re.findall(r"\]\((?!#|https?:)([^)#]+)", _TEXTS[path.name])
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_readme_leads_to_every_page_of_docs():
    missing = [path.name for path in _DOCS[1:] if f"](docs/{path.name}" not in _README]
    assert missing == []


def test_every_benchmark_that_the_docs_name_exists():
    named = {name for text in _TEXTS.values() for name in re.findall(r"benchmarks/\w+\.py", text)}
    assert named
    assert {name for name in named if not (_ROOT / name).exists()} == set()


def test_class_in_the_readme_trains_and_goes_on(tmp_path):
    (code,) = re.findall(r"```python\n(class Line.*?)```", _README, flags=re.DOTALL)
    (tmp_path / "line_of_the_readme.py").write_text(code, encoding="utf-8")
    order = Order(
        number=0,
        trainable="line_of_the_readme:Line",
        config={"epochs": 3, "lr": 0.5},
        seed=0,
        trial_dir=tmp_path / "trial",
        cache_dir=tmp_path,
        import_paths=(str(tmp_path),),
    )
    first, second = Session(), Session()
    first.begin(order)
    assert [first.next_report().metrics["score"] for _ in range(2)] == [0.5, 1.0]
    first.close()
    second.begin(dataclasses.replace(order, from_epoch=2))
    assert second.next_report().metrics["score"] == 1.5
    second.close()


def test_space_in_the_readme_is_valid(tmp_path):
    (text,) = re.findall(r"```yaml\n(name: hv.*?)```", _README, flags=re.DOTALL)
    space = tmp_path / "readme.yaml"
    space.write_text(text, encoding="utf-8")
    assert find_problems(read_spec(space)) == []
