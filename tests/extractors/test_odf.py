"""The OpenDocument reader, on packages written here."""

import io
import zipfile
from pathlib import Path

import pytest

from mcscreen.document import Document, Draft, UnreadableDocument
from mcscreen.extractors.odf import extract
from mcscreen.limits import DEFAULT_LIMITS, Limits

URN = "urn:oasis:names:tc:opendocument:xmlns:"
NAMES = {n: n for n in ("office", "text", "table", "style", "presentation", "form", "manifest", "script")}
NAMES |= {"draw": "drawing", "fo": "xsl-fo-compatible", "svg": "svg-compatible"}
SPACES = " ".join(f'xmlns:{prefix}="{URN}{name}:1.0"' for prefix, name in NAMES.items()) + ' xmlns:xlink="http://www.w3.org/1999/xlink"'
PICTURE = '<draw:frame><draw:image xlink:href="Pictures/1.png"/></draw:frame>'


def package(
    body: str, styles: str = "", common: str = "", kind: str = "text", members: dict[str, str] | None = None, head: str = ""
) -> bytes:
    files = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": f"{head}<office:document-content {SPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>",
        "styles.xml": f"<office:document-styles {SPACES}><office:styles>{common}</office:styles></office:document-styles>",
        **(members or {}),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read_bytes(data: bytes, folder: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    path = folder / "file.odt"
    path.write_bytes(data)
    draft = Draft(limits)
    extract(path, draft, limits)
    return draft.finish(name="file.odt", format="odt", sha256="", size=len(data))


@pytest.fixture
def read(tmp_path: Path):
    def _read(body: str, styles: str = "", **more) -> Document:
        return read_bytes(package(body, styles, **more), tmp_path)

    return _read


def p(content: str, style: str = "") -> str:
    return f'<text:p text:style-name="{style}">{content}</text:p>'


def style(name: str, properties: str, family: str = "paragraph", parent: str = "", attributes: str = "") -> str:
    head = f'style:name="{name}" style:family="{family}" style:parent-style-name="{parent}" {attributes}'
    return f"<style:style {head}>{properties}</style:style>"


def grid(*rows: list[str]) -> str:
    cells = ["".join(c if c.startswith("<") else f"<table:table-cell>{p(c)}</table:table-cell>" for c in row) for row in rows]
    return '<table:table table:name="T">' + "".join(f"<table:table-row>{row}</table:table-row>" for row in cells) + "</table:table>"


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text_of(block)) for block in document.blocks]


def test_paragraphs_headings_and_lists_in_order(read):
    inner = f"<text:list><text:list-item>{p('sub')}</text:list-item></text:list>"
    items = f"<text:list><text:list-header>{p('head')}</text:list-header><text:list-item>{p('item')}{inner}</text:list-item></text:list>"
    document = read('<text:h text:outline-level="2">Part</text:h>' + p("text") + items)
    assert [(b.kind, b.level, document.text_of(b)) for b in document.blocks] == [
        ("heading", 2, "Part"), ("paragraph", 0, "text"), ("list_item", 1, "head"), ("list_item", 1, "item"), ("list_item", 2, "sub"),
    ]  # fmt: skip
    assert (document.status, document.reader, document.pages) == ("text", "odf-xml", None)
    assert document.blocks[-1].place.heading == "Part"


def test_headings_by_style_and_by_bold(read):
    common = style("Title", "") + style("Heading_20_3", "", attributes='style:display-name="Heading 3"')
    styles = (
        style("P1", "", parent="Title")
        + style("P2", "", parent="Heading_20_3")
        + style("P3", '<style:text-properties fo:font-weight="bold"/>')
    )
    document = read(p("Top", "P1") + p("Third", "P2") + p("Artifact one", "P3") + p("It shows the list."), styles, common=common)
    assert [(b.kind, b.level) for b in document.blocks] == [("heading", 1), ("heading", 3), ("heading", 4), ("paragraph", 0)]


def test_white_space_is_counted_but_not_obeyed(read):
    document = read(p('a<text:s text:c="2000000000"/>b<text:tab/>c<text:line-break/>d\n   e <text:span>f</text:span>'))
    assert document.text == "a b c\nd e f"


