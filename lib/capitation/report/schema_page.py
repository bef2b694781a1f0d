"""The documentation of ``result.json``, made from its models: ``python -m capitation.report.schema_page``.

Writes ``docs/result-schema.md`` for people and ``docs/result.schema.json`` for programs; a test holds both to
the models.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from capitation.report.result_document import SCHEMA_VERSION, ResultDocument

PAGE, SCHEMA = "result-schema.md", "result.schema.json"
_INTRODUCTION = f"""# result.json, version {SCHEMA_VERSION}

What `capitation settle` prints and `capitation report` writes. This page is made from the models in
`lib/capitation/report/result_document.py`; [result.schema.json](result.schema.json) is the same as a JSON schema.

- Amounts are in the data set's own currency (`dataset.currency`), to two decimals; shares run from 0 to 1; other
  figures have six decimals. `null` stands for what can't be had, or for what rests on too few people to be shown.
- Counts of people are to the nearest 5, and `null` for 1 to 7; person-years are to the nearest 5.
- A party's amount is positive when it receives.
- The same data set version, design, month and release give the same bytes: no time and no machine is in it.
- `schema_version` rises by one after the point when fields are added, before it when a field changes or goes.
"""


def schema() -> dict[str, Any]:
    """The JSON schema of ``result.json``."""
    return ResultDocument.model_json_schema(mode="serialization")


def schema_text() -> str:
    """The schema as the text of ``docs/result.schema.json``."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def page_text() -> str:
    """The page: a table of fields for the document and for each of its parts."""
    whole = schema()
    parts = {"the document": whole, **whole["$defs"]}
    return _INTRODUCTION + "".join(_part(name, part) for name, part in parts.items())


def _part(name: str, part: dict[str, Any]) -> str:
    rows = "".join(f"| `{field}` | {_type(of)} | {of.get('description', '')} |\n" for field, of in _fields(part))
    return f"\n## {name}\n\n{part['description']}\n\n| field | type | meaning and unit |\n|---|---|---|\n{rows}"


def _fields(part: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from part["properties"].items()


def _type(of: dict[str, Any]) -> str:
    if "$ref" in of:
        name = of["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in of:
        return " or ".join(_type(choice) for choice in of["anyOf"])
    if "const" in of or "enum" in of:
        return " or ".join(f"`{value}`" for value in of.get("enum", [of.get("const")]))
    return _TYPES[of["type"]] + _inner(of)


_TYPES = {"array": "list", "object": "mapping", "integer": "whole number", "number": "number", "string": "text",
          "boolean": "true or false", "null": "null"}  # fmt: skip


def _inner(of: dict[str, Any]) -> str:
    inside = of.get("items") or (of.get("additionalProperties") if of["type"] == "object" else None)
    return f" of {_type(inside)}" if inside else ""


def write(docs: Path) -> None:
    """Write both files into the folder ``docs``."""
    (docs / PAGE).write_text(page_text(), encoding="utf-8")
    (docs / SCHEMA).write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[3] / "docs")
