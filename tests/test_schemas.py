"""The published JSON Schemas are those of the code, and accept what the code reads and writes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from mcscreen.results import Coverage, Evidence, RubricRecord, Screening, SubmissionRecord
from mcscreen.schemas import DIALECT, schemas

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_published_copy_is_what_the_code_gives(name: str) -> None:
    published = (ROOT / "docs" / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert published == json.dumps(schemas()[name], indent=2, ensure_ascii=False) + "\n"


def test_there_is_one_file_a_schema() -> None:
    files = {p.name for p in (ROOT / "docs" / "schema").glob("*.json")}
    assert files == {f"{name}.schema.json" for name in schemas()}
    assert len({s["$id"] for s in schemas().values()}) == len(schemas())


@pytest.mark.parametrize("name", sorted(schemas()))
def test_each_is_a_valid_schema_of_its_dialect(name: str) -> None:
    schema = schemas()[name]
    assert schema["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(schema)


def test_shipped_rubrics_fit_their_schema() -> None:
    files = sorted((ROOT / "rubrics").glob("*/rubric.toml"))
    assert files
    validator = jsonschema.Draft202012Validator(schemas()["rubric"])
    for file in files:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        assert [e.message for e in validator.iter_errors(content)] == []
        assert not validator.is_valid({**content, "grade": "A"})


def test_a_screening_fits_its_schema() -> None:
    evidence = Evidence(document="a.docx", paragraph=3, start=0, end=4, quote="Once", score=0.5)
    screening = Screening(
        fingerprint="f",
        rubric=RubricRecord(id="choir", sha256="0" * 64),
        submission=SubmissionRecord(id="s", documents=()),
        coverage=(Coverage(part="part1", criterion="Q1", facet="Q1.how", status="not_found", score=0.1, evidence=(evidence,)),),
    )
    validator = jsonschema.Draft202012Validator(schemas()["screening"])
    content = json.loads(screening.model_dump_json())
    assert content["schema"] == 1
    assert [e.message for e in validator.iter_errors(content)] == []
    content["coverage"][0]["status"] = "failed"
    assert not validator.is_valid(content)