def test_tables_with_spans_and_repetitions(read):
    wide = f'<table:table-cell table:number-columns-spanned="2">{p("wide")}</table:table-cell><table:covered-table-cell/>'
    tall = f'<table:table-cell table:number-rows-spanned="2">{p("tall")}</table:table-cell>'
    more = f'<table:table-cell table:number-columns-repeated="2">{p("twice")}</table:table-cell>'
    document = read(grid([wide, "c"], ["d", tall, "f"], ["g", "<table:covered-table-cell/>", "i"], ["j", more]))
    rows = [[document.text_of(c) for c in row] for row in document.tables[0].rows]
    assert rows == [["wide", "wide", "c"], ["d", "tall", "f"], ["g", "tall", "i"], ["j", "twice", "twice"]]
    assert document.text.count("tall") == 1


def test_hostile_repetitions_are_capped(read):
    cell = f'<table:table-cell table:number-columns-repeated="99999999">{p("x")}</table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    document = read(f"<table:table>{row}</table:table>")
    assert document.text.count("x") == 64 * 64


def test_table_headers_nested_and_layout_tables(read):
    head = "<table:table-header-rows><table:table-row><table:table-cell>" + p("h1") + "</table:table-cell><table:table-cell>" + p("h2")
    table = f"<table:table>{head}</table:table-cell></table:table-row></table:table-header-rows>"
    table += grid(["a", f"<table:table-cell>{p('b')}{grid(['in1', 'in2'])}</table:table-cell>"]).partition(">")[2]
    document = read(table)
    assert [[document.text_of(c) for c in row] for row in document.tables[0].rows] == [["h1", "h2"], ["a", "b\nin1\nin2"]]
    single = read(grid(["only"], ["column"]))
    assert (single.tables, [b.kind for b in single.blocks]) == ((), ["paragraph", "paragraph"])


def test_tracked_deletions_comments_and_notes(read):
    deletion = f"<text:changed-region><text:deletion>{p('deleted')}</text:deletion></text:changed-region>"
    changes = f"<text:tracked-changes>{deletion}</text:tracked-changes>"
    note = f"<text:note><text:note-citation>1</text:note-citation><text:note-body>{p('the note')}</text:note-body></text:note>"
    comment = f"<office:annotation>{p('reviewer')}</office:annotation>"
    document = read(changes + p(f'kept<text:change text:change-id="c"/>{note}{comment} on') + p("last"))
    assert blocks(document) == [("paragraph", "kept on"), ("paragraph", "last"), ("note", "the note")]
    assert document.warnings == ("1 comment was left out",)


def test_frames_sections_and_fields(read):
    box = f"<draw:frame><draw:text-box>{p('boxed')}</draw:text-box></draw:frame>"
    shape = f"<draw:g><draw:custom-shape>{p('drawn')}</draw:custom-shape></draw:g>"
    section = f"<text:section>{p('in a section')}</text:section>"
    fields = '<text:a xlink:href="x">link</text:a> <text:unheard-of>new</text:unheard-of>'
    fields += "<text:ruby><text:ruby-base>b</text:ruby-base><text:ruby-text>TOP</text:ruby-text></text:ruby>"
    assert read(p("anchor" + box) + shape + section + p(fields)).text == "anchor\nboxed\ndrawn\nin a section\nlink newb"


def test_placeholders_contents_and_form_fields(read):
    contents = f"<text:table-of-content><text:index-body>{p('Intro 1')}</text:index-body></text:table-of-content>"
    forms = '<office:forms><form:form><form:text form:current-value="typed"/><form:text/></form:form></office:forms>'
    document = read(
        forms + contents + p("<text:placeholder>&lt;Name&gt;</text:placeholder>") + p("I am <text:placeholder>X</text:placeholder>")
    )
    assert [(b.kind, document.text_of(b), b.template) for b in document.blocks] == [
        ("form_field", "typed", False), ("paragraph", "Intro 1", True), ("paragraph", "<Name>", True), ("paragraph", "I am", False),
    ]  # fmt: skip


