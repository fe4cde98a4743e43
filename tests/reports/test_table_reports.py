"""screenings.jsonl, the CSV files and the workbook hold the screenings' facts and nothing that runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from mcscreen.inert import starts_formula
from mcscreen.reports import REPORTS
from mcscreen.results import Screening
from mcscreen.rubric import Rubric

Screenings = tuple[Screening, ...]
TABLES = ("coverage", "citations", "trace", "requirements", "documents")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(screenings: Screenings, rubric: Rubric, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    for name in ("jsonl", "csv", "xlsx"):
        REPORTS[name](screenings, rubric, folder)
    return folder


def test_jsonl_is_the_screenings_again(screenings: Screenings, folder: Path) -> None:
    content = (folder / "screenings.jsonl").read_bytes()
    assert b"\r" not in content and content.endswith(b"\n") and "読書".encode() in content
    lines = content.decode("utf-8").splitlines()
    assert [Screening.model_validate_json(line) for line in lines] == list(screenings)
    assert list(json.loads(lines[0])) == [
        "schema",
        "fingerprint",
        "calibration",
        "rubric",
        "submission",
        "words",
        "requirements",
        "coverage",
        "citations",
        "completion",
        "trace",
        "notices",
        "reflection",
        "masked",
    ]


def test_jsonl_keeps_one_line_a_submission_whatever_the_text(screenings: Screenings, rubric: Rubric, tmp_path: Path) -> None:
    identifier = "a\u2028b\x85c\u2029d\ne"
    screening = screenings[0].model_copy(update={"submission": screenings[0].submission.model_copy(update={"id": identifier})})
    (path,) = REPORTS["jsonl"]((screening,), rubric, tmp_path)
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["submission"]["id"] == identifier


def test_csv_files_begin_with_a_byte_order_mark(folder: Path) -> None:
    assert all((folder / f"{name}.csv").read_bytes().startswith(b"\xef\xbb\xbf") for name in TABLES)


def test_csv_has_one_row_a_fact(screenings: Screenings, folder: Path) -> None:
    coverage = _rows(folder / "coverage.csv")
    assert [(r["facet"], r["status"]) for r in coverage] == [(c.facet, c.status) for s in screenings for c in s.coverage]
    assert len(_rows(folder / "citations.csv")) == sum(len(s.citations) for s in screenings)
    assert [r["outcome"] for r in _rows(folder / "trace.csv")] == [t.outcome for s in screenings for t in s.trace for _ in range(3)]
    assert len(_rows(folder / "requirements.csv")) == sum(len(s.requirements) for s in screenings)
    assert len(_rows(folder / "documents.csv")) == sum(len(s.submission.documents) for s in screenings)
    for name in TABLES:
        lines = (folder / f"{name}.csv").read_bytes().decode("utf-8-sig").split("\r\n")
        assert next(iter(csv.reader(lines)))[0] == "submission"
        assert len(lines) == len(_rows(folder / f"{name}.csv")) + 2  # header, and the end of the last line


def test_csv_flattens_evidence_with_places_in_words(screenings: Screenings, folder: Path) -> None:
    row, fact = _rows(folder / "coverage.csv")[0], screenings[0].coverage[0]
    assert row["quote"] == fact.evidence[0].quote
    assert (row["document"], row["place"]) == ("Part 1 Narrative.docx", "under “Mornings”, paragraph 1")
    assert float(row["quote_score"]) == fact.evidence[0].score
    assert row["quote_2"] == fact.evidence[1].quote and row["quote_3"] == fact.evidence[2].quote
    assert row["place_2"] == "Part 1 Narrative.docx, under “Books that go home”, paragraph 2"
    unread = next(r for r in _rows(folder / "coverage.csv") if r["status"] == "unread")
    assert (unread["score"], unread["quote"], unread["quote_3_score"]) == ("", "", "")


def test_csv_text_cannot_start_a_formula_and_numbers_stay_numbers(screenings: Screenings, folder: Path) -> None:
    numbers = {"score", "quote_score", "quote_2_score", "quote_3_score", "row", "words", "pages", "seconds", "asked", "found"}
    seen = 0
    for name in TABLES:
        for row in _rows(folder / f"{name}.csv"):
            for key, value in row.items():
                if key in numbers:
                    float(value or 0)
                else:
                    assert not starts_formula(value)
                    seen += value.startswith("'=HYPERLINK")
    assert seen > 10
    assert {r["score"] for r in _rows(folder / "citations.csv") if r["submission"] == "../x"} == {"-0.25"}


def test_workbook_has_a_readable_sheet_for_each_kind_of_fact(screenings: Screenings, folder: Path) -> None:
    workbook = openpyxl.load_workbook(folder / "screenings.xlsx")
    assert workbook.sheetnames == [
        "Overview",
        "Completion",
        "Trace",
        "Coverage",
        "Citations",
        "Requirements",
        "Notices",
        "Documents",
        "Reflection",
        "About",
    ]
    for sheet in workbook:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet["A1"].font.bold
        assert sheet.max_row == 1 or sheet["A2"].alignment.wrap_text
        assert (sheet.column_dimensions["A"].width or 0) > 20
    assert workbook["Coverage"].max_row == 1 + sum(len(s.coverage) for s in screenings)


def test_workbook_overview_counts_required_facets(folder: Path) -> None:
    sheet = openpyxl.load_workbook(folder / "screenings.xlsx")["Overview"]
    head, *rows = [[c.value for c in row] for row in sheet.iter_rows()]
    first = dict(zip(rows[1], head, strict=True))
    assert rows[1][:10] == ["2024-032 Brandt, Jo", "ready", 0, "2 to mend, 1 unchecked", 11, 5, 5, 0, 10, 7]
    assert first[862] == "Own words: Part 1. Narrative"


def test_workbook_strings_never_become_formulas(folder: Path) -> None:
    workbook = openpyxl.load_workbook(folder / "screenings.xlsx")
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"}
    formulas = [cell for cell in cells if cell.value.startswith("=")]
    assert len(formulas) > 10 and all(cell.quotePrefix for cell in formulas)
    assert not any(cell.hyperlink for cell in cells)


def test_workbook_cuts_long_cells_and_controls(screenings: Screenings, rubric: Rubric, tmp_path: Path) -> None:
    coverage = screenings[0].coverage[0]
    evidence = coverage.evidence[0].model_copy(update={"quote": "q" * 40_000, "heading": "a\x00\x0b\x1b\ufffeb"})
    screening = screenings[0].model_copy(update={"coverage": (coverage.model_copy(update={"evidence": (evidence,)}),)})
    (path,) = REPORTS["xlsx"]((screening,), rubric, tmp_path)
    values = [cell.value for cell in openpyxl.load_workbook(path)["Coverage"][2]]
    (quote,) = [v for v in values if isinstance(v, str) and v.startswith("qqq")]
    assert len(quote) == 32_767 and quote.endswith("q…")
    (place,) = [v for v in values if isinstance(v, str) and v.startswith("under")]
    assert not any(c in place for c in "\x00\x0b\x1b\ufffe")


def test_a_table_longer_than_a_sheet_goes_on_in_another(
    screenings: Screenings, rubric: Rubric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcscreen.reports.xlsx.ROWS", 20)
    (path,) = REPORTS["xlsx"](screenings[:1], rubric, tmp_path)
    workbook = openpyxl.load_workbook(path)
    assert (workbook["Coverage"].max_row, workbook["Coverage 2"].max_row) == (21, 4)
