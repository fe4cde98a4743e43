from __future__ import annotations

import pytest

from mcscreen.checks import CHECKS
from mcscreen.checks.minimum_words import check
from mcscreen.document import Document, Status
from mcscreen.results import Requirement, WordCount
from mcscreen.rubric import Rubric
from mcscreen.submission import Basis, Section, Submission

RUBRIC = Rubric.model_validate(
    {
        "schema": 1,
        "id": "r",
        "title": "R",
        "source": {"title": "R"},
        "outcomes": [{"id": "EO1", "text": "Read."}],
        "parts": [
            {"id": "part1", "title": "Narrative", "kind": "narrative", "minimum_words": 1000},
            {"id": "part2", "title": "Portfolio", "kind": "portfolio"},
        ],
    }
)


def line(own: int, raw: int | None = None, *statuses: Status, basis: Basis = "name") -> Requirement:
    documents = tuple(Document(name=f"{n}.docx", status=s, text="x") for n, s in enumerate(statuses or ("text",)))
    sections = [Section(i, "part1", 0, 1 if d.readable else 0, basis) for i, d in enumerate(documents)]
    [found] = check(Submission("S", documents), sections, RUBRIC, (WordCount(part="part1", own=own, raw=own if raw is None else raw),))
    assert found.subject == "part1"
    return found


@pytest.mark.parametrize(
    ("own", "status", "message"),
    [
        (1400, "met", "1,400 of 1,000 words"),
        (1010, "met", "about 1,010 of 1,000 words"),
        (1000, "met", "about 1,000 of 1,000 words"),
        (985, "met", "about 985 of 1,000 words"),
        (970, "met", "about 970 of 1,000 words"),
        (969, "flagged", "969 of 1,000 words"),
        (0, "flagged", "0 of 1,000 words"),
    ],
)
def test_near_and_far(own: int, status: str, message: str) -> None:
    found = line(own)
    assert (found.status, found.message) == (status, message)


def test_the_count_of_everything_stands_beside() -> None:
    assert line(748, 917).message == "748 of 1,000 words (917 with pasted questions and part titles)"


def test_an_unread_text_is_never_short() -> None:
    assert line(0, 0, "needs_ocr").status == "unchecked"
    [missing] = check(Submission("S", ()), (), RUBRIC, ())
    assert missing.status == "unchecked" and "not found" in missing.message


def test_a_text_that_was_read_in_part() -> None:
    short, long = line(600, None, "partial"), line(1200, None, "partial")
    assert short.status == "unchecked" and short.message.startswith("at least 600 of 1,000 words")
    assert long.status == "met" and long.message.startswith("at least 1,200")
    assert line(600, None, "text", "encrypted").status == "unchecked"


def test_a_guess_is_called_a_guess() -> None:
    assert "guess" in line(1400, basis="content").message


def test_two_parts_in_one_text_are_not_counted_apart() -> None:
    sections = [Section(0, "part1", 0, 9, "assumed"), Section(0, "part2", 0, 9, "assumed")]
    documents = (Document(name="a", status="text", text="we read it"),)
    [found] = check(Submission("S", documents), sections, RUBRIC, (WordCount(part="part1", own=1700, raw=1700),))
    assert found.status == "unchecked" and "1,700" in found.message


def test_the_table_of_checks() -> None:
    submission = Submission("S", (Document(name="a", status="text", text="x"),))
    for name, run in CHECKS.items():
        assert all(r.check == name for r in run(submission, [Section(0, "part1", 0, 1, "name")], RUBRIC, ()))
