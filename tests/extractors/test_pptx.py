from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from mcscreen.document import Document
from mcscreen.extractors import read_document
from mcscreen.limits import Limits


def saved(deck: object, path: Path) -> Path:
    deck.save(str(path))  # type: ignore[attr-defined]
    return path


def read(path: Path, limits: Limits | None = None) -> Document:
    return read_document(path, path.name, limits=limits or Limits())


def altered(path: Path, member: str, change: Callable[[str], str | None]) -> Path:
    """A copy of a package with one member changed, or left out when `change` returns None."""
    target = path.with_name("altered.pptx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            if name != member:
                out.writestr(name, source.read(name))
            elif (text := change(source.read(name).decode())) is not None:
                out.writestr(name, text)
    return target


def picture() -> io.BytesIO:
    stream = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(stream, "PNG")
    stream.seek(0)
    return stream


def box(slide: object, text: str, left: float, top: float) -> None:
    slide.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(1)).text_frame.text = text  # type: ignore[attr-defined]


@pytest.fixture
def deck() -> object:
    return Presentation()


def test_titles_bodies_and_notes(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    for number in (1, 2):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = f"Goal {number}"
        slide.placeholders[1].text = "First point\nSecond point"
        slide.placeholders[1].text_frame.paragraphs[1].level = 1
        slide.notes_slide.notes_text_frame.text = f"Say this {number}"
    document = read(saved(deck, tmp_path / "a.pptx"))
    assert (document.status, document.pages, document.page_kind) == ("text", 2, "slide")
    assert [(b.kind, b.level, b.place.slide, b.place.heading, document.text_of(b)) for b in document.blocks][4:] == [
        ("heading", 1, 2, None, "Goal 2"),
        ("paragraph", 0, 2, "Goal 2", "First point"),
        ("list_item", 2, 2, "Goal 2", "Second point"),
        ("slide_note", 0, 2, "Goal 2", "Say this 2"),
    ]


def test_a_slide_without_title_has_no_heading(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "Only here"
    box(deck.slides.add_slide(deck.slide_layouts[6]), "Alone", 1, 1)
    document = read(saved(deck, tmp_path / "a.pptx"))
    assert document.blocks[1].place.heading is None


def test_prose_in_the_title_box_is_evidence(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "We met every week and looked at the numbers together. " * 5
    assert [b.kind for b in read(saved(deck, tmp_path / "a.pptx")).blocks] == ["paragraph"]


def test_reading_order_is_from_the_top(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    box(slide, "bottom", 1, 5)
    box(slide, "right", 5, 2.05)
    box(slide, "left", 1, 2.1)
    group = slide.shapes.add_group_shape()
    for text, top in (("inner low", 1.6), ("inner high", 1.0)):
        group.shapes.add_textbox(Inches(1), Inches(top), Inches(1), Inches(0.3)).text_frame.text = text
    assert read(saved(deck, tmp_path / "a.pptx")).text.split("\n") == ["inner high", "inner low", "left", "right", "bottom"]


def test_slides_come_in_the_order_of_the_presentation(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    for number in range(1, 12):
        box(deck.slides.add_slide(deck.slide_layouts[6]), f"slide {number}", 1, 1)
    order = deck.slides._sldIdLst
    order.insert(0, order[10])
    document = read(saved(deck, tmp_path / "a.pptx"))
    assert [document.text_of(b) for b in document.blocks] == [f"slide {n}" for n in (11, *range(1, 11))]
    assert [b.place.slide for b in document.blocks] == list(range(1, 12))


def test_tables_with_merged_cells(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    table = slide.shapes.add_table(3, 3, Inches(1), Inches(1), Inches(6), Inches(2)).table
    for row in range(3):
        for column in range(3):
            table.cell(row, column).text = f"{row}{column}"
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(1, 2).merge(table.cell(2, 2))
    document = read(saved(deck, tmp_path / "a.pptx"))
    rows = [[document.text_of(c) for c in row] for row in document.tables[0].rows]
    assert rows[0][0] == rows[0][1] and rows[0][2] == "02"
    assert rows[1][2] == rows[2][2] and rows[2][:2] == ["20", "21"]


def test_charts(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    data = CategoryChartData()
    data.categories = ["September", "June"]
    data.add_series("Office visits", (71, 38.5))
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(1), Inches(4), Inches(3), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Visits by month"
    document = read(saved(deck, tmp_path / "a.pptx"))
    assert document.text.split("\n") == ["Visits by month", "Office visits", "September", "71", "June", "38.5"]


SMART_ART = """<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"
xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">
<dgm:ptLst><dgm:pt modelId="0" type="doc"/>{}</dgm:ptLst><dgm:cxnLst>
<dgm:cxn modelId="9" srcId="0" destId="2" srcOrd="1"/><dgm:cxn modelId="8" srcId="0" destId="1" srcOrd="0"/>
<dgm:cxn modelId="7" srcId="1" destId="3" srcOrd="0"/>
<dgm:cxn modelId="6" srcId="3" destId="1" srcOrd="0"/></dgm:cxnLst></dgm:dataModel>"""
POINT = '<dgm:pt modelId="{}"{}><dgm:t><a:p><a:r><a:t>{}</a:t></a:r></a:p></dgm:t></dgm:pt>'
FRAME = """<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="9" name="d"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>
<p:xfrm><a:off x="1" y="1"/></p:xfrm>
<a:graphic><a:graphicData uri="d"><dgm:relIds
xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" r:dm="rId77"/></a:graphicData></a:graphic>
</p:graphicFrame></p:spTree>"""


def test_smart_art(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    deck.slides.add_slide(deck.slide_layouts[6])
    path = altered(saved(deck, tmp_path / "a.pptx"), "ppt/slides/slide1.xml", lambda xml: xml.replace("</p:spTree>", FRAME))
    relation = '<Relationship Id="rId77" Type="http://x/relationships/diagramData" Target="../diagrams/data1.xml"/></Relationships>'
    path = path.replace(tmp_path / "b.pptx")
    path = altered(path, "ppt/slides/_rels/slide1.xml.rels", lambda xml: xml.replace("</Relationships>", relation))
    points = (
        POINT.format(2, "", "Second")
        + POINT.format(3, "", "Under first")
        + POINT.format(1, "", "First")
        + POINT.format(5, ' type="parTrans"', "no")
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("ppt/diagrams/data1.xml", SMART_ART.format(points))
    document = read(path)
    assert [(b.level, document.text_of(b)) for b in document.blocks] == [(1, "First"), (2, "Under first"), (1, "Second")]


def test_footers_dates_and_numbers_are_left_out(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.placeholders[1].text = "Kept"
    furniture = "".join(
        f'<p:sp><p:nvSpPr><p:cNvPr id="{90 + i}" name="f"/><p:cNvSpPr/><p:nvPr><p:ph type="{kind}" idx="{20 + i}"/></p:nvPr></p:nvSpPr>'
        f"<p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>furniture</a:t></a:r></a:p></p:txBody></p:sp>"
        for i, kind in enumerate(("sldNum", "dt", "ftr"))
    )
    path = altered(
        saved(deck, tmp_path / "a.pptx"), "ppt/slides/slide1.xml", lambda xml: xml.replace("</p:spTree>", furniture + "</p:spTree>")
    )
    assert read(path).text == "Kept"


def test_unknown_shapes_do_not_stop_the_deck(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    box(slide, "Kept", 1, 1)
    odd = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice xmlns:n="u:new" '
        'Requires="n"><p:sp><p:nvSpPr><p:cNvPr id="70" name="x"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>'
        "<p:txBody><a:p><a:r><a:t>New</a:t></a:r></a:p></p:txBody></p:sp>"
        "</mc:Choice><mc:Fallback><p:pic/></mc:Fallback></mc:AlternateContent><n:odd xmlns:n='u:new'><n:thing/></n:odd></p:spTree>"
    )
    path = altered(saved(deck, tmp_path / "a.pptx"), "ppt/slides/slide1.xml", lambda xml: xml.replace("</p:spTree>", odd))
    assert sorted(read(path).text.split("\n")) == ["Kept", "New"]


def test_strict_files_use_other_namespaces(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Strict"
    source = saved(deck, tmp_path / "a.pptx")
    target = tmp_path / "strict.pptx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith((".xml", ".rels")):
                data = re.sub(
                    rb"http://schemas.openxmlformats.org/(presentationml|drawingml|officeDocument)/2006/",
                    rb"http://purl.oclc.org/ooxml/\1/",
                    data,
                )
            new.writestr(name, data)
    assert read(target).text == "Strict"


def test_hidden_slides_are_read_and_named(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Backup"
    slide._element.set("show", "0")
    document = read(saved(deck, tmp_path / "a.pptx"))
    assert (document.text, document.warnings) == ("Backup", ("slide 1 is hidden in the presentation; it was read",))


def test_slides_of_pictures(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    for _ in range(2):
        deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_picture(picture(), 0, 0)
    only = read(saved(deck, tmp_path / "only.pptx"))
    assert only.status == "empty"
    assert "slides 1, 2 hold only a picture" in only.reason
    box(deck.slides.add_slide(deck.slide_layouts[6]), "Words", 1, 1)
    assert read(saved(deck, tmp_path / "mixed.pptx")).status == "partial"


def test_one_damaged_slide_costs_one_slide(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    for text in ("one", "two"):
        box(deck.slides.add_slide(deck.slide_layouts[6]), text, 1, 1)
    source = saved(deck, tmp_path / "a.pptx")
    document = read(altered(source, "ppt/slides/slide1.xml", lambda xml: xml[:300]))
    assert (document.status, document.text, document.reason) == ("partial", "two", "slide 1 is damaged")
    assert read(altered(source, "ppt/slides/slide2.xml", lambda xml: None)).status == "partial"
    assert read(altered(source, "ppt/presentation.xml", lambda xml: None)).status == "corrupt"


def test_limits(tmp_path: Path, deck) -> None:  # type: ignore[no-untyped-def]
    for text in ("one", "two", "three"):
        box(deck.slides.add_slide(deck.slide_layouts[6]), text, 1, 1)
    document = read(saved(deck, tmp_path / "a.pptx"), Limits(pages=2))
    assert (document.status, document.text, document.pages) == ("partial", "one\ntwo", 3)
