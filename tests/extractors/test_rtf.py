"""The RTF reader, on files written here."""

from pathlib import Path

import pytest

from mcscreen.document import Document, Draft, UnreadableDocument
from mcscreen.extractors.rtf import extract
from mcscreen.limits import DEFAULT_LIMITS, Limits


@pytest.fixture
def read(tmp_path: Path):
    def _read(body: str | bytes, head: str = r"\ansi\ansicpg1252\deff0", limits: Limits = DEFAULT_LIMITS, whole: bool = False) -> Document:
        data = body if isinstance(body, bytes) else body.encode("latin-1")
        path = tmp_path / "file.rtf"
        path.write_bytes(data if whole else b"{\\rtf1" + head.encode() + b" " + data + b"}")
        draft = Draft(limits)
        extract(path, draft, limits)
        return draft.finish(name="file.rtf", format="rtf", sha256="", size=len(data))

    return _read


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text_of(block)) for block in document.blocks]


def test_paragraphs_and_breaks(read):
    document = read("one\\par two\\line still two\\tab x\\par\r\nthr\r\nee\\\nfour")
    assert document.text == "one\ntwo\nstill two x\nthree\nfour"
    assert (len(document.blocks), document.status, document.reader, document.pages) == (4, "text", "rtf-tokens", None)


def test_characters(read):
    assert read(r"caf\'e9 \{a\}\\ x\~y a\_b soft\-ly \ldblquote q\rdblquote\emdash\bullet ").text == "café {a}\\ x y a-b softly “q”—•"


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        (r"\ansi\ansicpg1251", r"\'cf\'f0\'e8\'e2\'e5\'f2", "Привет"),
        (r"\mac", r"\'8e", "é"),
        (r"\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset161 B;}}", r"\'e9{\f1 \'e1}\'e9", "éαé"),
        (r"\ansi\deff1{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset128 B;}}", r"\f1\'83A\'82\'a0", "アあ"),
        (r"\ansi\ansicpg99999", r"\'e9", "é"),
    ],
)
def test_code_pages(read, head, body, text):
    assert read(body, head).text == text


def test_unicode_with_fallbacks(read):
    assert read(r"\uc1\u233?\u8217'x \uc2\u945\'61\'62y \uc0\u946 z").text == "é’x αy βz"
    assert read(r"\u-10179?\u-8704?").text == "😀"
    assert read(r"{\uc3\u945 abc}\u946?x").text == "αβx"


def test_bad_unicode_and_counts_do_no_harm(read):
    document = read(r"keep \u-10179 \uc99999\u55357 x\u99999999999999999999 y\par still")
    document.text.encode("utf-8")
    assert document.text.startswith("keep")
    assert document.text.endswith("still")


def test_destinations_are_not_text(read):
    body = r"{\info{\title secret}}{\header head}{\footerr foot}{\*\generator G;}{\*\unheardof hidden}{\stylesheet{\s0 Normal;}}seen"
    assert read(body + r"{\field{\*\fldinst HYPERLINK x}{\fldrslt  link}}{\upr{ansi}{\*\ud{ uni}}}{\*\bkmkstart b}").text == "seen link uni"


def test_tracked_and_hidden_text(read):
    document = read(r"{\revised new }{\deleted gone }{\v hidden }{\fs2 tiny }\fs24 kept{\deleted no\plain  yes}")
    assert document.text == "new kept yes"
    assert document.warnings == ("text that cannot be seen was left out",)


def test_white_text(read):
    head = r"\ansi{\colortbl;\red255\green255\blue255;\red0\green0\blue0;}"
    assert read(r"a {\cf1 white }{\cf2 black }{\cf1\highlight2 marked}", head).text == "a black marked"
    assert "Head" in read(r"\trowd\cellx1\cellx2\pard\intbl{\cf1 Head}\cell b\cell\row", head).text


def test_headings(read):
    styles = r"\ansi{\stylesheet{\s0 Normal;}{\s3\outlinelevel2 Section line;}{\s1 heading 1;}{\s9 toc 1;}}"
    body = r"\pard\s1 One\par\pard\s3 Three\par\pard\outlinelevel1 Two\par\pard\s1\outlinelevel9 Body\par"
    body += r"\pard\s9 Entry 4\par\pard{\b Bold line}\par text"
    document = read(body, styles)
    assert [(b.kind, b.level, document.text_of(b), b.template) for b in document.blocks] == [
        ("heading", 1, "One", False), ("heading", 3, "Three", False), ("heading", 2, "Two", False), ("paragraph", 0, "Body", False),
        ("paragraph", 0, "Entry 4", True), ("heading", 3, "Bold line", False), ("paragraph", 0, "text", False),
    ]  # fmt: skip