@pytest.mark.parametrize("look", ['text:display="none"', 'fo:color="#ffffff"', 'fo:font-size="1pt"'])
def test_unseen_text_is_left_out_with_a_remark(read, look):
    document = read(p('seen <text:span text:style-name="S">unseen</text:span>'), style("S", f"<style:text-properties {look}/>", "text"))
    assert document.text == "seen"
    assert document.warnings == ("text that cannot be seen was left out",)


def test_hidden_sections_and_hidden_text_fields(read):
    hidden = style("Sect", '<style:section-properties text:display="none"/>', "section")
    body = p("seen<text:hidden-text>no</text:hidden-text>") + f'<text:section text:style-name="Sect">{p("no")}</text:section>'
    document = read(body, hidden)
    assert (document.text, document.warnings) == ("seen", ("text that cannot be seen was left out",))


def test_white_text_on_a_colour_is_kept(read):
    white = '<style:text-properties fo:color="#ffffff"/>'
    styles = style("W", f'<style:paragraph-properties fo:background-color="#000080"/>{white}') + style("V", white)
    styles += style("Dark", '<style:table-cell-properties fo:background-color="#000080"/>', "table-cell")
    cell = f'<table:table-cell table:style-name="Dark">{p("Head", "V")}</table:table-cell>'
    frame = f"<draw:frame><draw:text-box>{p('Shape', 'V')}</draw:text-box></draw:frame>"
    document = read(p("Banner", "W") + grid([cell, "b"], ["c", "d"]) + p("x" + frame) + p("gone", "V"), styles)
    assert document.text == "Banner\nHead\nb\nc\nd\nx\nShape"


def test_pages_from_breaks(read):
    styles = style("B", '<style:paragraph-properties fo:break-before="page"/>') + style(
        "A", '<style:paragraph-properties fo:break-after="page"/>'
    )
    styles += style("M", "", attributes='style:master-page-name="First"') + style(
        "Off", '<style:paragraph-properties fo:break-before="auto"/>', parent="B"
    )
    body = (
        p("one", "M")
        + p("two", "B")
        + p("same", "A")
        + p("three")
        + p("runs <text:soft-page-break/>over")
        + p("four")
        + p("five", "M")
        + p("five", "Off")
    )
    document = read(body, styles)
    assert [b.place.page for b in document.blocks] == [1, 2, 2, 3, 3, 4, 5, 5]
    assert (document.pages, document.page_kind) == (5, "page")
    assert "page numbers are estimated from page breaks" in document.warnings


def test_slides_with_titles_notes_and_tables(read):
    def frame(content: str, kind: str = "") -> str:
        return f'<draw:frame presentation:class="{kind}"><draw:text-box>{content}</draw:text-box></draw:frame>'

    notes = f"<presentation:notes><draw:page-thumbnail/>{frame(p('say this'), 'notes')}{frame(p('3'), 'page-number')}</presentation:notes>"
    first = frame(p("Title"), "title") + frame(p("point")) + notes
    second = f"<draw:frame>{grid(['a', 'b'], ['c', 'd'])}</draw:frame>" + frame(p("2024"), "date-time")
    document = read(f"<draw:page>{first}</draw:page><draw:page>{second}</draw:page>", kind="presentation")
    assert [(b.kind, document.text_of(b), b.place.slide) for b in document.blocks] == [
        ("heading", "Title", 1), ("paragraph", "point", 1), ("slide_note", "say this", 1), *[("cell", c, 2) for c in "abcd"],
    ]  # fmt: skip
    assert (document.pages, document.page_kind) == (2, "slide")


def test_pages_of_a_drawing(read):
    pages = "".join(f"<draw:page><draw:rect>{p(t)}</draw:rect></draw:page>" for t in ("one", "two"))
    document = read(pages, kind="drawing")
    assert [(document.text_of(b), b.place.page) for b in document.blocks] == [("one", 1), ("two", 2)]


def test_too_many_slides_make_it_partial(tmp_path):
    data = package("".join(f"<draw:page><draw:rect>{p('x')}</draw:rect></draw:page>" for _ in range(5)), kind="presentation")
    document = read_bytes(data, tmp_path, Limits(pages=2))
    assert (document.status, document.text, document.pages) == ("partial", "x\nx", 5)


