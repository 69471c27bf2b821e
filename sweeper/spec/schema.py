"""The JSON schema of space files, for the completion and the help of editors.

`python -m sweeper.spec.schema [FILE]` writes it; without FILE to `search_spaces/schema.json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from sweeper.spec.sweep_spec import SweepSpec

__all__ = ["json_schema", "schema_text", "write_schema"]

_DEFAULT = Path("search_spaces/schema.json")


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes up from names: editors would show both."""

    def field_title_should_be_set(self, schema: object) -> bool:
        del schema
        return False


def json_schema() -> dict[str, Any]:
    """The schema as nested mappings (JSON Schema, draft 2020-12)."""
    schema = SweepSpec.model_json_schema(by_alias=True, schema_generator=_Untitled)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """The content of `search_spaces/schema.json`."""
    return json.dumps(json_schema(), indent=2) + "\n"


def write_schema(arguments: Sequence[str]) -> None:
    """Writes the schema to the file that is the first argument, if there is one."""
    file = Path(arguments[0]) if arguments else _DEFAULT
    file.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    write_schema(sys.argv[1:])
