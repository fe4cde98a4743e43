from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment

from mcscreen.document import Document
from mcscreen.extractors import read_document
from mcscreen.limits import Limits


def read(path: Path, limits: Limits | None = None) -> Document:
    return read_document(path, path.name, limits=limits or Limits())


def saved(book: Workbook, path: Path) -> Path:
    book.save(path)
    return path


def rows(document: Document, table: int = 0) -> list[list[str]]:
    return [[document.text_of(cell) for cell in row] for row in document.tables[table].rows]


def altered(path: Path, changes: dict[str, Callable[[str], str]], added: dict[str, str] | None = None) -> Path:
    target = path.with_name("altered.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            text = source.read(name).decode()
            out.writestr(name, changes[name](text) if name in changes else text)
        for name, text in (added or {}).items():
            out.writestr(name, text)
    return target


def test_sheets_rows_and_places(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "Self-analysis"
    book.active.append(["Detail", "Artifact", None, None])
    book.active["B4"] = "Handbook"
    book.create_sheet("Notes & more")["C2"] = "one\ntwo"
    document = read(saved(book, tmp_path / "a.xlsx"))
    assert (document.status, document.pages, document.page_kind) == ("text", 2, "sheet")
    assert [(document.text_of(b), b.place.sheet, b.place.row) for b in document.blocks] == [
        ("Detail", "Self-analysis", 1),
        ("Artifact", "Self-analysis", 1),
        ("Handbook", "Self-analysis", 4),
        ("one\ntwo", "Notes & more", 2),
    ]
    assert rows(document) == [["Detail", "Artifact"], [], [], ["", "Handbook"]]
    assert rows(document, 1) == [["", "", "one\ntwo"]]


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (3, None, "3"),
        (3.0, None, "3"),
        (0.1 + 0.2, None, "0.3"),
        (1e20, None, "1e+20"),
        (-4.5, None, "-4.5"),
        (0.853, "0%", "85%"),
        (0.853, "0.0%", "85.3%"),
        (1204, "#,##0", "1,204"),
        (2.5, "0.00", "2.50"),
        (True, None, "TRUE"),
        (date(2024, 10, 3), None, "2024-10-03"),
        (datetime(2024, 10, 3, 14, 5), None, "2024-10-03 14:05:00"),
        (datetime(2024, 10, 3, 14, 5), "d/m/yyyy h:mm", "2024-10-03 14:05"),
        (time(0, 15), "h:mm", "0:15"),
        (time(0, 1, 26), "h:mm:ss", "0:01:26"),
        (timedelta(minutes=1, seconds=26), "mm:ss", "1:26"),
        (timedelta(hours=26, minutes=10), "[h]:mm:ss", "26:10:00"),
        (timedelta(minutes=75), "h:mm AM/PM", "1:15"),
        (5, '0 "days"', "5"),
        (5, "[Red]General", "5"),
        ("007", None, "007"),
        ("=1+1 is two", "@", None),
    ],
)
def test_values_as_people_see_them(tmp_path: Path, value: Any, form: str | None, shown: str | None) -> None:
    book = Workbook()
    cell = book.active["A1"]
    cell.value = value
    if shown is None:
        cell.data_type = "s"
        shown = str(value)
    if form:
        cell.number_format = form
    assert read(saved(book, tmp_path / "a.xlsx")).text == shown


