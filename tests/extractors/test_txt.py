from __future__ import annotations

from pathlib import Path

from mcscreen.document import Draft
from mcscreen.extractors import read_document
from mcscreen.extractors.txt import extract
from mcscreen.limits import Limits


def test_reads_paragraphs_and_names_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(
        "Who I am\r\n\r\nI don’t wait; I visit each classroom, sit beside a child and ask what she is learning today.\r\n".encode("cp1252")
    )
    draft = Draft()
    extract(path, draft, draft.limits)
    document = draft.finish(name="a.txt", format="txt", sha256="", size=0)
    assert document.reader == "plain text, cp1252"
    assert [(b.kind, b.place.heading, b.place.paragraph) for b in document.blocks] == [
        ("heading", None, None),
        ("paragraph", "Who I am", 1),
    ]
    assert "don’t" in document.text


def test_one_endless_line_is_cut_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"student centered " * 20_000)
    document = read_document(path, "a.txt", limits=Limits(characters=50_000))
    assert document.status == "partial"
    assert 49_000 < len(document.text) <= 50_000


def test_blank_files_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for data in (b"", b"\n\n \t\r\n", b"\xef\xbb\xbf", "\u00a0\u200b\ufeff ".encode()):
        path.write_bytes(data)
        assert read_document(path, "a.txt").status == "empty"
