"""The DOCX reader: what it makes of paragraphs, tables, boxes, controls, fields and notes."""

from pathlib import Path

import pytest
from extractors.docx_parts import STYLES, blocks, package, para, part, read_bytes, run, style, table

from mcscreen.document import Document


@pytest.fixture
def read(tmp_path: Path):
    def _read(body: str, parts: dict[str, str | bytes] | None = None, links: str = "", background: str = "") -> Document:
        return read_bytes(package(body, parts, links, background), tmp_path)

    return _read


def test_body_order_of_paragraphs_and_tables(read):
    document = read(para("before") + table(["a", "b"], ["c", "d"]) + para("after"))
    assert blocks(document) == [("paragraph", "before"), *[("cell", c) for c in "abcd"], ("paragraph", "after")]
    assert [[document.text_of(c) for c in row] for row in document.tables[0].rows] == [["a", "b"], ["c", "d"]]
    assert (document.status, document.reader, document.pages, document.blocks[0].place.page) == ("text", "docx-xml", None, None)


def test_headings_by_name_outline_and_base_style(read):
    body = (
        para("Titel", style("Titel")) + para("Two", style("berschrift2")) + para("Three", style("Outlined")) + para("Based", style("Mine"))
    )
    document = read(
        body + para("Own", '<w:outlineLvl w:val="0"/>') + para("Looped", style("Loop")) + para("Fin", style("Heading4")),
        {"styles styles.xml": STYLES},
    )
    assert [(b.kind, b.level) for b in document.blocks] == [
        ("heading", 1), ("heading", 2), ("heading", 3), ("heading", 2), ("heading", 1), ("paragraph", 0), ("heading", 4),
    ]  # fmt: skip
    assert document.blocks[5].place.heading == "Own"


def test_long_text_in_a_heading_style_stays_evidence(read):
    essay = "We met every Tuesday with the families and we wrote down what each child needed for the week."
    assert blocks(read(para(essay, style("Heading1")))) == [("paragraph", essay)]


def test_bold_line_above_text_is_a_heading(read):
    bold = "<w:b/>"
    document = read(para("Real", style("Heading1")) + para(run("Artifact one", bold)) + para("The list shows who came."))
    assert blocks(document)[1:] == [("heading", "Artifact one"), ("paragraph", "The list shows who came.")]
    assert document.blocks[1].level == 2
    kept = read(
        para(run("All of it ends here.", bold)) + para(run("Bold ", bold) + run("and not")) + para("x") + para(run("Last line", bold))
    )
    assert [b.kind for b in kept.blocks] == ["paragraph"] * 4
    off = read(para(run("Not bold", '<w:b w:val="0"/>')) + para("x"))
    assert [b.kind for b in off.blocks] == ["paragraph"] * 2
    by_style = read(para(run("Strong words", '<w:rStyle w:val="Strong"/>')) + para("x"), {"styles styles.xml": STYLES})
    assert by_style.blocks[0].kind == "heading"


