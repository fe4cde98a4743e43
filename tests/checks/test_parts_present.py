from __future__ import annotations

from mcscreen.checks.parts_present import check
from mcscreen.document import Document
from mcscreen.results import Requirement
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, Basis, Section, Submission

RUBRIC = Rubric.model_validate(
    {
        "schema": 1,
        "id": "r",
        "title": "R",
        "source": {"title": "R"},
        "outcomes": [{"id": "EO1", "text": "Read."}],
        "parts": [
            {"id": "part1", "title": "Narrative", "kind": "narrative"},
            {"id": "part2", "title": "Portfolio", "kind": "portfolio"},
            {"id": "part3", "title": "Reflection", "kind": "reflection"},
        ],
    }
)


def text(name: str) -> Document:
    return Document(name=name, status="text", text="We read at eight.")


def unread(name: str) -> Document:
    return Document(name=name, status="encrypted", reason="locked")


def lines(
    *documents: Document, problems: tuple[str, ...] = (), declared: tuple[tuple[str, str], ...] = (), **sections: tuple[int, Basis]
) -> dict[str, Requirement]:
    placed = [Section(i, part, 0, 17 if documents[i].readable else 0, basis) for part, (i, basis) in sections.items()]
    return {r.subject: r for r in check(Submission("S", documents, declared, problems), placed, RUBRIC, ())}


def test_everything_is_there() -> None:
    found = lines(
        *(text(n) for n in ("p1.docx", "p2.docx", "p3.docx", "a.pdf")),
        part1=(0, "name"),
        part2=(1, "heading"),
        part3=(2, "manifest"),
        artifact=(3, "folder"),
    )
    assert {s: r.status for s, r in found.items()} == dict.fromkeys(["part1", "part2", "part3", ARTIFACT], "met")
    assert found["part1"].message == "found in p1.docx" and found[ARTIFACT].message == "1 artifact"


def test_a_guess_is_called_a_guess() -> None:
    found = lines(text("essay.docx"), part1=(0, "content"))
    assert found["part1"].status == "met" and "guess" in found["part1"].message


def test_one_text_for_two_parts_says_so() -> None:
    found = lines(text("essay.docx"), part1=(0, "assumed"), part3=(0, "assumed"))
    assert "more than one part" in found["part1"].message and "more than one part" in found["part3"].message


def test_a_missing_part_is_flagged() -> None:
    found = lines(text("p1.docx"), part1=(0, "name"))
    assert found["part3"].status == "flagged" and "Reflection" in found["part3"].message
    assert found[ARTIFACT].status == "flagged"


def test_a_part_that_could_not_be_read_is_unchecked() -> None:
    found = lines(unread("p1.docx"), part1=(0, "name"))
    assert found["part1"].status == "unchecked" and "p1.docx" in found["part1"].message


def test_an_unread_file_may_be_the_missing_part() -> None:
    found = lines(text("p1.docx"), unread("scan.pdf"), part1=(0, "name"))
    assert found["part1"].status == "met"
    assert found["part3"].status == "unchecked" and "scan.pdf" in found["part3"].message


def test_what_could_not_be_opened_may_hold_the_missing_part() -> None:
    assert lines(problems=("S.zip: damaged",))["part1"].status == "unchecked"
    assert lines()["part1"].status == "flagged"


def test_partly_unread() -> None:
    documents = (text("p1a.docx"), unread("p1b.docx"))
    sections = [Section(0, "part1", 0, 17, "name"), Section(1, "part1", 0, 0, "name")]
    first = check(Submission("S", documents), sections, RUBRIC, ())[0]
    assert first.status == "met" and "p1b.docx could not be read" in first.message


def test_a_manifest_with_an_unknown_part() -> None:
    found = lines(text("x.docx"), declared=(("x.docx", "part9"), ("y.docx", "artifact")), part1=(0, "content"))
    assert found["part9"].status == "flagged" and "part1, part2, part3" in found["part9"].message
