"""Whole submissions in other shapes than the shipped one: one file for all parts, and a flat export of two students."""

import pytest
from examples.builders import COMBINED, COMBINED_ROWS, QUESTION, canvas_export, combined_text

from mcscreen import Settings, load_submission, screen_batch
from mcscreen.intake import find_uploads


@pytest.fixture(scope="module")
def combined(screener, tmp_path_factory):
    return screener.screen(load_submission(combined_text(tmp_path_factory.mktemp("combined"))))


@pytest.fixture(scope="module")
def canvas(tmp_path_factory):
    export = canvas_export(tmp_path_factory.mktemp("canvas"))
    assert len(find_uploads([export])) == 2
    return {s.submission.id: s for _, s in screen_batch([export], Settings(rubric="student-centeredness"))}


def test_one_file_is_cut_at_its_headings_into_three_parts(combined):
    writing = next(d for d in combined.submission.documents if d.name.endswith(".odt"))
    assert (writing.status, writing.part) == ("text", "part1+part2+part3")
    assert [(s.part, s.basis) for s in writing.sections] == [("part1", "heading"), ("part2", "heading"), ("part3", "heading")]
    assert {d.part for d in combined.submission.documents if d is not writing} == {"artifact"}


def test_each_part_of_one_file_has_its_own_words(combined):
    texts = [text for kind, text in COMBINED if kind == "p"]
    expected = {"part1": texts[:2], "part2": texts[2:6], "part3": texts[6:]}
    own = {w.part: w.own for w in combined.words}
    for part, paragraphs in expected.items():
        assert abs(own[part] - sum(len(p.split()) for p in paragraphs)) <= 6, part
    assert not any(QUESTION in e.quote for line in combined.coverage for e in line.evidence)
    short = {r.subject for r in combined.requirements if r.check == "minimum_words" and r.status == "flagged"}
    assert short == {"part1", "part3"}


def test_sentences_are_read_as_rows(combined):
    rows = {c.facet: c for c in combined.citations if c.row is not None}
    assert {facet: c.status for facet, c in rows.items()} == COMBINED_ROWS
    assert {c.status for c in combined.citations if c.row is None} == {"row_missing"}
    assert len(combined.citations) == 10
    assert rows["EO2.responsibilities"].evidence[0].page == 2
    assert "signed August 19" in rows["EO2.responsibilities"].evidence[0].quote
    assert rows["EO2.responsibilities"].explanation.endswith("both signed for them.")


def test_evidence_stays_inside_its_part(combined):
    first = {e.quote for c in combined.coverage if c.part == "part1" for e in c.evidence}
    third = {e.quote for c in combined.coverage if c.part == "part3" for e in c.evidence}
    assert any("rope ring" in q for q in first) and not any("Tobiah" in q for q in first)
    assert any("Next year" in q for q in third) and not any("ledger" in q for q in third)


def test_an_export_is_told_apart_by_student(canvas):
    assert set(canvas) == {"marlowejun", "ostrowskilena"}
    parts = {student: sorted(d.part or "" for d in s.submission.documents) for student, s in canvas.items()}
    assert parts == {"marlowejun": ["artifact", "artifact", "part1", "part2", "part3"], "ostrowskilena": ["part1", "part3"]}
    assert {d.status for s in canvas.values() for d in s.submission.documents} == {"text"}


def test_no_student_is_shown_the_other_ones_words(canvas):
    quotes = {student: " ".join(e.quote for c in s.coverage for e in c.evidence) for student, s in canvas.items()}
    assert "repair bench" in quotes["marlowejun"] and "lunchroom" not in quotes["marlowejun"]
    assert "lunchroom" in quotes["ostrowskilena"] and "bench" not in quotes["ostrowskilena"]


def test_csv_rows_resolve_into_the_zip(canvas):
    rows = {c.facet: c.status for c in canvas["marlowejun"].citations if c.row is not None}
    assert rows == {"EO1.academic": "ok", "EO1.physical": "out_of_range", "EO3.celebrate": "no_locator"}
    missing = [c for c in canvas["marlowejun"].citations if c.status == "row_missing"]
    assert len(missing) == 7


def test_a_student_without_a_portfolio_is_told_so(canvas):
    lines = {(r.check, r.subject): r.status for r in canvas["ostrowskilena"].requirements}
    assert lines["parts_present", "part2"] == "flagged"
    assert lines["parts_present", "artifact"] == "flagged"
    assert {c.status for c in canvas["ostrowskilena"].citations} == {"row_missing"}