def test_the_other_calendar(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = datetime(1904, 1, 1)
    book.active["A1"] = date(2024, 10, 3)
    assert read(saved(book, tmp_path / "a.xlsx")).text == "2024-10-03"


def test_merged_cells(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    for row in (["Title", None, None], ["social", "Handbook", "p. 3"], ["physical", None, "p. 4"], ["emotional", None, "p. 5"]):
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("B2:B4")
    document = read(saved(book, tmp_path / "a.xlsx"))
    assert rows(document) == [
        ["Title"] * 3,
        ["social", "Handbook", "p. 3"],
        ["physical", "Handbook", "p. 4"],
        ["emotional", "Handbook", "p. 5"],
    ]
    assert document.text.count("Handbook") == 1
    assert [c.merged for c in document.tables[0].rows[2]] == [False, True, False]


def test_a_merge_over_the_whole_sheet_is_harmless(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"] = "Title"
    book.active["A2"] = "Row"
    path = saved(book, tmp_path / "a.xlsx")
    merge = '</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    document = read(altered(path, {"xl/worksheets/sheet1.xml": lambda xml: xml.replace("</sheetData>", merge)}))
    assert "Title" in document.text
    assert len(document.tables[0].rows) == 2


def test_far_away_cells_are_separate_tables(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"] = "near"
    book.active["XFD1048576"] = "far"
    document = read(saved(book, tmp_path / "a.xlsx"))
    assert [(document.text_of(b), b.place.row) for b in document.blocks] == [("near", 1), ("far", 1_048_576)]
    assert len(document.tables) == 2


def test_hidden_sheets_and_rows_are_read_and_named(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"] = "seen"
    book.active["A2"] = "folded"
    book.active.row_dimensions[2].hidden = True
    sheet = book.create_sheet("Secret")
    sheet["A1"] = "unseen"
    sheet.sheet_state = "veryHidden"
    document = read(saved(book, tmp_path / "a.xlsx"))
    assert document.text == "seen\nfolded\nunseen"
    assert document.warnings == ("hidden rows were read", "sheet 2 is hidden in the workbook; it was read")


def test_formulas_without_results_are_named(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Total", "=SUM(B2:B9)"])
    document = read(saved(book, tmp_path / "a.xlsx"))
    assert document.text == "Total"
    assert any("formulas" in warning for warning in document.warnings)


def test_stored_results_rich_text_and_odd_types(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"] = "x"
    cells = (
        '<row><c t="str"><f>A1</f><v>result_x000D_</v></c>'
        '<c t="inlineStr"><is><r><t>rich </t></r><r><t>text</t></r><rPh><t>guide</t></rPh></is></c>'
        '<c t="e"><v>#N/A</v></c><c t="s"><v>99</v></c><c><v>not a number</v></c><c t="d"><v>2024-10-03</v></c></row>'
    )
    path = altered(
        saved(book, tmp_path / "a.xlsx"), {"xl/worksheets/sheet1.xml": lambda xml: xml.replace("</sheetData>", cells + "</sheetData>")}
    )
    document = read(path)
    assert [(document.text_of(b), b.place.row) for b in document.blocks] == [
        ("x", 1),
        ("result", 2),
        ("rich text", 2),
        ("#N/A", 2),
        ("not a number", 2),
        ("2024-10-03", 2),
    ]


DRAWING = """<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">
<xdr:sp><xdr:txBody><a:p><a:r><a:t>In a </a:t></a:r><a:r><a:t>text box</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>"""
RELATIONS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://x/relationships/drawing" Target="../drawings/drawing1.xml"/></Relationships>"""


def test_text_boxes_and_cell_notes(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"] = "cell"
    path = saved(book, tmp_path / "a.xlsx")
    added = {"xl/worksheets/_rels/sheet1.xml.rels": RELATIONS, "xl/drawings/drawing1.xml": DRAWING}
    assert read(altered(path, {}, added)).text == "cell\nIn a text box"
    book.active["A1"].comment = Comment("Because we met weekly", "me")
    document = read(saved(book, tmp_path / "b.xlsx"))
    assert [(b.kind, document.text_of(b)) for b in document.blocks] == [("cell", "cell"), ("note", "Because we met weekly")]


def test_strict_files_use_other_namespaces(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"] = "strict"
    book.active["A2"] = date(2024, 10, 3)
    source = saved(book, tmp_path / "a.xlsx")
    target = tmp_path / "strict.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(
                name,
                re.sub(
                    rb"http://schemas.openxmlformats.org/(spreadsheetml|officeDocument)/2006/",
                    rb"http://purl.oclc.org/ooxml/\1/",
                    old.read(name),
                ),
            )
    assert read(target).text == "strict\n2024-10-03"


def test_damage(tmp_path: Path) -> None:
    book = Workbook()
    for number in range(200):
        book.active.append([f"row {number}", "words"])
    book.create_sheet("Two")["A1"] = "second sheet"
    path = saved(book, tmp_path / "a.xlsx")
    cut = read(altered(path, {"xl/worksheets/sheet1.xml": lambda xml: xml[: len(xml) // 2]}))
    assert cut.status == "partial"
    assert "row 20" in cut.text and "second sheet" in cut.text
    gone = read(altered(path, {"xl/worksheets/sheet1.xml": lambda xml: "<"}))
    assert (gone.status, gone.text) == ("partial", "second sheet")
    assert read(altered(path, {"xl/styles.xml": lambda xml: "<broken"})).status == "text"
    assert read(altered(path, {"xl/workbook.xml": lambda xml: "<broken"})).status == "corrupt"


def test_limits(tmp_path: Path) -> None:
    book = Workbook()
    for _ in range(100):
        book.active.append(["a", "b"])
    book.create_sheet("Two")["A1"] = "c"
    path = saved(book, tmp_path / "a.xlsx")
    assert (read(path, Limits(table_cells=50)).status, len(read(path, Limits(table_cells=50)).blocks)) == ("partial", 50)
    assert read(path, Limits(pages=1)).reason == "more than 1 sheets; the rest was not read"


def test_an_empty_workbook(tmp_path: Path) -> None:
    assert read(saved(Workbook(), tmp_path / "a.xlsx")).status == "empty"