def test_list_items_with_levels_and_simple_numbers(read):
    numbering = part(
        "numbering",
        """<w:abstractNum w:abstractNumId="0">
        <w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
        <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%2)"/></w:lvl></w:abstractNum>
        <w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="-"/></w:lvl></w:abstractNum>
        <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>""",
    )

    def item(text: str, level: int, number: int = 1) -> str:
        return para(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')

    body = (
        item("one", 0)
        + item("sub", 1)
        + item("sub", 1)
        + item("two", 0)
        + item("sub", 1)
        + item("dot", 0, 2)
        + item("none", 0, 0)
        + para("s", style("Bullets"))
    )
    document = read(body, {"numbering numbering.xml": numbering, "styles styles.xml": STYLES})
    assert [(b.kind, b.level, document.text_of(b)) for b in document.blocks] == [
        ("list_item", 1, "3. one"), ("list_item", 2, "a) sub"), ("list_item", 2, "b) sub"), ("list_item", 1, "4. two"),
        ("list_item", 2, "a) sub"), ("list_item", 1, "dot"), ("paragraph", 0, "none"), ("list_item", 1, "s"),
    ]  # fmt: skip


def test_merged_cells_point_to_their_origin(read):
    def cell(text: str, properties: str) -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{para(text)}</w:tc>"

    top = cell("wide", '<w:gridSpan w:val="2"/>')
    start, more = cell("tall", '<w:vMerge w:val="restart"/>'), cell("", "<w:vMerge/>")
    document = read(table([top, "c"], ["d", start], ["f", more, "g"], ["h", more, cell("", '<w:hMerge w:val="continue"/>')]))
    rows = document.tables[0].rows
    assert [[document.text_of(c) for c in row] for row in rows] == [
        ["wide", "wide", "c"],
        ["d", "tall"],
        ["f", "tall", "g"],
        ["h", "tall", "tall"],
    ]
    assert [[c.merged for c in row] for row in rows][2] == [False, True, False]
    assert document.text.count("tall") == 1


def test_hostile_span_is_capped(read):
    document = read(table(['<w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr>' + para("x") + "</w:tc>", "y"], ["a", "b"]))
    assert len(document.tables[0].rows[0]) < 100


def test_nested_table_stays_in_its_cell_of_a_data_table(read):
    inner = table(["in1", "in2"], ["in3", "in4"])
    document = read(table([f"<w:tc>{para('x')}{inner}{para('y')}</w:tc>", "b"], ["c", "d"]))
    assert document.text_of(document.tables[0].rows[0][0]) == "x\nin1\nin2\nin3\nin4\ny"
    assert document.text.count("in3") == 1


def test_layout_tables_are_taken_apart(read):
    single = read(table(["one"], ["two"]))
    assert (blocks(single), single.tables) == ([("paragraph", "one"), ("paragraph", "two")], ())
    inner = table(["in1", "in2"], ["in3", "in4"])
    document = read(table([f"<w:tc>{para('left')}</w:tc>", f"<w:tc>{inner}{para('')}</w:tc>"]))
    assert document.text == "left\nin1\nin2\nin3\nin4"
    assert len(document.tables) == 1


def test_text_boxes_are_read_once(read):
    box = f"<w:txbxContent>{para('in the box')}</w:txbxContent>"
    choice = f'<mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>'
    fallback = f"<mc:Fallback><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></mc:Fallback>"
    both = f"<w:r><mc:AlternateContent>{choice}{fallback}</mc:AlternateContent></w:r>"
    assert read(para(run("anchor") + both)).text == "anchor\nin the box"
    assert read(para(f"<w:r><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></w:r>")).text == "in the box"
    empty = f'<w:r><mc:AlternateContent><mc:Choice Requires="new"/>{fallback}</mc:AlternateContent></w:r>'
    assert read(para(empty)).text == "in the box"
    assert (
        read(
            para(
                "<w:r><mc:AlternateContent><mc:Choice Requires='emoji'/><mc:Fallback><w:t>smile</w:t></mc:Fallback>"
                "</mc:AlternateContent></w:r>"
            )
        ).text
        == "smile"
    )
    in_cell = read(table([f"<w:tc>{para(run('cell') + both)}</w:tc>", "b"], ["c", "d"]))
    assert in_cell.text_of(in_cell.tables[0].rows[0][0]) == "cell\nin the box"


def test_content_controls_at_every_level(read):
    def control(content: str) -> str:
        return f"<w:sdt><w:sdtPr/><w:sdtContent>{content}</w:sdtContent></w:sdt>"

    cells = f"<w:tc>{para('a')}</w:tc>"
    row = f"<w:tr>{control(cells)}<w:tc>{para('b')}</w:tc></w:tr>"
    body = control(para("block")) + para(run("in ") + control(run("line"))) + f"<w:tbl>{control(row)}</w:tbl>"
    document = read(body + control(control(para("twice"))))
    assert document.text == "block\nin line\na\nb\ntwice"


def test_placeholder_of_an_unfilled_control_is_template(read):
    def unfilled(content: str) -> str:
        return f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"

    document = read(unfilled(para("Tap to enter")) + para(run("Name: ") + unfilled(run("your name"))))
    assert [(document.text_of(b), b.template) for b in document.blocks] == [("Tap to enter", True), ("Name:", False)]


def test_tracked_changes_are_read_as_accepted(read):
    body = para(
        f'<w:ins w:id="1">{run("new ")}</w:ins><w:del w:id="2"><w:r><w:delText>gone</w:delText></w:r>{run("gone too")}</w:del>'
        f"<w:moveFrom>{run('left')}</w:moveFrom><w:moveTo>{run('arrived')}</w:moveTo>"
    )
    deleted_row = f"<w:tr><w:trPr><w:del w:id='3'/></w:trPr><w:tc>{para('rowgone')}</w:tc></w:tr>"
    document = read(body + table(["a", "b"], ["c", "d"]).replace("</w:tbl>", deleted_row + "</w:tbl>"))
    assert document.text == "new arrived\na\nb\nc\nd"


def test_inline_wrappers_symbols_and_breaks(read):
    pieces = (
        f'<w:hyperlink r:id="x">{run("link")}</w:hyperlink><w:smartTag>{run(" tag")}</w:smartTag>'
        f'<w:fldSimple w:instr="REF x">{run(" ref")}</w:fldSimple>'
        f"<w:r><w:t> a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t><w:softHyphen/><w:t>e</w:t></w:r>"
        f"<w:r><w:ruby><w:rt>{run('TOP')}</w:rt><w:rubyBase>{run(' base')}</w:rubyBase></w:ruby></w:r>"
        '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>'
        "<m:oMath><m:r><m:t>x+y</m:t></m:r></m:oMath><w:unheardOf>" + run(" kept") + "</w:unheardOf>"
    )
    assert read(para(pieces)).text == "link tag ref a b\nc-de base✓x+y kept"


def field(result: str, data: str = "", separate: bool = True) -> str:
    middle = f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(result)}' if separate else ""
    code = "<w:r><w:instrText>FORMTEXT secret</w:instrText><w:t>inside code</w:t></w:r>"
    return f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>{code}{middle}<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def test_fields_keep_the_result_only(read):
    assert read(para(run("see ") + field("page 4") + run(" now"))).text == "see page 4 now"


