"""Outcomes through the submission: every mix of lines and the cell that it gives."""

from __future__ import annotations

import pytest

from mcscreen.checks.trace import check
from mcscreen.results import Citation, Coverage, Evidence, Trace
from mcscreen.rubric import Rubric

CONTENT = {
    "schema": 1,
    "id": "choir",
    "title": "Choir",
    "source": {"title": "Choir"},
    "outcomes": [
        {"id": "O1", "text": "Sing.", "details": [{"id": "O1.high", "text": "Sing high"}, {"id": "O1.low", "text": "Sing low"}]},
        {"id": "O2", "text": "Listen.", "details": [{"id": "O2.ear", "text": "Hear the others"}]},
        {"id": "O3", "text": "Rest."},
    ],
    "parts": [
        {
            "id": "p1",
            "title": "Narrative",
            "kind": "narrative",
            "criteria": [
                {
                    "id": "Q",
                    "text": "How?",
                    "facets": [
                        {"id": "Q.a", "text": "a", "outcomes": ["O1"]},
                        {"id": "Q.b", "text": "b", "outcomes": ["O1", "O2"]},
                        {"id": "Q.c", "text": "c", "outcomes": ["O2"], "required": False},
                    ],
                }
            ],
        },
        {"id": "p2", "title": "Portfolio", "kind": "portfolio"},
        {
            "id": "p3",
            "title": "Reflection",
            "kind": "reflection",
            "criteria": [{"id": "R", "text": "Applied?", "facets": [{"id": "R.a", "text": "a", "outcomes": ["O1"]}]}],
        },
    ],
}
RUBRIC = Rubric.model_validate(CONTENT)


def _quote(name: str) -> Evidence:
    return Evidence(document=f"{name}.docx", start=0, end=len(name), quote=name, score=0.5)


def _facet(facet: str, status: str) -> Coverage:
    evidence = () if status == "unread" else (_quote(facet), _quote("second"))
    part = "p3" if facet.startswith("R") else "p1"
    return Coverage.model_validate(
        {"part": part, "criterion": facet[0], "facet": facet, "status": status, "score": None, "evidence": evidence}
    )


def _row(row: int | None, detail: str, status: str) -> Citation:
    evidence = () if status in ("artifact_missing", "no_locator", "cannot_verify") else (_quote(f"{detail}-{row}"),)
    return Citation.model_validate(
        {
            "row": row,
            "detail": detail,
            "facet": detail,
            "artifact": "a",
            "locator": "p. 1",
            "explanation": "e",
            "status": status,
            "evidence": evidence,
        }
    )


def _of(coverage: list[Coverage], citations: list[Citation], rubric: Rubric = RUBRIC) -> dict[str, Trace]:
    return {t.outcome: t for t in check(rubric, coverage, citations)}


@pytest.mark.parametrize(
    ("first", "second", "status", "quotes"),
    [
        ("covered", "covered", "found", ["Q.a", "Q.b"]),
        ("covered", "not_found", "partly", ["Q.a"]),
        ("covered", "unread", "partly", ["Q.a"]),
        ("thin", "not_found", "partly", ["Q.a"]),
        ("thin", "thin", "partly", ["Q.a", "Q.b"]),
        ("not_found", "not_found", "not_found", ["Q.a", "Q.b"]),
        ("not_found", "unread", "unread", []),
        ("unread", "unread", "unread", []),
    ],
)
def test_claimed_is_what_its_facets_say_together(first: str, second: str, status: str, quotes: list[str]) -> None:
    cell = _of([_facet("Q.a", first), _facet("Q.b", second)], [])["O1"].claimed
    assert (cell.status, cell.asked, cell.found) == (status, 2, [first, second].count("covered"))
    assert cell.lines == ("Q.a", "Q.b")
    assert [e.quote for e in cell.evidence] == quotes


@pytest.mark.parametrize(
    ("high", "low", "status", "found"),
    [
        ("ok", "ok", "found", 2),
        ("ok", "cannot_verify", "partly", 1),
        ("ok", "row_missing", "partly", 1),
        ("cannot_verify", "cannot_verify", "unread", 0),
        ("cannot_verify", "row_missing", "unread", 0),
        ("row_missing", "row_missing", "not_found", 0),
        ("artifact_missing", "row_missing", "partly", 0),
        ("unrelated", "ok", "partly", 1),
        ("no_locator", "out_of_range", "partly", 0),
    ],
)
def test_cited_is_what_its_details_say_together(high: str, low: str, status: str, found: int) -> None:
    rows = [_row(None if s == "row_missing" else n, d, s) for n, (d, s) in enumerate((("O1.high", high), ("O1.low", low)), 1)]
    cell = _of([], rows)["O1"].cited
    assert (cell.status, cell.asked, cell.found, cell.lines) == (status, 2, found, ("O1.high", "O1.low"))
    assert all("None" not in e.quote for e in cell.evidence)


def test_a_detail_with_several_rows_counts_by_its_best() -> None:
    cell = _of([], [_row(1, "O2.ear", "out_of_range"), _row(2, "O2.ear", "ok"), _row(3, "O2.ear", "cannot_verify")])["O2"].cited
    assert (cell.status, cell.found) == ("found", 1)
    assert [e.quote for e in cell.evidence] == ["O2.ear-2"]


def test_optional_asks_are_left_out_and_parts_are_kept_apart() -> None:
    traces = _of([_facet("Q.b", "covered"), _facet("Q.c", "not_found"), _facet("R.a", "thin")], [])
    assert (traces["O2"].claimed.status, traces["O2"].claimed.lines) == ("found", ("Q.b",))
    assert traces["O2"].applied.status == "not_asked"
    assert (traces["O1"].applied.status, traces["O1"].applied.lines) == ("partly", ("R.a",))


def test_what_is_not_asked_says_so() -> None:
    rest = _of([], [])["O3"]
    assert {rest.claimed.status, rest.cited.status, rest.applied.status} == {"not_asked"}
    parts = [p for p in CONTENT["parts"] if p["kind"] != "portfolio"]  # type: ignore[index, attr-defined]
    bare = Rubric.model_validate(CONTENT | {"parts": parts})
    assert _of([], [_row(None, "O1.high", "row_missing")], bare)["O1"].cited.status == "not_asked"


def test_one_line_an_outcome_in_the_rubrics_order() -> None:
    assert [(t.outcome, t.text) for t in check(RUBRIC, [], [])] == [("O1", "Sing."), ("O2", "Listen."), ("O3", "Rest.")]
