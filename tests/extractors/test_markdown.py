from __future__ import annotations

import time
from pathlib import Path

from mcscreen.document import Document
from mcscreen.extractors import read_document


def read(tmp_path: Path, text: str) -> Document:
    path = tmp_path / "a.md"
    path.write_text(text, encoding="utf-8", newline="")
    return read_document(path, "a.md")


def blocks(document: Document) -> list[tuple[str, int, str]]:
    return [(b.kind, b.level, document.text_of(b)) for b in document.blocks]


def test_structure_without_the_marks(tmp_path: Path) -> None:
    text = (
        "---\ntitle: x\ntags: [a]\n---\n# Who *I* am\n\nA **bold** plan with [a link](http://x.org)\nover two lines.  \nHard break.\n\n"
        "- one\n  - inner\n- two\n\n1. first\n\nUnder\n-----\n\n```\ncode = 1\n```\n\n> quoted\n"
    ).replace("\n", "\r\n")
    assert blocks(read(tmp_path, text)) == [
        ("heading", 1, "Who I am"),
        ("paragraph", 0, "A bold plan with a link over two lines.\nHard break."),
        ("list_item", 1, "one"),
        ("list_item", 2, "inner"),
        ("list_item", 1, "two"),
        ("list_item", 1, "first"),
        ("heading", 2, "Under"),
        ("paragraph", 0, "code = 1"),
        ("paragraph", 0, "quoted"),
    ]


def test_tables(tmp_path: Path) -> None:
    document = read(tmp_path, "| Detail | Where |\n|---|:-:|\n| **social** | p. 3<br>p. 4 |\n| physical | |\n")
    assert [[document.text_of(c) for c in row] for row in document.tables[0].rows] == [
        ["Detail", "Where"],
        ["social", "p. 3\np. 4"],
        ["physical", ""],
    ]


def test_html_inside(tmp_path: Path) -> None:
    document = read(tmp_path, "Before <span>in</span> line\n\n<div><p>In a block</p><script>x()</script></div>\n\nAfter")
    assert [text for _, _, text in blocks(document)] == ["Before in line", "In a block", "After"]


def test_a_rule_at_the_start_is_no_front_matter(tmp_path: Path) -> None:
    assert [text for _, _, text in blocks(read(tmp_path, "---\n\nI begin with a rule, not with data.\n\n---\n\nMore.\n"))][-2:] == [
        "I begin with a rule, not with data.",
        "More.",
    ]


def test_depth_and_runs(tmp_path: Path) -> None:
    for text in ("> " * 5_000 + "deep", "- " * 5_000 + "deep", "*" * 50_000 + " deep", "[" * 5_000 + "deep"):
        began = time.process_time()
        assert "deep" in read(tmp_path, text).text
        assert time.process_time() - began < 5


def test_a_giant_is_read_as_plain_text(tmp_path: Path) -> None:
    began = time.process_time()
    document = read(tmp_path, "* a **b** [c](d)\n" * 80_000)
    assert document.status == "text"
    assert time.process_time() - began < 10
    assert document.warnings == ("very long for Markdown; it was read as plain text",)