def test_sheets_keep_row_numbers_over_long_gaps(read):
    def row(cells: str, repeated: int = 1) -> str:
        return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'

    cell, blank = "<table:table-cell>{}</table:table-cell>", '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = row(cell.format(p("a")) + cell.format(p("b")) + blank) + row(blank, 2) + row(cell.format(p("near")) + blank)
    rows += row(blank, 5000) + row(cell.format(p("far"))) + row(blank, 1048576)
    shape = f"<table:shapes><draw:frame><draw:text-box>{p('boxed')}</draw:text-box></draw:frame></table:shapes>"
    document = read(f'<table:table table:name="Log">{shape}{rows}</table:table><table:table table:name="Empty"/>', kind="spreadsheet")
    assert [(document.text_of(b), b.place.sheet, b.place.row) for b in document.blocks] == [
        ("a", "Log", 1), ("b", "Log", 1), ("near", "Log", 4), ("far", "Log", 5005), ("boxed", "Log", None),
    ]  # fmt: skip
    assert (document.pages, document.page_kind, len(document.tables)) == (2, "sheet", 2)


def test_embedded_objects(read):
    chart = f"<office:document-content {SPACES}>{p('Axis')}</office:document-content>"
    frame = '<draw:frame><draw:object xlink:href="./Object 1"/><draw:image/></draw:frame>'
    assert read(p("x" + frame), members={"Object 1/content.xml": chart}).text == "x\nAxis"
    assert read(p("x" + frame)).status == "partial"


def test_only_pictures_need_ocr(read):
    with pytest.raises(UnreadableDocument) as raised:
        read(p(PICTURE))
    assert raised.value.status == "needs_ocr"
    assert read(p("x" + PICTURE)).warnings == ("the text in 1 picture was not read",)


def test_empty_text(read):
    assert read(p("")).status == "empty"


def test_encryption_is_named(read, tmp_path):
    manifest = f"<manifest:manifest {SPACES}><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
    for members in ({"META-INF/manifest.xml": manifest}, {"encrypted-package": "x"}):
        with pytest.raises(UnreadableDocument) as raised:
            read(p("x"), members=members)
        assert raised.value.status == "encrypted"
    harmless = manifest.replace("<manifest:encryption-data/>", "")
    assert read(p("x"), members={"META-INF/manifest.xml": harmless}).status == "text"


@pytest.mark.parametrize(
    "data", [b"", package(p("x" * 300))[:-50], package("<text:p>"), package("").replace(b"content.xml", b"contnet.xml")]
)
def test_damaged_files_are_corrupt(data, tmp_path):
    with pytest.raises(UnreadableDocument) as raised:
        read_bytes(data, tmp_path)
    assert raised.value.status == "corrupt"


def test_entities_are_not_expanded(tmp_path):
    (tmp_path / "secret.txt").write_text("CANARY")
    head = f'<!DOCTYPE x [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>'
    assert read_bytes(package(p("before &x; after"), head=head), tmp_path).text == "before after"


@pytest.mark.parametrize("wrapper", ["<text:section>{}</text:section>", "<text:list><text:list-item>{}</text:list-item></text:list>"])
def test_deep_nesting_is_cut_with_a_reason(read, wrapper):
    body = p("deep")
    for _ in range(100):
        body = wrapper.format(body)
    document = read(p("top") + body)
    assert (document.status, document.text) == ("partial", "top")


def test_a_file_made_by_another_writer(tmp_path):
    from odf import opendocument, table, text

    made = opendocument.OpenDocumentText()
    made.text.addElement(text.H(outlinelevel=1, text="Reflection"))
    made.text.addElement(text.P(text="We changed the bell."))
    grid_made = table.Table(name="T")
    for pair in (("a", "b"), ("c", "d")):
        row = table.TableRow()
        for content in pair:
            cell = table.TableCell()
            cell.addElement(text.P(text=content))
            row.addElement(cell)
        grid_made.addElement(row)
    made.text.addElement(grid_made)
    made.save(str(tmp_path / "made.odt"))
    document = read_bytes((tmp_path / "made.odt").read_bytes(), tmp_path)
    assert blocks(document) == [("heading", "Reflection"), ("paragraph", "We changed the bell."), *[("cell", c) for c in "abcd"]]
