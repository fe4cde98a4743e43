"""The DOCX reader: pages, other parts of the package, damage and hostile input."""

import io
import zipfile
from pathlib import Path

import pytest
from extractors.docx_parts import MAIN, PICTURE, SPACES, STRICT, STYLES, blocks, package, para, part, read_bytes, run, style, table

from mcscreen.document import Document, UnreadableDocument
from mcscreen.limits import Limits


@pytest.fixture
def read(tmp_path: Path):
    def _read(body: str, parts: dict[str, str | bytes] | None = None, links: str = "", background: str = "") -> Document:
        return read_bytes(package(body, parts, links, background), tmp_path)

    return _read


def pages(document: Document) -> list[tuple[str, int | None]]:
    return [(document.text_of(b), b.place.page) for b in document.blocks]


BREAK = '<w:r><w:br w:type="page"/></w:r>'
LAID_OUT = "<w:r><w:lastRenderedPageBreak/></w:r>"


def test_pages_from_breaks_the_writer_set(read):
    body = para(run("one") + BREAK) + para("two") + para("three", "<w:pageBreakBefore/>") + para("same", '<w:pageBreakBefore w:val="0"/>')
    document = read(body)
    assert pages(document) == [("one", 1), ("two", 2), ("three", 3), ("same", 3)]
    assert (document.pages, document.page_kind) == (3, "page")
    assert "page numbers are estimated from page breaks" in document.warnings


def test_break_before_the_first_paragraph_makes_no_page(read):
    document = read(para("first", "<w:pageBreakBefore/>") + para("second"))
    assert (document.pages, document.blocks[0].place.page) == (None, None)


def test_section_breaks_take_the_type_of_the_next_section(read):
    first = para("a", "<w:sectPr><w:type w:val='nextPage'/></w:sectPr>")
    second = para("b", "<w:sectPr><w:type w:val='continuous'/></w:sectPr>")
    assert pages(read(first + second + para("c") + "<w:sectPr/>")) == [("a", 1), ("b", 1), ("c", 2)]


def test_layout_of_word_is_preferred_and_not_added_to_breaks(read):
    body = para(run("one") + BREAK) + para(LAID_OUT + run("two")) + para(run("still two ") + LAID_OUT + run("runs over")) + para("three")
    assert pages(read(body)) == [("one", 1), ("two", 2), ("still two runs over", 2), ("three", 3)]


def test_rows_of_a_long_table_have_their_own_pages(read):
    crossing = [f"<w:tc>{para(LAID_OUT + run(t))}</w:tc>" for t in ("c", "d")]
    document = read(para("x") + table(["a", "b"], crossing) + para("y"))
    assert pages(document) == [("x", 1), ("a", 1), ("b", 1), ("c", 2), ("d", 2), ("y", 2)]


def test_pages_beyond_the_limit_make_it_partial(tmp_path):
    data = package("".join(para(run(f"p{n}") + BREAK) for n in range(5)))
    document = read_bytes(data, tmp_path, Limits(pages=3))
    assert (document.status, document.text) == ("partial", "p0\np1\np2")


def test_table_of_contents_is_template(read):
    document = read(para("Intro 1", style("T1")), {"styles styles.xml": STYLES})
    assert document.blocks[0].template


def test_embedded_documents(read, tmp_path):
    html = "<html><head><title>no</title></head><body><h1>Part</h1><p>one <b>bold</b></p><div>two<script>x()</script></div></body></html>"
    mht = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>saved page</p></body></html>"
    parts: dict[str, str | bytes] = {
        "aFChunk a.html": html, "aFChunk b.txt": "plain\ntext",
        "aFChunk c.docx": package(para("inner")), "aFChunk d.mht": mht, "aFChunk e.rtf": r"{\rtf1 x}",
    }  # fmt: skip
    document = read(para("outer") + "".join(f'<w:altChunk r:id="part{n}"/>' for n in range(5)), parts)
    assert document.text == "outer\nPart\none bold\ntwo\nplain\ntext\ninner\nsaved page"
    assert (document.status, document.reason) == ("partial", "a document embedded in this one was not read")


def test_document_that_embeds_itself_comes_to_an_end(read):
    inner = package(para("deep"))
    for _ in range(6):
        inner = package(para("deep") + '<w:altChunk r:id="part0"/>', {"aFChunk c.docx": inner})
    document = read('<w:altChunk r:id="part0"/>', {"aFChunk c.docx": inner})
    assert document.status == "partial"
    assert 1 <= document.text.count("deep") <= 6


def test_charts_and_diagrams(read):
    chart = f"<c:chartSpace {SPACES}><a:p><a:r><a:t>Attendance</a:t></a:r></a:p>"
    chart += "<c:cat><c:strCache><c:pt><c:v>Fall</c:v></c:pt></c:strCache></c:cat>"
    chart += "<c:val><c:numCache><c:pt><c:v>7</c:v></c:pt></c:numCache></c:val></c:chartSpace>"
    art = f"<dgm:dataModel {SPACES}><a:p><a:r><a:t>Plan</a:t></a:r></a:p><a:p><a:r><a:t>Do</a:t></a:r></a:p></dgm:dataModel>"
    drawings = '<w:r><w:drawing><c:chart r:id="part0"/></w:drawing></w:r><w:r><w:drawing><dgm:relIds r:dm="part1"/></w:drawing></w:r>'
    assert read(para(drawings), {"chart c.xml": chart, "diagramData d.xml": art}).text == "Attendance\nFall\nPlan\nDo"


