from __future__ import annotations

from typing import Any

import pytest

from mcscreen.checks.documents_read import check
from mcscreen.document import Document, Status
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, Section, Submission

RUBRIC = Rubric.model_validate(
    {
        "schema": 1,
        "id": "r",
        "title": "R",
        "source": {"title": "R"},
        "outcomes": [{"id": "EO1", "text": "Read."}],
        "parts": [{"id": "part1", "title": "Narrative", "kind": "narrative"}, {"id": "part3", "title": "Reflection", "kind": "reflection"}],
    }
)


def line(part: str = ARTIFACT, **fields: Any) -> tuple[str, str]:
    document = Document(**{"name": "a.pdf", "status": "text", **fields})
    [found] = check(Submission("S", (document,)), [Section(0, part, 0, 0, "name")], RUBRIC, ())
    assert found.check == "documents_read" and found.subject == document.name
    return found.status, found.message


def test_a_document_that_was_read() -> None:
    assert line(text="We read at eight.", pages=2, page_kind="page") == ("met", "read: 4 words on 2 pages")
    assert line(text="We", pages=1, page_kind="slide") == ("met", "read: 1 word on 1 slide")
    assert line(name="clip.vtt", text="Good morning.", seconds=125.4) == ("met", "read: 2 words, 2:05 minutes long")


def test_a_document_that_was_read_in_part() -> None:
    status, message = line(status="partial", text="We read.", reason="page 3 is a picture")
    assert status == "flagged" and "2 words" in message and "page 3 is a picture" in message


@pytest.mark.parametrize(
    "status", ["empty", "needs_ocr", "encrypted", "corrupt", "unsupported", "mismatch", "too_large", "timeout", "crashed"]
)
def test_what_could_not_be_read_is_said_with_a_way_out(status: Status) -> None:
    found, message = line(status=status, reason="the file is odd", format="pdf")
    assert found == "flagged" and "the file is odd; " in message
    assert line(status=status, format="pdf")[0] == "flagged"


def test_a_reason_that_has_its_way_out_gets_no_second() -> None:
    assert line(status="encrypted", reason="locked; ask for a copy", format="pdf") == (
        "flagged",
        "could not be read: locked; ask for a copy",
    )


def test_a_film_without_captions_is_fine_as_an_artifact() -> None:
    status, message = line(name="clip.mp4", status="empty", format="mp4", seconds=90.0)
    assert status == "met" and "1:30 minutes" in message and "not searched" in message
    assert line(name="bad.mp4", status="corrupt", format="mp4")[0] == "flagged"
    assert line(name="photo.jpg", status="needs_ocr", format="jpg")[0] == "met"


def test_a_film_in_place_of_a_text_is_unchecked() -> None:
    status, message = line("part3", name="clip.mp4", status="empty", format="mp4", seconds=90.0)
    assert status == "unchecked" and "Reflection" in message
    assert line("part1", name="page.png", status="needs_ocr", format="png")[0] == "unchecked"


def test_one_line_a_document() -> None:
    documents = tuple(Document(name=f"{n}.txt", status="text", text="a") for n in range(3))
    assert [r.subject for r in check(Submission("S", documents), (), RUBRIC, ())] == ["0.txt", "1.txt", "2.txt"]