def test_unclosed_field_does_not_swallow_the_document(read):
    broken = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>TOC</w:instrText></w:r>'
    assert "still here" in read(para(run("a") + broken) + para("still here")).text


def test_legacy_form_fields(read):
    box = "<w:ffData><w:checkBox><w:default w:val='0'/>{}</w:checkBox></w:ffData>"
    choices = '<w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="no"/><w:listEntry w:val="yes"/></w:ddList></w:ffData>'
    prompt = '<w:ffData><w:textInput><w:default w:val="Type here"/></w:textInput></w:ffData>'
    checked, unchecked = field("", box.format("<w:checked/>"), False), field("", box.format(""), False)
    document = read(
        para(checked + run("A ") + unchecked + run("B ") + field("", choices, False))
        + para(field("Type here", prompt))
        + para(field("Typed", prompt))
    )
    assert [(document.text_of(b), b.template) for b in document.blocks] == [("☒A ☐B yes", False), ("Type here", True), ("Typed", False)]


def test_notes_follow_the_body_and_comments_do_not(read):
    parts: dict[str, str | bytes] = {
        "footnotes footnotes.xml": part(
            "footnotes", f"<w:footnote w:type='separator'>{para('rule')}</w:footnote>" + f"<w:footnote>{para('foot')}</w:footnote>"
        ),
        "endnotes endnotes.xml": part("endnotes", f"<w:endnote>{para('end')}{para('more')}</w:endnote>"),
        "comments comments.xml": part("comments", f"<w:comment>{para('reviewer')}</w:comment><w:comment>{para('again')}</w:comment>"),
        "header header1.xml": part("hdr", para("District letterhead")),
    }
    document = read(para(run("body") + "<w:r><w:footnoteReference w:id='1'/></w:r>"), parts)
    assert blocks(document) == [("paragraph", "body"), ("note", "foot"), ("note", "end\nmore")]
    assert "2 comments were left out" in document.warnings


def test_header_is_read_when_there_is_nothing_else(read):
    parts: dict[str, str | bytes] = {"header h1.xml": part("hdr", para("All I wrote")), "header h2.xml": part("hdr", para("All I wrote"))}
    assert read(para(""), parts).text == "All I wrote"


@pytest.mark.parametrize(
    "properties",
    ["<w:vanish/>", '<w:color w:val="FFFFFF"/>', '<w:color w:val="FEFEFE"/>', '<w:sz w:val="2"/>', '<w:rStyle w:val="Secret"/>'],
)
def test_unseen_text_is_left_out_with_a_remark(read, properties):
    document = read(para(run("seen ") + run("unseen", properties)), {"styles styles.xml": STYLES})
    assert document.text == "seen"
    assert document.warnings == ("text that cannot be seen was left out",)


def test_white_text_on_a_colour_is_kept(read):
    white = '<w:color w:val="FFFFFF"/>'
    shade = '<w:shd w:val="clear" w:fill="1F3864"/>'
    assert read(para(run("marked", white + '<w:highlight w:val="black"/>'))).text == "marked"
    assert read(para(run("banner", white), shade)).text == "banner"
    row = [f"<w:tc><w:tcPr>{shade}</w:tcPr>{para(run('Head', white))}</w:tc>", "b"]
    assert "Head" in read(table(row, ["c", "d"])).text
    styled = table([f"<w:tc>{para(run('Styled', white))}</w:tc>", "b"], ["c", "d"]).replace(
        "<w:tbl>", "<w:tbl><w:tblPr><w:tblStyle w:val='G'/></w:tblPr>"
    )
    assert "Styled" in read(styled).text
    assert read(para(run("night", white)), background='<w:background w:color="000000"/>').text == "night"
    box = f"<w:r><w:pict><v:textbox><w:txbxContent>{para(run('shape', white))}</w:txbxContent></v:textbox></w:pict></w:r>"
    assert read(para(box)).text == "shape"
    plain = table([f"<w:tc>{para(run('Pale', white))}</w:tc>", "b"], ["c", "d"])
    assert "Pale" not in read(plain).text
