from __future__ import annotations

import time
from pathlib import Path

import pytest

from mcscreen.document import Document
from mcscreen.extractors import read_document
from mcscreen.limits import Limits


def read(tmp_path: Path, page: str | bytes, name: str = "a.html") -> Document:
    path = tmp_path / "upload"
    path.write_bytes(page.encode() if isinstance(page, str) else page)
    return read_document(path, name)


def blocks(document: Document) -> list[tuple[str, int, str]]:
    return [(b.kind, b.level, document.text_of(b)) for b in document.blocks]


def test_structure(tmp_path: Path) -> None:
    page = """<html><head><title>Not the text</title></head><body><h2>Who
    I am</h2><p>A <b>bold</b>er plan,<br>in two lines.</p>Loose text<ul><li>one<ul><li>inner</li></ul></li><li><p>two</p></li></ul>
    <div>In a div <span>and span</span></div><pre>kept
  lines</pre></body></html>"""
    assert blocks(read(tmp_path, page)) == [
        ("heading", 2, "Who I am"),
        ("paragraph", 0, "A bolder plan,\nin two lines."),
        ("paragraph", 0, "Loose text"),
        ("list_item", 1, "one"),
        ("list_item", 2, "inner"),
        ("list_item", 1, "two"),
        ("paragraph", 0, "In a div and span"),
        ("paragraph", 0, "kept\nlines"),
    ]


def test_what_visitors_do_not_see_is_left_out(tmp_path: Path) -> None:
    page = """<body><nav>Menu</nav><div role="navigation">Menu</div><script>x = "code"</script>
    <style>p {}</style><noscript>off</noscript>
    <template>t</template><p style="display: none">stuffing</p><p hidden>stuffing</p><p style="VISIBILITY:hidden">stuffing</p>
    <p style="font-size:0">stuffing</p><p style="font-size:0.9em">shown</p><footer>footer kept</footer> tail kept<!-- comment --></body>"""
    document = read(tmp_path, page)
    assert [text for _, _, text in blocks(document)] == ["shown", "footer kept", "tail kept"]
    assert any("hides" in warning for warning in document.warnings)


def test_data_tables(tmp_path: Path) -> None:
    page = """<table><caption>Plan</caption><tr><th>Detail</th><th>Artifact</th><th colspan=2>Where</th></tr>
    <tr><td>social</td><td rowspan=2>Handbook</td><td>p. 3<br>p. 4</td><td>x</td></tr><tr><td>physical</td><td>p. 5</td></tr></table>"""
    document = read(tmp_path, page)
    assert [[document.text_of(c) for c in row] for row in document.tables[0].rows] == [
        ["Detail", "Artifact", "Where", "Where"],
        ["social", "Handbook", "p. 3\np. 4", "x"],
        ["physical", "Handbook", "p. 5"],
    ]
    assert blocks(document)[0] == ("paragraph", 0, "Plan")
    assert [c.merged for c in document.tables[0].rows[2]] == [False, True, False]


def test_layout_tables_are_prose(tmp_path: Path) -> None:
    prose = "We met every week and looked at the numbers. " * 30
    inner = "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"
    page = f"<table><tr><td><h1>Title</h1><p>{prose}</p></td><td>{prose}</td></tr><tr><td>{inner}</td><td>{prose}</td></tr></table>"
    document = read(tmp_path, page)
    assert [b.kind for b in document.blocks] == ["heading", "paragraph", "paragraph", "cell", "cell", "cell", "cell", "paragraph"]


def test_what_was_typed_into_forms(tmp_path: Path) -> None:
    page = '<p>Name <input value="Ada"><input type=hidden value="token"></p><textarea>My answer\nin lines</textarea><button>Send</button>'
    assert blocks(read(tmp_path, page)) == [("paragraph", 0, "Name Ada"), ("form_field", 0, "My answer\nin lines")]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<meta charset=windows-1251><p>Школа для каждого ребёнка</p>".encode("cp1251"), "Школа для каждого ребёнка"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><p>don’t</p>'.encode("cp1252"), "don’t"),
        ("<meta charset=utf-8><p>don’t café</p>".encode("cp1252"), "don’t café"),
        ("<meta charset=latin1><p>naïve don’t</p>".encode(), "naïve don’t"),
        ("<p>wide</p>".encode("utf-16"), "wide"),
        (b"<meta charset=base64><p>plain caf\xe9</p>", "plain café"),
        (b"<p>&ldquo;entities&rdquo; &amp; more&nbsp;&#8212; done</p>", "“entities” & more — done"),
    ],
)
def test_character_sets(tmp_path: Path, page: bytes, expected: str) -> None:
    assert read(tmp_path, page).text == expected


def test_pictures_inside_the_page_cost_nothing(tmp_path: Path) -> None:
    page = f'<p>Before</p><img src="data:image/png;base64,{"QUJD" * 200_000}"><p>After</p>'
    assert read(tmp_path, page).text == "Before\nAfter"


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "blockquote"])
def test_depth_neither_crashes_nor_silences(tmp_path: Path, tag: str) -> None:
    began = time.process_time()
    document = read(tmp_path, "<html><body>" + f"<{tag}>" * 20_000 + "deep words<p>and more</p>")
    assert document.text.split() == ["deep", "words", "and", "more"]
    assert time.process_time() - began < 5


def test_a_page_of_scripts_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path, "<html><body><script>render()</script></body></html>").status == "empty"


def test_one_endless_paragraph_is_cut_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><body><p>" + "word " * 20_000)
    document = read_document(path, "a.html", limits=Limits(characters=50_000))
    assert document.status == "partial"
    assert 49_000 < len(document.text) <= 50_000
