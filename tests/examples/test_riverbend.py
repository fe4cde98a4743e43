"""The shipped example: what was built into it on purpose is what the screening says, and the files are what the script writes."""

import importlib.util
import zipfile
from pathlib import Path

import pytest

from mcscreen import load_submission

EXAMPLES = Path(__file__).parents[2] / "examples"
RIVERBEND = EXAMPLES / "riverbend"

CITATIONS = {
    "EO1.academic": "ok",
    "EO1.social": "ok",
    "EO1.emotional": "artifact_missing",
    "EO1.physical": "ok",
    "EO2.responsibilities": "ok",
    "EO2.entrusted": "cannot_verify",
    "EO3.celebrate": "out_of_range",
    "EO3.positive_behavior": "no_explanation",
    "EO4.plan": "ok",
    "EO4.monitoring": "row_missing",
}


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("build_riverbend", EXAMPLES / "build_riverbend.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def submission():
    return load_submission(RIVERBEND)


@pytest.fixture(scope="module")
def screening(screener, submission):
    return screener.screen(submission)


def test_only_the_scan_is_unread(screening):
    status = {d.name: d.status for d in screening.submission.documents}
    assert len(status) == 8
    assert status.pop("artifacts/Decision_Night_Sign-In.pdf") == "needs_ocr"
    assert set(status.values()) == {"text"}
    flagged = [r.subject for r in screening.requirements if r.status == "flagged"]
    assert flagged == ["artifacts/Decision_Night_Sign-In.pdf"]


def test_parts_and_pages(screening):
    parts = {d.name: d.part for d in screening.submission.documents}
    assert parts["Part 1 Narrative.docx"] == "part1"
    assert parts["Part 2 Self-Analysis.docx"] == "part2"
    assert parts["Part 3 Reflection.pdf"] == "part3"
    assert {part for name, part in parts.items() if name.startswith("artifacts/")} == {"artifact"}
    pages = {d.name: (d.pages, d.page_kind) for d in screening.submission.documents}
    assert pages["artifacts/Riverbend_Family_Handbook.pdf"] == (4, "page")
    assert pages["artifacts/August_Workdays.pptx"] == (4, "slide")
    assert pages["artifacts/Riverbend_Tallies.xlsx"] == (2, "sheet")


def test_own_words_are_the_scripts_words(screening, script):
    counts = {w.part: w for w in screening.words}
    assert abs(counts["part1"].own - script.own_words(script.NARRATIVE)) <= 5
    assert abs(counts["part3"].own - script.own_words(script.REFLECTION)) <= 5
    assert counts["part1"].raw - counts["part1"].own >= len(script.PASTED_QUESTION.split())
    assert {r.subject: r.status for r in screening.requirements if r.check == "minimum_words"} == {"part1": "met", "part3": "met"}


def test_the_pasted_question_is_no_evidence(screening, submission, script):
    narrative = next(d for d in submission.documents if d.name == "Part 1 Narrative.docx")
    start = narrative.text.index(script.PASTED_QUESTION)
    end = start + len(script.PASTED_QUESTION)
    shown = [(e.start, e.end) for c in screening.coverage for e in c.evidence if e.document == narrative.name]
    assert shown and all(e <= start or s >= end for s, e in shown)


def test_every_ask_has_three_passages_of_its_part(screening, screener):
    assert [c.facet for c in screening.coverage] == [f.id for f in screener.rubric.facets]
    documents = {"part1": {"Part 1 Narrative.docx"}, "part3": {"Part 3 Reflection.pdf"}}
    for line in screening.coverage:
        assert len(line.evidence) >= 3, line.facet
        assert {e.document for e in line.evidence} == documents[line.part]
        assert line.status != "unread", line.facet


def test_evidence_has_places(screening):
    for line in screening.coverage:
        for e in line.evidence:
            assert e.paragraph is not None
            assert (e.page in (1, 2)) if line.part == "part3" else (e.page is None and e.heading)


def test_every_citation_has_the_status_that_was_built_in(screening):
    assert [(c.row, c.facet) for c in screening.citations if c.row] == [(n, f) for n, f in enumerate(list(CITATIONS)[:9], 1)]
    assert {c.facet: c.status for c in screening.citations} == CITATIONS
    assert len(screening.citations) == 10


def test_citations_lead_to_what_they_name(screening):
    found = {c.facet: c.evidence[0] for c in screening.citations if c.status == "ok"}
    assert (found["EO1.academic"].page, found["EO1.physical"].page) == (2, 4)
    assert "day ten" in found["EO1.academic"].quote or "Landing" in found["EO1.academic"].quote
    assert "Nurse" in found["EO1.physical"].quote
    assert (found["EO2.responsibilities"].slide, found["EO4.plan"].slide) == (2, 3)
    assert found["EO1.social"].seconds == (34, 44)
    messages = {c.facet: c.message for c in screening.citations}
    assert "4 pages" in messages["EO3.celebrate"]
    assert "Quiet Porch Log" in messages["EO1.emotional"]


def test_the_files_are_what_the_script_writes(script, tmp_path):
    written = {p.relative_to(tmp_path): p for p in script.build(tmp_path)}
    shipped = {p.relative_to(RIVERBEND): p for p in RIVERBEND.rglob("*") if p.is_file()}
    assert set(shipped) == set(written)
    assert sum(p.stat().st_size for p in shipped.values()) < 300_000
    for name, path in written.items():
        assert contents(path) == contents(shipped[name]), name


def test_building_twice_gives_the_same_bytes(script, tmp_path):
    first = [p.read_bytes() for p in script.build(tmp_path / "a")]
    assert first == [p.read_bytes() for p in script.build(tmp_path / "b")]


def contents(path):
    """What must be equal on every machine: bytes, but not those that depend on the zlib or the font renderer at hand."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return [(m.filename, m.date_time, archive.read(m)) for m in archive.infolist()]
    if path.name == "Decision_Night_Sign-In.pdf":
        import pypdfium2

        with pypdfium2.PdfDocument(path) as document:
            picture = document[0].render(scale=0.1).to_pil().convert("L")
            return len(document), picture.size, [value // 64 for value in picture.resize((6, 8)).tobytes()]
    return path.read_bytes()
