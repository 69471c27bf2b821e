"""Specs as text: YAML for people, a hash for records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import yaml

from sweeper.parameters.fields import Section
from sweeper.spec.source import SCALARS
from sweeper.spec.sweep_spec import SweepSpec

__all__ = ["dump_spec", "dump_yaml", "plain", "spec_hash"]

# What says which kind of section it is comes first.
_KINDS = ("name", "rule", "type")


class _Dumper(yaml.SafeDumper):
    """Quotes every text that either YAML 1.1 or YAML 1.2 would read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # PyYAML takes these for line breaks, and would read them back as spaces.
    style = '"' if set(text) & {"\x85", "\u2028", "\u2029"} else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
for _scalar in SCALARS:
    _Dumper.add_implicit_resolver(*_scalar)


def dump_yaml(value: Any) -> str:
    """Mappings, lists and scalars as YAML that `sweeper.spec` reads back as equal values."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def dump_spec(spec: SweepSpec) -> str:
    """The spec as a space file that reads back as an equal spec, with all defaults spelt out."""
    return dump_yaml(plain(spec))


def spec_hash(spec: SweepSpec) -> str:
    """SHA-256 of all settings in hexadecimal; the order of keys does not matter."""
    text = json.dumps(plain(spec), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def plain(value: Any) -> Any:
    """Sections as mappings with the keys of a space file, tuples as lists; None is left out."""
    match value:
        case Section():
            return _plain_section(value)
        case Mapping():
            return {key: plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case _:
            return value


def _plain_section(section: Section) -> dict[str, Any]:
    fields = type(section).model_fields
    names = sorted(fields, key=lambda name: name not in _KINDS)
    return {
        fields[name].alias or name: plain(getattr(section, name))
        for name in names
        # None is the default of settings that may be left out, but may be asked for in a choice.
        if fields[name].is_required() or getattr(section, name) not in (None, {}, ())
    }
