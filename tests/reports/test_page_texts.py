"""The text side of a submission's page: what was read, whole and in order, with the passages in their places."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup, Tag

from mcscreen.document import Document, Draft
from mcscreen.reports.html import render
from mcscreen.reports.html.texts import marks_of, readings
from mcscreen.reports.html.views import json_block
from mcscreen.results import Coverage, DocumentRecord, Evidence, RubricRecord, Screening, SectionRecord, SubmissionRecord
from mcscreen.rubric import Rubric
from mcscreen.submission import Submission

HOSTILE = "</span></p></script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> \u2028 {{ 7*7 }}"


def _essay() -> Document:
    draft = Draft(reader="none")
    draft.heading("Part 1", 1)
    draft.paragraph("Each morning the school reads 📚 for twenty minutes. Nobody answers the telephone.")
    draft.move(page=2)
    draft.paragraph(HOSTILE)
    draft.table([("Who", "What"), ("Aide", "Lends books")])
    draft.heading("Part 3", 1)
    draft.paragraph("I look at the shelf first.")
    return draft.finish(name='Es"say <1>.docx', format="docx", sha256="a" * 64, size=1)


def _evidence(document: Document, quote: str, **more: object) -> Evidence:
    start = document.text.index(quote)
    return Evidence.model_validate({"document": document.name, "start": start, "end": start + len(quote), "quote": quote} | more)


def _screening(rubric: Rubric, documents: tuple[Document, ...], quotes: tuple[tuple[Evidence, ...], ...]) -> Screening:
    records = []
    for document in documents:
        third = document.text.find("Part 3")
        sections = (
            (SectionRecord(part="artifact", start=0, end=len(document.text), basis="folder", guessed=False),)
            if third < 0
            else (
                SectionRecord(part="P1", start=0, end=third, basis="heading", guessed=False),
                SectionRecord(part="P3", start=third, end=len(document.text), basis="heading", guessed=False),
            )
        )
        records.append(
            DocumentRecord(
                name=document.name,
                part="+".join(s.part for s in sections),
                status=document.status,
                reason=document.reason,
                reader=document.reader,
                pages=None,
                words=document.words,
                sha256=document.sha256,
                sections=sections,
            )
        )
    facets = [(p.id, c.id, f.id) for p in rubric.parts for c in p.criteria for f in c.facets]
    coverage = tuple(
        Coverage(part=part, criterion=criterion, facet=facet, status="covered", score=0.9, evidence=evidence)
        for (part, criterion, facet), evidence in zip(facets, quotes, strict=False)
    )
    return Screening(
        fingerprint="f" * 16,
        rubric=RubricRecord(id=rubric.id, sha256="0" * 64, title=rubric.title),
        submission=SubmissionRecord(id="one", documents=tuple(records)),
        coverage=coverage,
    )


@pytest.fixture(scope="module")
def essay() -> Document:
    return _essay()


@pytest.fixture(scope="module")
def screening(rubric: Rubric, essay: Document) -> Screening:
    first = _evidence(essay, "the school reads 📚 for twenty minutes. Nobody")
    overlapping = _evidence(essay, "twenty minutes. Nobody answers")
    across = _evidence(essay, "telephone.\n</span></p>")
    moved = first.model_copy(update={"start": first.start + 1, "end": first.end + 1})
    return _screening(rubric, (essay,), ((first, overlapping), (across,), (moved,)))


@pytest.fixture(scope="module")
def page(screening: Screening, rubric: Rubric, essay: Document) -> BeautifulSoup:
    files = dict(render([screening], rubric, submissions={"one": Submission("one", (essay,))}))
    return BeautifulSoup(files["submissions/one.html"], "html.parser")


def _pieces(page: BeautifulSoup, number: int) -> list[Tag]:
    return [p for p in page.select("[data-m]") if str(number) in str(p["data-m"]).split()]


def test_the_whole_text_is_there_in_order_with_its_offsets(page: BeautifulSoup, essay: Document) -> None:
    blocks = page.select("article .block")
    assert [b.text for b in blocks] == [essay.text_of(b) for b in essay.blocks]
    for piece in page.select("[data-s]"):
        start = int(str(piece["data-s"]))
        assert essay.text[start : start + len(piece.text)] == piece.text
    assert [b.text for b in page.select(".block.heading")] == ["Part 1", "Part 3"]
    assert [p.text for p in page.select(".part-begins")] == ["Part 1. Narrative", "Part 3. Reflection"]
    assert [p.text for p in page.select(".place-begins")] == ["page 2"]
    assert [[c.text for c in row.select(".cell")] for row in page.select(".cells")] == [["Who", "What"], ["Aide", "Lends books"]]


def test_passages_are_marked_where_they_stand_also_when_they_overlap(page: BeautifulSoup, screening: Screening) -> None:
    for number, evidence in enumerate(e for c in screening.coverage[:2] for e in c.evidence):
        assert "".join(p.text for p in _pieces(page, number)) == evidence.quote.replace("\n", "")
    both = [p.text for p in page.select("[data-m]") if p["data-m"] == "0 1"]
    assert both == ["twenty minutes. Nobody"]


def test_a_passage_that_does_not_stand_there_is_quoted_only(page: BeautifulSoup, screening: Screening) -> None:
    assert not _pieces(page, 3)
    facts = json.loads(page.select_one("#data").string)  # type: ignore[union-attr, arg-type]
    assert [[p["mark"] for p in item["passages"]] for item in facts["items"]] == [[0, 1], [2], [None]]
    assert [q.text for q in page.select("section.facet blockquote")][3] == screening.coverage[2].evidence[0].quote


def test_hostile_text_and_names_stay_text(page: BeautifulSoup, essay: Document) -> None:
    assert len(page.find_all("script")) == 2 and not page.find_all("img")
    assert page.select_one("article")["data-name"] == essay.name  # type: ignore[index]
    facts = json.loads(page.select_one("#data").string)  # type: ignore[union-attr, arg-type]
    assert facts["items"][1]["passages"][0]["document"] == essay.name
    assert "49" not in page.select("article .block")[2].text and "{{ 7*7 }}" in page.select("article .block")[2].text


def test_without_texts_the_page_has_quotes_only(screening: Screening, rubric: Rubric) -> None:
    page = BeautifulSoup(dict(render([screening], rubric))["submissions/one.html"], "html.parser")
    assert page.select_one("#reading") is None and page.select_one(".switch") is None
    assert len(page.select("section.facet blockquote")) == 4
    facts = json.loads(page.select_one("#data").string)  # type: ignore[union-attr, arg-type]
    assert all(p["mark"] is None for item in facts["items"] for p in item["passages"])


def test_of_a_long_artifact_what_stands_around_passages_is_shown(rubric: Rubric) -> None:
    draft = Draft()
    for number in range(4_000):
        draft.paragraph(f"Line {number} of the handbook is about the gate.")
    handbook = draft.finish(name="handbook.pdf", format="pdf", sha256="b" * 64, size=1)
    screening = _screening(rubric, (handbook,), ((_evidence(handbook, "Line 2000 of the handbook"),),))
    submission = Submission("one", (handbook,))
    marks = [m for m in marks_of(screening.coverage[0].evidence, submission) if m]
    (reading,) = readings(screening.submission.documents, submission, marks)
    shown = ["".join(p.text for p in row[0].pieces) for row in reading.paragraphs]
    assert "Line 2000 of the handbook is about the gate." in shown and "Line 1990 of the handbook is about the gate." in shown
    assert 50 < len(shown) < 200 and "Line 0 of the handbook is about the gate." not in shown
    assert sum(p.left_out for row in reading.paragraphs for p in row) == reading.left_out
    assert reading.left_out + sum(len(line.split()) for line in shown) == handbook.words


def test_parts_come_before_artifacts_and_unreadable_files_are_left_out(rubric: Rubric, essay: Document) -> None:
    artifact = Document("a.pdf", "text", text="Loans of the fortnight", sha256="c" * 64)
    broken = Document("b.pdf", "corrupt", reason="cut off", text="half")
    screening = _screening(rubric, (artifact, broken, essay), ())
    found = readings(screening.submission.documents, Submission("one", (artifact, broken, essay)), ())
    assert [r.record.name for r in found] == [essay.name, "a.pdf"]


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "]]>", "\u2028\u2029", "\ud800", "&lt;", '"\\'])
def test_data_in_a_script_element_cannot_end_it(text: str) -> None:
    block = json_block({text: text})
    assert block.isascii() and not set("<>&") & set(block) and json.loads(block) == {text: text}