def test_embedded_file_is_reported_and_equation_is_not(read):
    def embedded(program: str) -> str:
        return para(run("x") + f'<w:r><w:object><o:OLEObject ProgID="{program}"/></w:object></w:r>')

    assert read(embedded("Excel.Sheet.12")).status == "partial"
    assert read(embedded("Equation.3")).status == "text"


def test_only_pictures_need_ocr(read):
    with pytest.raises(UnreadableDocument) as raised:
        read(para(PICTURE), {"header h.xml": part("hdr", para("letterhead"))})
    assert raised.value.status == "needs_ocr"
    assert "the text in 1 picture was not read" in read(para("x") + para(PICTURE)).warnings


def test_empty_document(read):
    assert read(para("")).status == "empty"


def test_strict_namespaces_and_other_part_names(tmp_path):
    body = '<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>Strict</w:t></w:r></w:p>'
    document = f'<w:document xmlns:w="{STRICT}"><w:body>{body}</w:body></w:document>'
    kind = "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"
    rel = f'<Relationships><Relationship Id="r" Type="{kind}" Target="/Word\\Main.xml"/></Relationships>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("_rels/.rels", rel)
        archive.writestr("word/main.xml", document)
    assert blocks(read_bytes(buffer.getvalue(), tmp_path)) == [("heading", "Strict")]


def test_main_part_from_the_content_types(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override PartName="/d/x.xml" ContentType="{MAIN}"/></Types>')
        archive.writestr("d/x.xml", f"<w:document {SPACES}><w:body>{para('found')}</w:body></w:document>")
    assert read_bytes(buffer.getvalue(), tmp_path).text == "found"


def test_doubled_parts_are_remarked(tmp_path):
    data = package(para("first"))
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("word/document.xml", f"<w:document {SPACES}><w:body>{para('second')}</w:body></w:document>")
    document = read_bytes(buffer.getvalue(), tmp_path)
    assert document.text == "second"
    assert document.warnings == ("two parts of the package have the same name; the last one was read",)


def test_damaged_side_part_makes_it_partial(read):
    document = read(para("body"), {"footnotes f.xml": "<w:footnotes"})
    assert (document.status, document.text, document.reason) == ("partial", "body", "the footnotes could not be read")


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (OLE, "unsupported"),
        (package(para("x" * 500))[:-60], "corrupt"),
        (package("<w:p>"), "corrupt"),
        (b"", "corrupt"),
    ],
)
def test_unreadable_files(data, status, tmp_path):
    with pytest.raises(UnreadableDocument) as raised:
        read_bytes(data, tmp_path)
    assert raised.value.status == status


def test_package_without_a_document_part(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("other.xml", "<x/>")
    with pytest.raises(UnreadableDocument, match="no document part"):
        read_bytes(buffer.getvalue(), tmp_path)


def test_entities_are_not_expanded_and_the_text_after_them_is_kept(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY")
    head = f'<!DOCTYPE x [<!ENTITY x SYSTEM "file://{secret}">]>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "word/document.xml",
            f"{head}<w:document {SPACES}><w:body><w:p><w:r><w:t>before &x; after</w:t></w:r></w:p></w:body></w:document>",
        )
    assert read_bytes(buffer.getvalue(), tmp_path).text == "before after"


def test_large_media_is_never_inflated_but_a_bomb_is_refused(tmp_path):
    def with_member(name: str) -> bytes:
        buffer = io.BytesIO(package(para("text")) if name != "word/document.xml" else b"")
        with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, bytes(20_000_000))
        return buffer.getvalue()

    assert read_bytes(with_member("word/media/scan.bmp"), tmp_path).text == "text"
    with pytest.raises(UnreadableDocument) as raised:
        read_bytes(with_member("word/document.xml"), tmp_path)
    assert raised.value.status == "too_large"


@pytest.mark.parametrize(
    "wrapper",
    ["<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>", "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", "<w:wrapped>{}</w:wrapped>"],
)
def test_deep_nesting_is_cut_with_a_reason(read, wrapper):
    body = para("deep")
    for _ in range(75):
        body = wrapper.format(body)
    document = read(para("top") + body)
    assert (document.status, document.text) == ("partial", "top")
    assert "nested deeper than 40 levels" in document.reason


def test_a_file_made_by_another_writer(tmp_path):
    import docx

    made = docx.Document()
    made.add_heading("Reflection", 1)
    made.add_paragraph("We changed the bell.")
    made.add_paragraph("first", style="List Number")
    grid = made.add_table(2, 2)
    grid.cell(0, 0).merge(grid.cell(0, 1)).text = "both"
    grid.cell(1, 1).text = "last"
    made.add_page_break()
    made.add_paragraph("on page two")
    made.save(tmp_path / "made.docx")
    document = read_bytes((tmp_path / "made.docx").read_bytes(), tmp_path)
    assert blocks(document) == [
        ("heading", "Reflection"), ("paragraph", "We changed the bell."), ("list_item", "1. first"), ("cell", "both"), ("cell", "last"),
        ("paragraph", "on page two"),
    ]  # fmt: skip
    assert document.blocks[-1].place.page == 2
    assert document.tables[0].rows[0][1].merged
