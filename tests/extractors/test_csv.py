from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mcscreen.document import Document
from mcscreen.extractors import read_document
from mcscreen.limits import Limits

ROWS = [
    ["EO detail", "Artifact", "Where to look", "How this shows proficiency"],
    ["Social support", "Plan; final", "p. 3", "We met, talked, and listened; 12 of 14 came.\nThe rest called."],
    ["Physical support", 'The "Blue" Book', "pp. 4-5", ""],
]


def read(tmp_path: Path, data: bytes | str, name: str = "a.csv", limits: Limits | None = None) -> Document:
    path = tmp_path / "upload"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_document(path, name, limits=limits or Limits())


def cells(document: Document) -> list[list[str]]:
    return [[document.text_of(cell) for cell in row] for table in document.tables for row in table.rows]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_separators_and_encodings(tmp_path: Path, separator: str, encoding: str) -> None:
    with (tmp_path / "a.csv").open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=separator).writerows(ROWS)
    document = read_document(tmp_path / "a.csv", "a.csv")
    assert (document.status, cells(document)) == ("text", ROWS)


def test_rows_are_numbered_as_on_the_screen(tmp_path: Path) -> None:
    document = read(tmp_path, 'a,b\n\n"two\nlines",c\n')
    assert [(document.text_of(b), b.place.row) for b in document.blocks] == [("a", 1), ("b", 1), ("two\nlines", 3), ("c", 3)]


def test_excel_can_announce_the_separator(tmp_path: Path) -> None:
    assert cells(read(tmp_path, "sep=;\r\na,b;c\r\n")) == [["a,b", "c"]]


def test_unquoted_commas_in_prose_do_not_win(tmp_path: Path) -> None:
    text = "detail;page;why\nsocial;3;we met, we talked, we agreed\nphysical;4;shoes, coats\nacademic;5;tutors\n"
    assert cells(read(tmp_path, text))[1] == ["social", "3", "we met, we talked, we agreed"]


def test_prose_named_csv_is_read_as_prose(tmp_path: Path) -> None:
    document = read(tmp_path, "I am the principal.\nOur school is small.\n")
    assert [b.kind for b in document.blocks] == ["paragraph", "paragraph"]
    assert document.tables == ()


def test_an_unclosed_quote_does_not_swallow_the_table(tmp_path: Path) -> None:
    document = read(tmp_path, 'a,b\n"x,y\n' + "".join(f"detail {i},why {i}\n" for i in range(60)))
    assert ["detail 59", "why 59"] in cells(document)
    assert document.warnings


def test_limits(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    document = read(tmp_path, "a,b\n" * 100, limits=Limits(table_cells=20))
    assert (document.status, len(document.tables[0].rows)) == ("partial", 10)
    assert read(tmp_path, "a,b\n" + "x" * 300_000 + ",y\n").status == "text"
    assert csv.field_size_limit() == before
