"""JSON Schemas of what crosses the boundary: rubric files in, screenings out.

They are made from the models, so they cannot disagree with the code; the copies in docs/schema/ are for people and platforms
that do not run it, and a test holds them equal.
"""

from __future__ import annotations

import json
from pathlib import Path

from mcscreen.decisions import Decisions
from mcscreen.results import Screening
from mcscreen.rubric import Rubric

__all__ = ["DIALECT", "schemas", "write_schemas"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, object]]:
    """JSON Schemas (draft 2020-12) by name.

    `rubric` is the content of a rubric.toml, `screening` one line of a screenings.jsonl, `decisions`
    what the report pages export. The `$id` is a name with the contract's
    version, not an address.
    """
    made: dict[str, dict[str, object]] = {
        "rubric": Rubric.model_json_schema(by_alias=True, mode="validation"),
        "decisions": Decisions.model_json_schema(by_alias=True, mode="validation"),
        "screening": Screening.model_json_schema(by_alias=True, mode="serialization"),
    }
    return {name: {"$schema": DIALECT, "$id": f"urn:mcscreen:schema:{name}:1", **schema} for name, schema in made.items()}


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema as `<name>.schema.json` and name the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written
