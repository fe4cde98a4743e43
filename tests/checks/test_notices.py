"""Notices: told where there is something to tell, and silent everywhere else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mcscreen.checks.citations import check as check_citations
from mcscreen.checks.notices import check
from mcscreen.document import Document, Draft
from mcscreen.results import Notice
from mcscreen.rubric_files import load_rubric_folder
from mcscreen.shipped import shipped
from mcscreen.submission import ARTIFACT, CitationRow, Section, Submission

RUBRIC = load_rubric_folder(shipped("rubrics") / "student-centeredness").rubric
DETAILS = [d.id for d in RUBRIC.details]
WHY = "Tutors meet the same four children daily and write down what grew."
TEXTS = {
    c["name"]: c["text"]
    for c in tomllib.loads((Path(__file__).parent.parent / "cases" / "languages.toml").read_text(encoding="utf-8"))["case"]
}


def _pages(name: str, count: int = 3) -> Document:
    draft = Draft(pages=count, page_kind="page")
    for n in range(1, count + 1):
        draft.move(page=n)
        draft.paragraph(f"On this page there is table number {n}.")
    return draft.finish(name=name, format="pdf", sha256="", size=1)


def _text(name: str, *paragraphs: str) -> Document:
    draft = Draft()
    for paragraph in paragraphs:
        draft.paragraph(paragraph)
    return draft.finish(name=name, format="docx", sha256="", size=1)


BOOK, LOG = _pages("artifacts/Support_Book.pdf"), _pages("artifacts/Reading_Log.pdf")
FILM = Document(name="artifacts/Circle.mp4", status="empty", format="mp4", seconds=90.0)
TRACK = Document(name="artifacts/Circle.en.vtt", status="text", text="Good morning.", format="vtt", seconds=88.0)


def _notices(*rows: tuple[str, str], artifacts: tuple[Document, ...] = (BOOK, LOG), part1: Document | None = None) -> list[Notice]:
    """Notices of a submission whose n-th row is for the n-th detail."""
    documents = (part1 or Document(name="Part 1.docx", status="text", text="Short."), *artifacts)
    sections = [Section(0, "part1", 0, len(documents[0].text), "name")]
    sections += [Section(n, ARTIFACT, 0, len(d.text), "folder") for n, d in enumerate(artifacts, 1)]
    made = [CitationRow(n, "d", DETAILS[n - 1], a, p, WHY, 0, 0, 3) for n, (a, p) in enumerate(rows, 1)]
    submission = Submission("s", documents)
    return list(check(submission, sections, check_citations(submission, sections, made, RUBRIC), RUBRIC))


def _kinds(notices: list[Notice]) -> list[tuple[str, str]]:
    return [(n.check, n.subject) for n in notices]


def test_an_artifact_that_no_row_names_is_told() -> None:
    assert _kinds(_notices(("Support Book", "p. 1"))) == [("uncited_artifact", "artifacts/Reading_Log.pdf")]
    assert _notices(("Support Book", "p. 1"), ("reading log", "p. 2")) == []


def test_a_file_that_an_explanation_names_counts_as_cited() -> None:
    assert _notices(("Support Book and Reading_Log.pdf", "p. 1")) == []


def test_captions_beside_a_cited_video_are_part_of_it() -> None:
    assert _notices(("Circle", "0:10"), ("Support Book", "p. 1"), artifacts=(BOOK, FILM, TRACK)) == []
    assert _notices(("Circle.en.vtt", "0:10"), ("Support Book", "p. 1"), artifacts=(BOOK, FILM, TRACK)) == []
    assert len(_notices(("Support Book", "p. 1"), artifacts=(BOOK, FILM, TRACK))) == 2


def test_without_rows_nothing_is_called_uncited_and_unknown_names_are_said() -> None:
    assert _notices() == []
    [notice] = _notices(("Support Book", "p. 1"), ("Caseload diary", "p. 1"))
    assert notice.subject == "artifacts/Reading_Log.pdf" and "1 row names a file that was not recognised" in notice.message


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (("p. 2", "page 2", "pg 2"), "page 2 is cited for 3 details"),
        (("p. 2", "pp. 1-2", "2"), "page 2 is cited for 3 details"),
        (("p. 3", "last page", "p. 3", "p. 1"), "page 3 is cited for 3 details"),
        (("p. 2", "p. 2", "p. 1"), ""),
        (("whole document",) * 5, "the whole document is cited for 5 details"),
        (("whole document", "pp. 1-3", "all", "entire document", "pages 1 to 3"), "the whole document is cited for 5 details"),
        (("whole document",) * 4, ""),
    ],
)
def test_the_same_place_for_many_details(places: tuple[str, ...], said: str) -> None:
    notices = _notices(*(("Support Book", p) for p in places), artifacts=(BOOK,))
    if not said:
        assert notices == []
        return
    [notice] = notices
    assert (notice.check, notice.subject) == ("same_place", "artifacts/Support_Book.pdf")
    assert notice.message.startswith(said)
    assert notice.evidence


def test_rows_of_one_detail_are_one() -> None:
    submission = Submission("s", (BOOK,))
    sections = [Section(0, ARTIFACT, 0, len(BOOK.text), "folder")]
    rows = [CitationRow(n, "d", DETAILS[0], "Support Book", "p. 2", WHY, 0, 0, 3) for n in range(1, 5)]
    assert check(submission, sections, check_citations(submission, sections, rows, RUBRIC), RUBRIC) == ()


def test_the_same_time_of_a_film_and_the_same_heading() -> None:
    assert [n.message[:40] for n in _notices(*[("Circle", "0:10-0:20")] * 3, artifacts=(FILM,))] == [
        "the time 0:10 to 0:20 is cited for 3 det"
    ]
    plan = _text("artifacts/Plan.docx", "Calm corner", "Any child may go.")
    assert [n.check for n in _notices(*[("Plan", "under the heading “Calm corner”")] * 3, artifacts=(plan,))] == ["same_place"]


def test_another_language_is_told_with_a_place() -> None:
    letter = _text("artifacts/Carta.docx", TEXTS["Spanish letter home"])
    [notice] = _notices(("Carta", "p. 1"), artifacts=(letter,))
    assert (notice.check, notice.subject) == ("language", "artifacts/Carta.docx")
    assert notice.message.startswith("in Spanish") and "search" not in notice.message
    assert notice.evidence[0].quote == letter.text[notice.evidence[0].start : notice.evidence[0].end]
    part = _text("Part 1.docx", *[TEXTS["Portuguese"]] * 2)
    [notice] = _notices(part1=part, artifacts=())
    assert notice.subject == "part1" and "in Portuguese" in notice.message and "the search knows English only" in notice.message


def test_a_text_in_two_languages_is_partly_in_the_other() -> None:
    english = [TEXTS["English narrative"], TEXTS["German speaker's English"], TEXTS["Spanish speaker's English"]]
    [notice] = _notices(part1=_text("Part 1.docx", *english, TEXTS["French"], TEXTS["French"]), artifacts=())
    assert notice.message.startswith("partly in French")
    assert _notices(part1=_text("Part 1.docx", *english, TEXTS["French"]), artifacts=()) == []


def test_english_lists_and_tables_are_not_told() -> None:
    for name in (n for n in TEXTS if "nglish" in n or "table" in n or "list" in n or n == "addresses"):
        assert _notices(part1=_text("Part 1.docx", TEXTS[name]), artifacts=()) == [], name
