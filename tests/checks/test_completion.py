"""The completion gate: what must be mended, what a person looks at, and what is none of its business."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mcscreen.checks import CHECKS
from mcscreen.checks.citations import check as check_citations
from mcscreen.checks.completion import check, not_screened
from mcscreen.document import Document, Draft
from mcscreen.results import Completion, CompletionItem, Requirement, WordCount
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, CitationRow, Section, Submission

CONTENT: dict[str, Any] = {
    "schema": 1,
    "id": "choir",
    "title": "Choir",
    "source": {"title": "Choir"},
    "outcomes": [
        {
            "id": "O1",
            "text": "Sing.",
            "details": [{"id": "O1.high", "label": "high", "text": "Sing the high notes"}, {"id": "O1.low", "text": "Sing the low notes"}],
        }
    ],
    "parts": [
        {"id": "p1", "title": "Overview", "kind": "narrative", "minimum_words": 100},
        {"id": "p2", "title": "Self-Analysis", "kind": "portfolio"},
        {"id": "p3", "title": "Part 3. Reflection", "kind": "reflection", "minimum_words": 50},
    ],
}
RUBRIC = Rubric.model_validate(CONTENT)
WHY = "Tenors climb to the octave in the second verse without strain."
JUDGING = re.compile(r"\b(?:grade|pass(?:ed|es)?\b|fail|verdict|score|good|weak|poor|strong|quality|covered|thin\b)", re.I)


def _pages(name: str, count: int, unit: str = "page", **fields: Any) -> Document:
    draft = Draft(pages=count, page_kind=unit)  # type: ignore[arg-type]
    for n in range(1, count + 1):
        draft.move(**{unit: n})
        draft.paragraph(f"Verse {n} is sung by everybody who came.")
    document = draft.finish(name=name, format=name.rpartition(".")[2], sha256="", size=1)
    return document if not fields else Document(**{f: getattr(document, f) for f in document.__slots__} | fields)


SONGBOOK = _pages("artifacts/Songbook.pdf", 4)
SLIDES = _pages("artifacts/Choir slides.pptx", 3, "slide")
FILM = Document(name="artifacts/Concert.mp4", status="empty", format="mp4", seconds=95.0)
SCAN = Document(name="artifacts/Scan.pdf", status="needs_ocr", reason="pictures", format="pdf", pages=2, page_kind="page")
GOOD = (("O1.high", "Songbook", "p. 2", WHY), ("O1.low", "Choir slides", "slide 3", WHY))


def _gate(
    *rows: tuple[str | None, str, str, str],
    artifacts: tuple[Document, ...] = (SONGBOOK, SLIDES),
    part1: Document | None = None,
    part2: Document | None = None,
    own1: int = 120,
    own3: int = 60,
    parts: tuple[str, ...] = ("p1", "p2", "p3"),
    problems: tuple[str, ...] = (),
    rubric: Rubric = RUBRIC,
) -> Completion:
    written = {
        "p1": part1 or Document(name="One.docx", status="text", text="one"),
        "p2": part2 or Document(name="Two.docx", status="text", text="two"),
        "p3": Document(name="Three.docx", status="text", text="three"),
    }
    documents = (*(written[p] for p in parts), *artifacts)
    sections = [Section(n, p, 0, len(written[p].text), "name") for n, p in enumerate(parts)]
    sections += [Section(n, ARTIFACT, 0, len(d.text), "folder") for n, d in enumerate(artifacts, len(parts))]
    submission = Submission("s", documents, problems=problems)
    words = [
        WordCount(part="p1", own=own1, raw=own1 + 9, minimum=100),
        WordCount(part="p2", own=3, raw=3),
        WordCount(part="p3", own=own3, raw=own3, minimum=50),
    ]
    made = [CitationRow(n, f"words for {f}", f, a, p, e, 1, 0, 3) for n, (f, a, p, e) in enumerate(rows or GOOD, 1)]
    if "p2" not in parts or not documents[1].readable:
        made = []
    requirements = [Requirement(check="upload", subject="s", status="flagged", message=p) for p in problems]
    requirements += [line for c in CHECKS.values() for line in c(submission, sections, rubric, words)]
    citations = check_citations(submission, sections, made, rubric)
    return check(requirements, citations, words, submission, sections, rubric)


def _only(completion: Completion) -> CompletionItem:
    [item] = completion.items
    return item


def test_a_complete_submission_is_ready() -> None:
    assert _gate() == Completion(status="ready")


def test_missing_words_are_counted_and_placed() -> None:
    item = _only(_gate(own1=71))
    assert (item.check, item.subject, item.kind) == ("minimum_words", "p1", "mend")
    assert "Part 1 (Overview) has 71 words; at least 100" in item.message
    assert "29 words in “One.docx”" in item.remedy and "with them it is 80" in item.remedy
    assert _only(_gate(own3=1)).message.startswith("Part 3. Reflection has 1 words")


def test_a_missing_part_is_asked_for_once() -> None:
    completion = _gate(parts=("p1", "p2"))
    assert [(i.check, i.subject) for i in completion.items] == [("parts_present", "p3")]
    assert "begins with “Part 3”" in completion.items[0].remedy
    completion = _gate(parts=("p1", "p3"))
    assert [(i.check, i.subject) for i in completion.items] == [("parts_present", "p2")]
    assert completion.status == "return"


def test_missing_artifacts_are_asked_for_once_and_by_name() -> None:
    item = _only(_gate(artifacts=()))
    assert (item.check, item.subject) == ("parts_present", ARTIFACT)
    assert "“Songbook” and “Choir slides”" in item.remedy


@pytest.mark.parametrize(
    ("row", "status", "said", "remedy"),
    [
        (("O1.high", "Songbook", "p. 9", WHY), "out_of_range", "there is no page 9", "“Songbook.pdf” has pages 1 to 4"),
        (("O1.high", "Choir slides", "slide 7", WHY), "out_of_range", "no slide 7", "has slides 1 to 3"),
        (("O1.high", "Concert", "3:20", WHY), "out_of_range", "past the end", "has the times 0:00 to 1:35"),
        (
            ("O1.high", "Songbook", "", WHY),
            "no_locator",
            "names no place",
            "the page of “Songbook.pdf” where this is shown (it has pages 1",
        ),
        (("O1.high", "Choir slides", "", WHY), "no_locator", "names no place", "the slide of “Choir slides.pptx”"),
        (("O1.high", "Concert", "", WHY), "no_locator", "names no place", "the time of “Concert.mp4”"),
        (("O1.high", "Songbook", "p. 2", ""), "no_explanation", "the explanation is empty", "a sentence or two"),
        (("O1.high", "Songbook", "p. 2", "See page 2."), "no_explanation", "only points", "a sentence or two"),
        (("O1.high", "Diary", "p. 2", WHY), "artifact_missing", "by the name “Diary”", "Upload “Diary”, or write"),
        (("O1.high", "", "p. 2", WHY), "artifact_missing", "names no artifact", "the name of the uploaded file"),
    ],
)
def test_a_row_that_does_not_resolve(row: tuple[str, str, str, str], status: str, said: str, remedy: str) -> None:
    completion = _gate(GOOD[1], row, artifacts=(SONGBOOK, SLIDES, FILM))
    item = _only(completion)
    assert completion.status == "return"
    assert (item.check, item.row, item.subject) == (status, 2, "O1.high")
    assert item.message.startswith("Row 2 (“words for O1.high”): ") and said in item.message
    assert remedy in item.remedy and "row 2 of the self-analysis (“Two.docx”)" in item.remedy


def test_a_detail_without_a_row_says_which_rows_may_be_meant_for_it() -> None:
    item = _only(_gate(GOOD[0]))
    assert (item.check, item.subject, item.row) == ("row_missing", "O1.low", None)
    assert "“Sing the low notes”" in item.message and "“Two.docx”" in item.remedy and "If " not in item.remedy
    item = _only(_gate(GOOD[0], (None, "Songbook", "p. 1", WHY)))
    assert "If row 2 is meant for it" in item.remedy


def test_what_could_not_be_verified_is_no_item() -> None:
    rows = (("O1.high", "Concert", "0:30", WHY), ("O1.low", "Photo", "p. 1", WHY))
    photo = Document(name="artifacts/Photo.jpg", status="needs_ocr", reason="a picture", format="jpg", pages=1, page_kind="page")
    assert _gate(*rows, artifacts=(FILM, photo)) == Completion(status="ready")


def test_unrelated_citations_and_coverage_are_none_of_its_business() -> None:
    citations = check_citations(
        Submission("s", (SONGBOOK,)),
        [Section(0, ARTIFACT, 0, len(SONGBOOK.text), "folder")],
        [CitationRow(1, "d", "O1.high", "Songbook", "p. 1", WHY, 0, 0, 3)],
        RUBRIC,
    )
    unrelated = citations[0].model_copy(update={"status": "unrelated"})
    assert check((), (unrelated,), (), Submission("s", ()), (), RUBRIC) == Completion(status="ready")


@pytest.mark.parametrize("status", ["needs_ocr", "unsupported", "too_large", "timeout", "crashed", "partial", "empty"])
def test_what_only_this_tool_could_not_read_is_for_a_person(status: str) -> None:
    odd = Document(name="artifacts/Odd.pdf", status=status, reason="page 2 is a picture", format="pdf", text="x" * (status == "partial"))  # type: ignore[arg-type]
    completion = _gate(artifacts=(SONGBOOK, SLIDES, odd))
    item = _only(completion)
    assert (completion.status, item.kind, item.subject) == ("unreadable", "unchecked", "artifacts/Odd.pdf")
    assert "nothing has to be done" in item.remedy


@pytest.mark.parametrize("status", ["encrypted", "corrupt", "mismatch"])
def test_what_nobody_can_open_goes_back(status: str) -> None:
    shut = Document(name="artifacts/Shut.pdf", status=status, reason="no", format="pdf")  # type: ignore[arg-type]
    completion = _gate(artifacts=(SONGBOOK, SLIDES, shut))
    assert (completion.status, _only(completion).kind) == ("return", "mend")
    assert "“Shut.pdf”" in _only(completion).remedy


def test_a_scan_in_place_of_a_text_is_for_a_person_and_said_once() -> None:
    completion = _gate(part1=Document(name="One.pdf", status="needs_ocr", reason="pictures", format="pdf"))
    item = _only(completion)
    assert (completion.status, item.subject) == ("unreadable", "One.pdf")
    assert "Part 1 (Overview)" in item.remedy and "text can be selected" in item.remedy


def test_an_empty_file_in_place_of_a_text_goes_back() -> None:
    completion = _gate(part1=Document(name="One.docx", status="empty", reason="no text in this file", format="docx"))
    assert (completion.status, _only(completion).subject) == ("return", "One.docx")


def test_a_self_analysis_that_was_not_read_hides_no_missing_rows() -> None:
    completion = _gate(part2=Document(name="Two.pdf", status="needs_ocr", reason="pictures", format="pdf"))
    assert (completion.status, _only(completion).subject) == ("unreadable", "Two.pdf")


def test_problems_of_the_upload_are_told_once() -> None:
    shut = Document(name="Shut.pdf", status="encrypted", reason="locked")
    completion = _gate(artifacts=(SONGBOOK, SLIDES, shut), problems=("Shut.pdf: locked", "Old.rar: archives of this kind are not opened"))
    assert [(i.check, i.subject) for i in completion.items] == [("documents_read", "Shut.pdf"), ("upload", "s")]
    assert "Old.rar" in completion.items[1].message


def test_without_a_portfolio_no_row_is_missing() -> None:
    rubric = Rubric.model_validate(CONTENT | {"parts": [p for p in CONTENT["parts"] if p["id"] != "p2"]})
    assert _gate(rubric=rubric, parts=("p1", "p3")) == Completion(status="ready")


def test_every_flagged_requirement_is_an_item_and_nothing_judges() -> None:
    completion = _gate(("O1.high", "Diary", "p. 9", ""), own1=3, own3=0, artifacts=(SCAN, SONGBOOK), problems=("a.zip: damaged",))
    assert completion.status == "return"
    assert {i.check for i in completion.items} == {"documents_read", "upload", "minimum_words", "artifact_missing", "row_missing"}
    assert not any(JUDGING.search(f"{i.message} {i.remedy}") for i in completion.items)


def test_a_very_long_wording_is_cut() -> None:
    item = _only(_gate(GOOD[1], ("O1.high", "x" * 9_000, "p. 1", WHY)))
    assert len(item.message) <= 700 and len(item.remedy) < 400


def test_a_submission_that_was_not_screened_is_not_ready() -> None:
    completion = not_screened("s")
    assert (completion.status, completion.items[0].kind) == ("unreadable", "unchecked")
