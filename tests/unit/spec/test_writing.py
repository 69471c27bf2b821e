"""Specs as text, hashes and a schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from sweeper.spec import SweepSpec, dump_spec, dump_yaml, load_spec, spec_hash
from sweeper.spec.schema import json_schema, schema_text, write_schema
from sweeper.spec.source import parse_yaml

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def spec(sound: str, tmp_path: Path) -> SweepSpec:
    file = tmp_path / "hv.yaml"
    file.write_text(sound, encoding="utf-8")
    return load_spec(file)


def test_dumped_specs_read_back(spec: SweepSpec, tmp_path: Path) -> None:
    file = tmp_path / "dumped.yaml"
    file.write_text(dump_spec(spec), encoding="utf-8")
    assert load_spec(file) == spec
    assert dump_spec(load_spec(file)) == dump_spec(spec)
    assert list(load_spec(file).space) == list(spec.space)


def test_null_is_kept_where_it_was_asked_for(spec: SweepSpec, tmp_path: Path) -> None:
    changed = SweepSpec.model_validate(
        {
            **spec.model_dump(by_alias=True),
            "fixed": {"clip": None},
            "space": {
                "a": {"type": "choice", "values": [None, 1]},
                "b": {"type": "fixed", "value": None},
            },
            "start": [{"a": None}],
        }
    )
    file = tmp_path / "dumped.yaml"
    file.write_text(dump_spec(changed), encoding="utf-8")
    assert load_spec(file) == changed


@pytest.mark.parametrize(
    "text",
    ["1e-3", "off", "no", "1:30", "2024-01-01", "0o17", "010", "1_000", "null", "~", "", "<<", "=",
     " x", "a: b", "# c", "'", '"', "\t", "a\nb", "\x07", "é", "- a", "&a", "*a", "!a", "%a", "@a",
     "\ufeff", "\x85", "\u2028"],
)  # fmt: skip
def test_texts_stay_texts(text: str) -> None:
    dumped = dump_yaml({"key": text, "list": [text], text or "k": 1})
    assert parse_yaml(dumped).value == {"key": text, "list": [text], text or "k": 1}
    assert yaml.safe_load(dumped)["key"] == text


def test_the_hash_is_that_of_the_content(spec: SweepSpec) -> None:
    content = spec.model_dump(by_alias=True)
    turned = {key: content[key] for key in reversed(content)}
    assert spec_hash(SweepSpec.model_validate(turned)) == spec_hash(spec)
    assert spec_hash(spec.model_copy(update={"seed": 2})) != spec_hash(spec)
    assert len(spec_hash(spec)) == 64


def test_the_hash_is_the_same_in_another_process(sound: str, tmp_path: Path) -> None:
    file = tmp_path / "hv.yaml"
    file.write_text(sound, encoding="utf-8")
    code = f"from sweeper.spec import *; print(spec_hash(load_spec({str(file)!r})))"
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert there.stdout.strip() == spec_hash(load_spec(file))


def test_the_schema_is_up_to_date() -> None:
    # Mended by: python -m sweeper.spec.schema
    written = (ROOT / "search_spaces" / "schema.json").read_text(encoding="utf-8")
    assert written == schema_text()


def test_the_schema_helps(sound: str) -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(parse_yaml(sound).value)
    validator.validate(parse_yaml(sound.replace("{name: tpe}", "tpe")).value)
    misspelt = parse_yaml(sound.replace("epochs: 6", "epocs: 6")).value
    assert not validator.is_valid(misspelt)
    helpless = [
        f"{name}.{key}"
        for name, section in {**schema["$defs"], "": schema}.items()
        for key, field in section["properties"].items()
        if not {"description", "const", "$ref"} & set(field)
    ]
    assert helpless == []


def test_every_space_file_parses_and_fits_the_schema() -> None:
    files = sorted((ROOT / "search_spaces").glob("*.yaml"))
    assert [file.stem for file in files if file.stem == "hv"] == ["hv"]
    validator = jsonschema.Draft202012Validator(json_schema())
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema=schema.json\n")
        assert load_spec(file).name == file.stem
        validator.validate(parse_yaml(text).value)


def test_the_schema_is_written(tmp_path: Path) -> None:
    write_schema([str(tmp_path / "schema.json")])
    assert json.loads((tmp_path / "schema.json").read_text(encoding="utf-8")) == json_schema()
