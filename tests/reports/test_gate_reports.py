"""Completion, outcomes and notices in the CSV files, the workbook and the Markdown pages."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from markdown_it import MarkdownIt

from mcscreen.inert import starts_formula
from mcscreen.reports import REPORTS
from mcscreen.results import Completion, CompletionItem, Evidence, Notice, Screening, Trace, TraceCell
from mcscreen.rubric import Rubric

EVIL = '=HYPERLINK("http://evil.example") | <script>alert(1)</script> [x](javascript:alert(2))'


@pytest.fixture(scope="module")
def told(screenings: tuple[Screening, ...]) -> tuple[Screening, ...]:
    """One submission to return, with hostile text in every new field, and one that is ready."""
    quote = Evidence(document="Part 1.docx", page=3, start=0, end=4, quote=EVIL, score=0.9)
    found = TraceCell(status="found", asked=2, found=2, lines=("A1.school", "A1.home"), evidence=(quote,))
    none = TraceCell(status="not_asked", asked=0, found=0)
    items = (
        CompletionItem(check="no_locator", subject="O1.time", row=4, message="Row 4 names no place.", remedy="Write the page."),
        CompletionItem(check="documents_read", subject=EVIL, message=EVIL, remedy=EVIL, kind="unchecked"),
    )
    back = screenings[0].model_copy(
        update={
            "completion": Completion(status="return", items=items),
            "trace": (Trace(outcome="O1", text="Every student reads daily", claimed=found, cited=none, applied=found),),
            "notices": (
                Notice(check="same_place", subject="Plan.pdf", message="page 2 is cited for 3 details", evidence=(quote,)),
                Notice(check="uncited_artifact", subject=EVIL, message=EVIL),
            ),
        }
    )
    return back, screenings[1]


@pytest.fixture(scope="module")
def folder(told: tuple[Screening, ...], rubric: Rubric, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    for name in ("jsonl", "csv", "xlsx", "md"):
        REPORTS[name](told, rubric, folder)
    return folder


def test_trace_csv_has_one_row_an_outcome_and_part(told: tuple[Screening, ...], folder: Path) -> None:
    with (folder / "trace.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["outcome"], r["place"], r["status"], r["asked"], r["found"]) for r in rows] == [
        ("O1", "claimed", "found", "2", "2"),
        ("O1", "cited", "not_asked", "0", "0"),
        ("O1", "applied", "found", "2", "2"),
    ]
    assert rows[0]["lines"] == "A1.school; A1.home"
    assert (rows[0]["quote_place"], rows[0]["document"]) == ("page 3", "Part 1.docx")
    assert not any(starts_formula(v) for r in rows for v in r.values())


def test_the_workbook_has_completion_outcomes_and_notices(folder: Path) -> None:
    workbook = openpyxl.load_workbook(folder / "screenings.xlsx")
    completion = [[c.value for c in row] for row in workbook["Completion"].iter_rows(min_row=2)]
    assert completion[0][1:] == ["no_locator", "mend", "O1.time", 4, "Row 4 names no place.", "Write the page."]
    assert completion[1][2] == "unchecked"
    assert workbook["Trace"].max_row == 4 and workbook["Notices"].max_row == 3
    assert [row[1].value for row in workbook["Overview"].iter_rows(min_row=2)] == ["to return", "ready"]
    evil = [c for sheet in workbook for row in sheet.iter_rows() for c in row if isinstance(c.value, str) and c.value.startswith("=H")]
    assert len(evil) >= 5 and all(c.data_type == "s" and c.quotePrefix for c in evil)


def test_the_markdown_page_tells_what_is_open(told: tuple[Screening, ...], folder: Path) -> None:
    page = (folder / "submissions" / f"{told[0].submission.id}.md").read_text(encoding="utf-8")
    assert "To return: something must be mended" in page
    assert "Row 4 names no place. Write the page." in page
    assert "| Every student reads daily | found (2 of 2); Part 1.docx, page 3 | not asked |" in page
    assert "- Plan.pdf: page 2 is cited for 3 details (Part 1.docx, page 3)" in page
    html = MarkdownIt("commonmark").enable("table").render(page)
    assert "<script" not in html and "<a " not in html
    assert "| to return, 2 open |" in (folder / "screenings.md").read_text(encoding="utf-8")


def test_nothing_is_told_where_there_is_nothing(told: tuple[Screening, ...], folder: Path) -> None:
    other = next(p for p in (folder / "submissions").glob("*.md") if p.stem != told[0].submission.id)
    text = other.read_text(encoding="utf-8")
    assert "Nothing is open" in text and "Good to know" not in text and "## Outcomes" not in text


def test_screenings_come_back_from_json(told: tuple[Screening, ...], folder: Path) -> None:
    lines = (folder / "screenings.jsonl").read_text(encoding="utf-8").splitlines()
    assert [Screening.model_validate_json(line) for line in lines] == list(told)