def test_list_items(read):
    body = r"{\listtext\pard 1.\tab}\pard\ls1 one\par{\listtext\f2 \'b7\tab}\pard\ls2\ilvl1 dot\par{\pntext 2)\tab}two\par\pard plain"
    document = read(body)
    assert [(b.kind, b.level, document.text_of(b)) for b in document.blocks] == [
        ("list_item", 1, "1. one"), ("list_item", 2, "dot"), ("list_item", 2, "2) two"), ("paragraph", 0, "plain"),
    ]  # fmt: skip


def test_tables_with_merged_cells(read):
    first = r"\trowd\clmgf\cellx1\clmrg\cellx2\clvmgf\cellx3\pard\intbl wide\cell\cell tall\cell\row"
    second = r"\trowd\cellx1\cellx2\clvmrg\cellx3\pard\intbl a\par more\cell b\cell\cell\row"
    document = read(r"before\par" + first + second + r"\pard after\par")
    assert [[document.text_of(c) for c in row] for row in document.tables[0].rows] == [["wide", "wide", "tall"], ["a\nmore", "b", "tall"]]
    assert (blocks(document)[0], blocks(document)[-1]) == (("paragraph", "before"), ("paragraph", "after"))


def test_nested_layout_and_unfinished_tables(read):
    nested = r"\trowd\cellx1\cellx2\pard\intbl x\par\itap2 in1\nestcell in2\nestcell"
    nested += r"{\*\nesttableprops\trowd\nestrow}{\nonesttables no\par}\pard\intbl y\cell b\cell\row"
    assert read(nested).text == "x\nin1\nin2\ny\nb"
    column = read(r"\trowd\cellx1\pard\intbl one\cell\row\trowd\cellx1\pard\intbl two\cell\row\pard")
    assert (column.tables, column.text) == ((), "one\ntwo")
    assert read(r"\trowd\cellx1\cellx2\pard\intbl a\cell b").text == "a\nb"


def test_two_tables_with_a_paragraph_between(read):
    row = r"\trowd\cellx1\cellx2\pard\intbl a\cell b\cell\row"
    assert len(read(row + row + r"\pard\par " + row).tables) == 2


def test_pages(read):
    body = r"one\page two\par\pard\pagebb three\par\pard same\sect\sbknone same\sect\sbkpage four\par"
    document = read(r"\pard\pagebb first\par\pard " + body)
    assert [(document.text_of(b), b.place.page) for b in document.blocks] == [
        ("first", 1), ("one\ntwo", 1), ("three", 3), ("same", 3), ("same", 3), ("four", 4),
    ]  # fmt: skip
    assert (document.pages, document.page_kind) == (4, "page")
    assert "page numbers are estimated from page breaks" in document.warnings


def test_notes_text_boxes_and_comments(read):
    note = r"{\super 1{\footnote\pard {\super 1} the note\par}}"
    box = r"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt\pard in the box\par}}{\shprslt{\*\do{\dptxbxtext old}}}}"
    document = read("body" + note + box + r"{\*\annotation remark} goes on\par last{\shp{\*\shpinst{\shptxt unended}}}")
    kinds = blocks(document)
    assert kinds[0][1].startswith("body") and kinds[0][1].endswith("goes on")
    assert ("paragraph", "in the box") in kinds and ("paragraph", "unended") in kinds
    assert kinds[-1][0] == "note" and kinds[-1][1].endswith("the note")
    assert "1 comment was left out" in document.warnings


def test_pictures_and_binary_data(read):
    assert read(r"{\pict\pngblip 89504e47}x").warnings == ("the text in 1 picture was not read",)
    assert read(b"a{\\pict\\bin6 }}{{\\x}b").text == "ab"
    assert read(r"keep {\pict\bin4294967295 xx} on").text == "keep on"
    with pytest.raises(UnreadableDocument) as raised:
        read(r"{\pict 89504e47}\par")
    assert raised.value.status == "needs_ocr"
    assert read(r"x{\object\objemb{\*\objclass Excel}{\*\objdata 00}{\result seen}}").status == "partial"


def test_deep_groups(read):
    assert read(b"{" * 20_000 + b"deep" + b"}" * 20_000).text == "deep"


def test_unbalanced_groups(read):
    cut = read(rb"{\rtf1 one\par two", whole=True)
    assert (cut.status, cut.text) == ("partial", "one\ntwo")
    early = read(rb"{\rtf1 one\par} two\par three\par}", whole=True)
    assert early.text == "one\ntwo\nthree"
    assert read(b"{\\rtf1 one}\x00\x00trailer", whole=True).text == "one"


def test_empty_and_foreign_files(read):
    assert read(r"\pard\par").status == "empty"
    with pytest.raises(UnreadableDocument) as raised:
        read(b"<html>", whole=True)
    assert raised.value.status == "corrupt"
    with pytest.raises(UnreadableDocument) as large:
        read("x" * 100, limits=Limits(file_bytes=50))
    assert large.value.status == "too_large"
