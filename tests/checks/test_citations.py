"""The citation check: every status, their order, and the names and places that decide them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mcscreen.checks.citations import check
from mcscreen.document import Document, Draft
from mcscreen.portfolio.alternatives import alternatives
from mcscreen.portfolio.artifacts import companions, find_mentions, resolve_artifact
from mcscreen.results import Citation
from mcscreen.rubric_files import load_rubric_folder
from mcscreen.shipped import shipped
from mcscreen.submission import ARTIFACT, CitationRow, Claim, Comparison, Section, Submission

RUBRIC = load_rubric_folder(shipped("rubrics") / "student-centeredness").rubric
WHY = "Tutors meet the same four children daily and write down what grew."


def _numbered(name: str, count: int, unit: str = "page", words: int = 20, *, estimated: bool = False) -> Document:
    draft = Draft(pages=count, page_kind=unit)  # type: ignore[arg-type]
    for n in range(1, count + 1):
        draft.move(**{unit: n})
        draft.paragraph(f"Text of {unit} {n}. " + "word " * words)
    if estimated:
        draft.warn("page numbers are estimated from page breaks")
    return draft.finish(name=name, format=name.rpartition(".")[2], sha256="", size=1)


def _captions(name: str) -> Document:
    draft = Draft(seconds=90.0)
    for start in range(0, 90, 10):
        draft.move(seconds=(float(start), start + 9.0))
        draft.paragraph(f"Words at {start} seconds.", "caption")
    return draft.finish(name=name, format="vtt", sha256="", size=1)


def _video(name: str, seconds: float | None) -> Document:
    return Document(name=name, status="empty", reason="a video", format="mp4", seconds=seconds)


def _workbook() -> Document:
    draft = Draft(pages=2, page_kind="sheet")
    draft.move(sheet="Fall data")
    draft.table([["Room", "Count"], ["1", "20"], ["2", "18"]])
    draft.move(sheet="Notes")
    draft.table([["Remark"], ["Two rooms were closed"]])
    return draft.finish(name="Data.xlsx", format="xlsx", sha256="", size=1)


def _flowing(name: str, words: int) -> Document:
    draft = Draft()
    draft.heading("Calm corner")
    draft.paragraph("Any child may go. " + "word " * words)
    draft.heading("Snack shelf")
    draft.paragraph("Open all day.")
    return draft.finish(name=name, format="docx", sha256="", size=1)


FILES = (
    _numbered("artifacts/Staff_Handbook.pdf", 4),
    _numbered("artifacts/Celebration-Slides.pptx", 3, "slide"),
    _video("artifacts/Morning_Circle.mp4", 95.0),
    _captions("artifacts/Morning_Circle.vtt"),
    _video("artifacts/Silent_Film.mp4", 60.0),
    _workbook(),
    _flowing("artifacts/Room_Guide.docx", 20),
    _flowing("artifacts/Long_Guide.docx", 900),
    _numbered("artifacts/Broken_Binder.docx", 3, estimated=True),
    _numbered("artifacts/Thick_Binder.docx", 3, words=800, estimated=True),
    Document(name="artifacts/Scan.pdf", status="needs_ocr", reason="the pages are pictures", format="pdf", pages=2, page_kind="page"),
)


def _check(*rows: tuple[str, str, str], facet: str | None = "EO1.academic", files: tuple[Document, ...] = FILES) -> tuple[Citation, ...]:
    part2 = Document(name="Part 2.docx", status="text", text="rows")
    sections = [Section(0, "part2", 0, 4, "name")] + [Section(n, ARTIFACT, 0, len(f.text), "folder") for n, f in enumerate(files, 1)]
    made = [CitationRow(n, "Academic support", facet, a, p, e, 0, 0, 4) for n, (a, p, e) in enumerate(rows, 1)]
    return check(Submission("s", (part2, *files)), sections, made, RUBRIC)


def _one(artifact: str, place: str, why: str = WHY) -> Citation:
    return _check((artifact, place, why))[0]


@pytest.mark.parametrize(
    ("artifact", "place", "why", "status"),
    [
        ("Staff Handbook", "p. 2", WHY, "ok"),
        ("staff_handbook.PDF", "pp. 3-4", WHY, "ok"),
        ("the Staff Handbok", "last page", WHY, "ok"),
        ("Handbook", "whole document", WHY, "ok"),
        ("Celebration Slides", "page 2", WHY, "ok"),
        ("Celebration Slides", "3", WHY, "ok"),
        ("Morning Circle", "0:10-0:40", WHY, "ok"),
        ("Morning_Circle.vtt", "0:10", WHY, "ok"),
        ("Data", "sheet “Fall data”, rows 2-3", WHY, "ok"),
        ("Data", "'Fall data'!A2:B3", WHY, "ok"),
        ("Room Guide", "Calm corner", WHY, "ok"),
        ("Room Guide", "p. 1", WHY, "ok"),
        ("Broken Binder", "p. 3", WHY, "ok"),
        ("Caseload Log", "p. 2", WHY, "artifact_missing"),
        ("", "p. 2", WHY, "artifact_missing"),
        ("Caseload Log", "", "", "artifact_missing"),
        ("Staff Handbook", "", WHY, "no_locator"),
        ("Staff Handbook", "n/a", "", "no_locator"),
        ("Staff Handbook", "see file", WHY, "no_locator"),
        ("Staff Handbook", "p. 7", WHY, "out_of_range"),
        ("Staff Handbook", "pp. 3-5", WHY, "out_of_range"),
        ("Staff Handbook", "p. 7", "", "out_of_range"),
        ("Celebration Slides", "slide 4", WHY, "out_of_range"),
        ("Morning Circle", "1:20-2:10", WHY, "out_of_range"),
        ("Silent Film", "2:00", WHY, "out_of_range"),
        ("Data", "sheet “Spring data”", WHY, "out_of_range"),
        ("Data", "sheet Notes, row 40", WHY, "out_of_range"),
        ("Broken Binder", "p. 7", WHY, "out_of_range"),
        ("Scan", "p. 5", WHY, "out_of_range"),
        ("Staff Handbook", "p. 2", "", "no_explanation"),
        ("Staff Handbook", "p. 2", "See page.", "no_explanation"),
        ("Staff Handbook", "p. 2", "See the attached file, page 2", "no_explanation"),
        ("Staff Handbook", "p. 2", "N/A", "no_explanation"),
        ("Staff Handbook", "p. 2", "This demonstrates proficiency of the outcome.", "no_explanation"),
        ("Staff Handbook", "p. 2", "Ensure targeted support for each student academically", "no_explanation"),
        ("Scan", "p. 2", "as above", "no_explanation"),
        ("Scan", "p. 2", WHY, "cannot_verify"),
        ("Silent Film", "0:30", WHY, "cannot_verify"),
        ("Morning Circle", "p. 2", WHY, "cannot_verify"),
        ("Long Guide", "p. 2", WHY, "cannot_verify"),
        ("Thick Binder", "p. 5", WHY, "cannot_verify"),
        ("Room Guide", "“Window seat”", WHY, "cannot_verify"),
        ("Staff Handbook", "somewhere in the middle", WHY, "cannot_verify"),
        ("https://example.org/video", "1:20", WHY, "cannot_verify"),
        ("Artifact 9", "p. 1", WHY, "cannot_verify"),
    ],
)
def test_status(artifact: str, place: str, why: str, status: str) -> None:
    citation = _one(artifact, place, why)
    assert citation.status == status, citation.message
    assert citation.message


def test_evidence_is_the_text_at_the_place() -> None:
    found = _one("Staff Handbook", "pp. 2-3").evidence
    assert [(e.document, e.page) for e in found] == [("artifacts/Staff_Handbook.pdf", 2), ("artifacts/Staff_Handbook.pdf", 3)]
    for piece in found:
        assert FILES[0].text[piece.start : piece.end] == piece.quote
        assert piece.quote.startswith(f"Text of page {piece.page}.")


def test_quotes_are_short() -> None:
    quote = _one("Thick Binder", "p. 1").evidence[0].quote
    assert 280 < len(quote) <= 300
    assert quote.endswith("word")


def test_captions_give_the_words_of_a_video() -> None:
    citation = _one("Morning Circle", "0:20-0:35")
    assert citation.evidence[0].document == "artifacts/Morning_Circle.vtt"
    assert "Words at 20 seconds." in citation.evidence[0].quote
    assert "Words at 50 seconds." not in citation.evidence[0].quote


def test_messages_say_what_is_known() -> None:
    assert _one("Staff Handbook", "p. 7").message == "there is no page 7: the file has 4 pages"
    assert "estimated" in _one("Broken Binder", "p. 7").message
    assert "not compared" in _one("Staff Handbook", "p. 2").message
    assert "Staff_Handbook.pdf" in _one("Caseload Log", "p. 2").message


def test_place_in_the_explanation_counts() -> None:
    citation = _one("Staff Handbook", "", f"On page 3 you see it. {WHY}")
    assert citation.status == "ok"
    assert "stands in the explanation" in citation.message
    assert _one("Staff Handbook", "", f"We start at 8:15. {WHY}").status == "no_locator"


def test_a_name_that_fits_two_files_is_said_and_the_one_with_the_place_taken() -> None:
    files = (_numbered("Plan A.pdf", 2), _numbered("Plan B.pdf", 6))
    citation = _check(("Plan", "p. 5", WHY), files=files)[0]
    assert citation.status == "ok"
    assert "equally well" in citation.message
    assert citation.evidence[0].document == "Plan B.pdf"


def test_every_detail_has_a_result_and_rows_come_first() -> None:
    results = _check(("Staff Handbook", "p. 1", WHY), ("Staff Handbook", "p. 9", WHY))
    assert [(r.row, r.facet, r.status) for r in results[:2]] == [(1, "EO1.academic", "ok"), (2, "EO1.academic", "out_of_range")]
    rest = results[2:]
    assert [r.facet for r in rest] == [d.id for d in RUBRIC.details if d.id != "EO1.academic"]
    assert {(r.row, r.status) for r in rest} == {(None, "row_missing")}


def test_an_unrecognised_row_is_shown_beside_the_missing_ones() -> None:
    results = _check(("Staff Handbook", "p. 1", WHY), facet=None)
    assert "not recognised" in results[0].message
    missing = next(r for r in results if r.status == "row_missing")
    assert "may be meant for it" in missing.message
    assert missing.evidence[0].document == "Part 2.docx"


@pytest.mark.parametrize("status", ["needs_ocr", "partial", "encrypted"])
def test_rows_are_never_missing_where_the_self_analysis_was_not_read(status: str) -> None:
    part2 = Document(name="Part 2.pdf", status=status, reason="not read")  # type: ignore[arg-type]
    results = check(Submission("s", (part2,)), [Section(0, "part2", 0, 0, "name")], (), RUBRIC)
    assert {r.status for r in results} == {"cannot_verify"}
    assert len(results) == len(RUBRIC.details)


def test_no_self_analysis_at_all() -> None:
    results = check(
        Submission("s", (Document(name="Part 1.docx", status="text", text="x"),)), [Section(0, "part1", 0, 1, "name")], (), RUBRIC
    )
    assert {r.status for r in results} == {"row_missing"}
    assert "no self-analysis was found" in results[0].message


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Hornet support handbook", "Hornet_Support_Handbook.pdf"),
        ("HornetSupportHandbook", "Hornet_Support_Handbook.pdf"),
        ("handbook (Hornet)", "Hornet_Support_Handbook.pdf"),
        ("Hornett Suport Handbook", "Hornet_Support_Handbook.pdf"),
        ("Who does what", "Who_Does_What_Packet.docx"),
        ("Appendix 2", "Appendix 02.pdf"),
        ("Artifact 4", "04 rounding form.pdf"),
        ("our WIN schedule for third grade (PDF)", "WIN_Schedule.pdf"),
        ("Monthly Family Letter", "scan001.pdf"),
        ("Parent Staff Handbook", None),
        ("Appendix 7", None),
        ("Breakfast Bag Log", None),
    ],
)
def test_names(name: str, file: str | None) -> None:
    files = ["Hornet_Support_Handbook.pdf", "Who_Does_What_Packet.docx", "Appendix 02.pdf", "Appendix 03.pdf", "04 rounding form.pdf"]
    documents = [Document(name=f"artifacts/{f}", status="text") for f in [*files, "WIN_Schedule.pdf", "Morning_Readers_Log.docx"]]
    draft = Draft()
    draft.heading("Monthly family letter")
    documents.append(draft.finish(name="scan001.pdf", format="pdf", sha256="", size=1))
    found = resolve_artifact(name, documents)
    assert (documents[found[0].document].name.rpartition("/")[2] if found else None) == file


def test_caption_tracks_belong_to_their_video() -> None:
    names = ["a/clip.mp4", "a/clip.en.vtt", "b/clip.vtt", "a/other.vtt"]
    documents = [Document(name=n, status="text") for n in names]
    assert companions(0, documents) == (1, 2)
    assert resolve_artifact("clip", documents)[0].document == 0


def test_mentions_in_prose() -> None:
    documents = [Document(name=n, status="text") for n in ("Staff_Handbook.pdf", "Night Slides.pptx")]
    text = "The staff handbook has it, and so do the Night Slides.pptx."
    assert [(text[a:b], n) for a, b, n in find_mentions(text, documents)] == [("staff handbook", 0), ("Night Slides.pptx", 1)]


class _Compare:
    """Gives the probability that a test wants, and keeps what it was asked."""

    unrelated, doubtful = 0.2, 0.6

    def __init__(self, probability: float | None, better: int | None = None) -> None:
        self.probability, self.better = probability, better
        self.claims: list[Claim] = []

    def compare(self, claims: Sequence[Claim]) -> list[Comparison]:
        self.claims = list(claims)
        return [Comparison(self.probability, tuple(reversed(range(len(c.cited.windows)))), self.better) for c in claims]


def _pages(name: str, *texts: str) -> Document:
    draft = Draft(pages=len(texts), page_kind="page")
    for n, text in enumerate(texts, 1):
        draft.move(page=n)
        for line in text.split("\n"):
            draft.paragraph(line)
    return draft.finish(name=name, format="pdf", sha256="", size=1)


TUTORS = "Tutors sit with the same four children every morning and note what has grown since Friday."
BUSES = "The buses leave from the northern gate at half past three and wait for nobody at all."
GUIDE = _pages("artifacts/Guide.pdf", TUTORS, BUSES, "7 12 19\n4 5 6 Total 53", "\n".join([BUSES] * 8 + [TUTORS]))


def _compared(place: str, compare: _Compare, files: tuple[Document, ...] = (GUIDE,)) -> Citation:
    part2 = Document(name="Part 2.docx", status="text", text="rows")
    sections = [Section(0, "part2", 0, 4, "name")] + [Section(n, ARTIFACT, 0, len(f.text), "folder") for n, f in enumerate(files, 1)]
    row = CitationRow(1, "Academic support", "EO1.academic", files[0].name.rpartition("/")[2], place, WHY, 0, 0, 4)
    return check(Submission("s", (part2, *files)), sections, [row], RUBRIC, compare)[0]


def test_a_place_about_something_else_is_unrelated_and_the_better_one_is_named() -> None:
    compare = _Compare(0.1, better=0)
    found = _compared("p. 2", compare)
    assert (found.status, found.score) == ("unrelated", 0.1)
    assert found.message == "the place is about something else than the explanation; p. 1 fits better than p. 2"
    assert compare.claims[0].cited.windows == (BUSES,)
    assert compare.claims[0].others[0].windows == (TUTORS,)
    assert len(compare.claims[0].others) == 2  # the page of figures is none to compare with


def test_a_doubtful_place_stays_ok() -> None:
    found = _compared("p. 2", _Compare(0.4, better=0))
    assert found.status == "ok"
    assert "shares little with the explanation; p. 1 fits better than p. 2" in found.message


def test_a_fitting_place_is_said_to_fit() -> None:
    found = _compared("p. 1", _Compare(0.9))
    assert (found.status, found.score, found.message) == ("ok", 0.9, "the place fits the explanation")


def test_the_quote_is_the_best_window_of_the_place() -> None:
    found = _compared("p. 4", _Compare(0.9))
    assert found.evidence[0].quote.endswith(TUTORS)
    assert all(GUIDE.text[e.start : e.end] == e.quote and len(e.quote) <= 300 for e in found.evidence)


def test_a_page_of_figures_is_never_called_unrelated() -> None:
    compare = _Compare(0.01)
    found = _compared("p. 3", compare)
    assert (found.status, found.score, compare.claims) == ("ok", None, [])
    assert "too few words" in found.message


def test_what_was_not_found_is_not_compared() -> None:
    compare = _Compare(0.01)
    scan = Document(name="artifacts/Scan.pdf", status="needs_ocr", reason="pictures", format="pdf", pages=2, page_kind="page")
    assert _compared("p. 1", compare, (scan, GUIDE)).status == "cannot_verify"
    assert _compared("p. 9", compare).status == "out_of_range"
    assert compare.claims == []


def test_the_whole_document_is_compared_with_all_of_it() -> None:
    compare = _Compare(0.9)
    other = _pages("artifacts/Other.pdf", "Lunch is at noon in the long hall and everybody carries a tray back.")
    found = _compared("whole document", compare, (GUIDE, other))
    text = " ".join(compare.claims[0].cited.windows)
    assert TUTORS in text
    assert BUSES in text
    assert [o.windows for o in compare.claims[0].others] == [(other.text,)]
    assert found.status == "ok"
    assert "no other place" in _compared("whole document", _Compare(None)).message


@pytest.mark.parametrize(
    ("place", "status", "quote"),
    [
        ("Calm corner", "ok", "Any child may go."),
        ("Section 2", "ok", "Open all day"),
        ("Section 7", "out_of_range", ""),
        ("2 Snack shelf", "ok", "Open all day"),
    ],
)
def test_headings_without_quotes_and_numbered_ones(place: str, status: str, quote: str) -> None:
    draft = Draft()
    for heading, text in (("1 Calm corner", "Any child may go."), ("2 Snack shelf", "Open all day."), ("3 Of the door", "Closed at four.")):
        draft.heading(heading)
        draft.paragraph(text)
    guide = draft.finish(name="artifacts/Rooms.docx", format="docx", sha256="", size=1)
    found = _check(("Rooms", place, WHY), files=(guide,))[0]
    assert found.status == status
    assert not quote or quote in found.evidence[0].quote


@pytest.mark.parametrize(("place", "quote"), [("Notes", "Two rooms were closed"), ("Fall data, A2:B3", "18"), ("Fall data B2:B2", "20")])
def test_sheets_without_the_word(place: str, quote: str) -> None:
    found = _one("Data", place)
    assert found.status == "ok"
    assert quote in found.evidence[0].quote
    assert {e.sheet for e in found.evidence} == {"Notes" if "Notes" in place else "Fall data"}


def test_alternatives_are_named_as_people_cite_them() -> None:
    assert [a.name for a in alternatives(GUIDE)] == ["p. 1", "p. 2", "p. 3", "p. 4"]
    assert [a.name for a in alternatives(_workbook())] == ["sheet “Fall data”", "sheet “Notes”"]
    assert [a.name for a in alternatives(_flowing("a.docx", 5))] == ["“Calm corner”", "“Snack shelf”"]
    assert [a.name for a in alternatives(_video("v.mp4", 95.0), [_captions("v.vtt")])] == ["0:00-0:39", "0:40-1:19", "1:20-1:29"]
    assert alternatives(_video("v.mp4", 95.0)) == ()
    draft = Draft()
    for n in range(60):
        draft.paragraph(f"Line {n} of a file without any places says a few words more.")
    plain = alternatives(draft.finish(name="n.txt", format="txt", sha256="", size=1))
    assert len(plain) > 3
    assert plain[0].name == "the text from “Line 0 of a file without”"
