"""PDF reading: order, paragraphs, tables, what repeats, what is hidden, and how unreadable files are told apart."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfgen.canvas import Canvas

from mcscreen.document import Document, Draft, UnreadableDocument
from mcscreen.extractors.pdf import extract
from mcscreen.limits import Limits

WIDTH, HEIGHT = A4

LEFT = (
    "Our school began the year with a plan for every student who needed help with reading. Teachers met on Mondays to look at "
    "the notes, and each of them left with one child to watch. By winter the notes were shared with families, who added what "
    "they saw at home. The list grew shorter as the spring came on, and by May it was half as long as it had been in the fall."
)
RIGHT = (
    "Lunch was the part of the day that nobody had planned for. A few children sat alone, so the counselor set up tables with "
    "games and asked older students to host them. After a month most seats were taken, and the hosts began to invite others "
    "without being asked. The custodian said that he had never heard the room so loud or seen it so clean afterwards."
)


class Page:
    """A canvas that writes wrapped paragraphs downwards."""

    def __init__(self, path: Path, **options: object) -> None:
        self.path = path
        self.canvas = Canvas(str(path), pagesize=A4, **options)
        self.y = HEIGHT - 90

    def write(self, text: str, size: float = 11, font: str = "Helvetica", x: float = 60, width: float = 470, gap: float = 8) -> None:
        for line in simpleSplit(text, font, size, width):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, self.y, line)
            self.y -= size * 1.25
        self.y -= gap

    def turn(self) -> None:
        self.canvas.showPage()
        self.y = HEIGHT - 90

    def save(self) -> Path:
        self.canvas.save()
        return self.path


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(tmp_path / "file.pdf")


def read(path: Path, limits: Limits | None = None, ocr: Callable[[bytes], str] | None = None) -> Document:
    draft = Draft(limits=limits or Limits())
    extract(path, draft, draft.limits, ocr=ocr)
    return draft.finish(name=path.name, format="pdf", sha256="", size=0)


def blocks(document: Document, kind: str = "paragraph") -> list[str]:
    return [document.text_of(b) for b in document.blocks if b.kind == kind]


def scan(words: str = "") -> ImageReader:
    picture = Image.effect_noise((200, 280), 40)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    stream.seek(0)
    return ImageReader(stream)


def test_paragraphs_have_pages_and_no_line_breaks(page: Page) -> None:
    page.write(LEFT)
    page.turn()
    page.write(RIGHT)
    document = read(page.save())
    assert document.status == "text"
    assert (document.pages, document.page_kind) == (2, "page")
    assert document.reader.startswith("pypdfium2 ")
    assert blocks(document) == [LEFT, RIGHT]
    assert [b.place.page for b in document.blocks] == [1, 2]


@pytest.mark.parametrize("columns", [2, 3])
@pytest.mark.parametrize("by_row", [True, False])
def test_columns_are_read_one_after_the_other(page: Page, columns: int, by_row: bool) -> None:
    size, gap = 9, 18
    width = (WIDTH - 120 - gap * (columns - 1)) / columns
    texts = [LEFT, RIGHT, LEFT.replace("school", "district")][:columns]
    lines = [simpleSplit(text, "Helvetica", size, width) for text in texts]
    page.write("The news of the school in one line across all of the columns", 16, "Helvetica-Bold")
    top = page.y
    places = [(r, c) for r in range(max(map(len, lines))) for c in range(columns) if r < len(lines[c])]
    page.canvas.setFont("Helvetica", size)
    for r, c in places if by_row else sorted(places, key=lambda place: place[1]):
        page.canvas.drawString(60 + c * (width + gap), top - r * size * 1.2, lines[c][r])
    document = read(page.save())
    assert blocks(document) == texts
    assert blocks(document, "heading") == ["The news of the school in one line across all of the columns"]


def test_ragged_text_and_tabbed_lists_stay_one_column(page: Page) -> None:
    rows = [("Monday", "Reading club", "Room 4"), ("Tuesday", "Chess", "Library"), ("Wednesday", "Choir", "Stage")]
    rows += [("Thursday", "Garden", "Yard"), ("Friday", "Film", "Gym"), ("Saturday", "Open house", "Hall")]
    for row in rows:
        for x, text in zip((60, 200, 400), row, strict=True):
            page.canvas.drawString(x, page.y, text)
        page.y -= 16
    text = read(page.save()).text.replace("\n", " ")
    assert " ".join(" ".join(row) for row in rows) == text


def test_first_line_indents_and_short_lines_part_paragraphs(page: Page) -> None:
    for text in (LEFT, RIGHT):
        lines = simpleSplit("        " + text, "Helvetica", 11, 470)
        for number, line in enumerate(lines):
            page.canvas.setFont("Helvetica", 11)
            page.canvas.drawString(60 + (24 if number == 0 else 0), page.y, line.strip())
            page.y -= 14
    assert blocks(read(page.save())) == [LEFT, RIGHT]


def test_list_items_lose_their_bullet_keep_their_dash_and_are_unwrapped(page: Page) -> None:
    page.write("What we did:", gap=0)
    for text in ("\u2022 " + LEFT, "- " + RIGHT, "3. Third of all."):
        page.write(text, gap=0)
    document = read(page.save())
    assert blocks(document, "list_item") == [LEFT, f"- {RIGHT}", "3. Third of all."]


def test_a_number_at_the_start_of_a_wrapped_line_is_no_list(page: Page) -> None:
    page.canvas.setFont("Helvetica", 11)
    for line in ("We keep a bucket with its own parking space in the hall outside of the office and Room", "12. The track was made new."):
        page.canvas.drawString(60, page.y, line)
        page.y -= 14
    assert len(blocks(read(page.save()))) == 1


def test_headings_by_size_and_weight(page: Page) -> None:
    page.write("Part 1", 18, "Helvetica-Bold")
    page.write("Supporting students", 11, "Helvetica-Bold")
    page.write(LEFT)
    page.write("This is important.", 11, "Helvetica-Bold")
    document = read(page.save())
    assert [(document.text_of(b), b.level) for b in document.blocks if b.kind == "heading"] == [("Part 1", 1), ("Supporting students", 2)]
    assert document.blocks[2].place.heading == "Supporting students"
    assert blocks(document) == [LEFT, "This is important."]


@pytest.mark.parametrize("pages", [2, 3, 5])
def test_running_headers_and_page_numbers_go(page: Page, pages: int) -> None:
    for number in range(1, pages + 1):
        page.canvas.setFont("Helvetica", 8)
        page.canvas.drawRightString(WIDTH - 40, HEIGHT - 40, "Candidate S21")
        page.canvas.drawCentredString(WIDTH / 2, 30, f"Page {number} of {pages}")
        page.write(LEFT if number % 2 else RIGHT)
        page.turn()
    document = read(page.save())
    assert set(blocks(document)) == {LEFT, RIGHT}
    assert "Candidate" not in document.text and "Page" not in document.text


def test_headings_that_count_are_no_running_headers(page: Page) -> None:
    for number in range(1, 5):
        page.y = HEIGHT - 60
        page.write(f"Week {number}", 15, "Helvetica-Bold")
        page.write(LEFT)
        page.turn()
    assert blocks(read(page.save()), "heading") == ["Week 1", "Week 2", "Week 3", "Week 4"]


def test_a_short_document_of_one_line_a_page_is_kept(page: Page) -> None:
    for number in range(1, 4):
        page.canvas.drawString(60, HEIGHT - 50, f"Photo number {number}")
        page.turn()
    assert len(blocks(read(page.save()))) == 3


ROWS = [
    ["EO detail", "Artifact", "Page", "Explanation"],
    [
        "1a. Academic support",
        "Intervention log",
        "p. 2",
        "The log shows who got help with reading, on which days, and for how long it went on.",
    ],
    ["1b. Social support", "Lunch plan", "pp. 1-2", "Page 1 names the hosts. Page 2 has the count of the seats."],
    ["2a. Roles", "Handbook", "p. 4", "Every adult signs a list of the children in their care."],
]
EDGES = (60, 190, 290, 340, 530)


def draw_table(page: Page, rows: list[list[str]], *, ruled: bool) -> None:
    top = page.y
    if ruled:
        page.canvas.line(EDGES[0], top, EDGES[-1], top)
    for row in rows:
        cells = [simpleSplit(text, "Helvetica", 9, b - a - 10) for text, a, b in zip(row, EDGES, EDGES[1:], strict=False)]
        for x, lines in zip(EDGES, cells, strict=False):
            page.canvas.setFont("Helvetica-Bold" if row is ROWS[0] else "Helvetica", 9)
            for number, line in enumerate(lines):
                page.canvas.drawString(x + 5, page.y - 12 - number * 11, line)
        page.y -= max(map(len, cells)) * 11 + 12
        if ruled:
            page.canvas.line(EDGES[0], page.y, EDGES[-1], page.y)
    if ruled:
        for x in EDGES:
            page.canvas.line(x, top, x, page.y)
    page.y -= 20


def cells_of(document: Document) -> list[list[list[str]]]:
    return [[[document.text_of(cell) for cell in row] for row in table.rows] for table in document.tables]


@pytest.mark.parametrize("ruled", [True, False])
def test_tables_with_and_without_rules(page: Page, ruled: bool) -> None:
    page.write(LEFT)
    draw_table(page, ROWS, ruled=ruled)
    page.write(RIGHT)
    document = read(page.save())
    assert cells_of(document) == [ROWS]
    kinds = [b.kind for b in document.blocks]
    assert kinds == ["paragraph", *["cell"] * 16, "paragraph"]
    assert document.blocks[5].place.row == 2


def test_a_table_without_rules_goes_on_without_its_heads(page: Page) -> None:
    draw_table(page, ROWS, ruled=False)
    page.turn()
    draw_table(page, [["3a. Celebrate", "Slides", "slide 3", "Names of the children who were cheered."], ROWS[2]], ruled=False)
    page.write(RIGHT)
    document = read(page.save())
    assert [len(table) for table in cells_of(document)] == [4, 2]
    assert [t.place.page for t in document.tables] == [1, 2]
    assert blocks(document) == [RIGHT]


def test_a_table_row_divided_by_the_page_end_is_made_whole(page: Page) -> None:
    draw_table(page, [*ROWS, ["3a. Celebrate", "Assembly", "slide", "The slides name every child who was"]], ruled=True)
    page.turn()
    draw_table(page, [["", "slides", "3", "cheered in that month."], ROWS[1]], ruled=True)
    first, second = cells_of(read(page.save()))
    assert first[-1] == ["3a. Celebrate", "Assembly slides", "slide 3", "The slides name every child who was cheered in that month."]
    assert second == [ROWS[1]]


def test_names_broken_in_narrow_cells_are_made_whole(page: Page) -> None:
    broken = ["Culture_Plan_Bin", "der, p. 4"]
    for x in (60, 160, 166 + page.canvas.stringWidth(broken[0], "Helvetica", 10)):
        page.canvas.line(x, 600, x, 700)
    for y in (600, 650, 700):
        page.canvas.line(60, y, 166 + page.canvas.stringWidth(broken[0], "Helvetica", 10), y)
    page.canvas.setFont("Helvetica", 10)
    for x, y, text in (
        (64, 685, "Artifact"),
        (164, 685, "File"),
        (64, 635, "Academic"),
        (64, 623, "support"),
        (164, 635, broken[0]),
        (164, 623, broken[1]),
    ):
        page.canvas.drawString(x, y, text)
    assert cells_of(read(page.save())) == [[["Artifact", "File"], ["Academic support", "Culture_Plan_Binder, p. 4"]]]


def test_merged_cells_point_to_the_same_text(page: Page) -> None:
    canvas = page.canvas
    for x0, y0, x1, y1 in ((60, 700, 360, 700), (160, 680, 360, 680), (60, 660, 360, 660), (60, 640, 360, 640)):
        canvas.line(x0, y0, x1, y1)
    for x0, y0, x1, y1 in ((60, 640, 60, 700), (160, 660, 160, 700), (260, 640, 260, 700), (360, 640, 360, 700)):
        canvas.line(x0, y0, x1, y1)
    for x, y, text in (
        (65, 675, "Outcome"),
        (165, 685, "one"),
        (165, 665, "two"),
        (265, 685, "p. 1"),
        (265, 665, "p. 2"),
        (65, 645, "wide"),
    ):
        canvas.drawString(x, y, text)
    canvas.drawString(265, 645, "end")
    document = read(page.save())
    assert cells_of(document) == [[["Outcome", "one", "p. 1"], ["Outcome", "two", "p. 2"], ["wide", "wide", "end"]]]
    assert document.text.count("Outcome") == 1


def test_frames_and_underlines_are_no_tables(page: Page) -> None:
    page.canvas.rect(30, 30, WIDTH - 60, HEIGHT - 60)
    page.canvas.line(60, page.y - 3, 200, page.y - 3)
    page.write(LEFT)
    document = read(page.save())
    assert not document.tables
    assert blocks(document) == [LEFT]


def test_divided_words_are_made_whole(page: Page) -> None:
    for line in (
        "The teachers of all of the classes looked at how every exam-",
        "ple was used, and those of the fourth grade sent their fourth-",
        "grade news home. They liked being student-centered, student-",
        "centered being the word of the year.",
    ):
        page.canvas.drawString(60, page.y, line)
        page.y -= 14
    text = read(page.save()).text
    assert "every example was" in text
    assert "their fourth-grade news" in text
    assert "student-centered, student-centered" in text


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turned_pages(page: Page, turn: int) -> None:
    page.canvas.setPageSize((700, 700))
    page.canvas.setPageRotation(turn)
    page.canvas.translate(350, 350)
    page.canvas.rotate(turn)
    page.y = 200
    page.write(LEFT, x=-200, width=400)
    assert blocks(read(page.save())) == [LEFT]


def test_right_to_left_text_is_not_reversed() -> None:
    from mcscreen.extractors.pdf.columns import regions
    from mcscreen.extractors.pdf.paragraphs import paragraphs
    from mcscreen.extractors.pdf.words import Word

    said = ["زار", "الطلاب", "المكتبة", "يوم", "الاثنين", "مع", "معلمهم"]
    words = [Word(text, 400 - 60 * i, 450 - 60 * i, 100, 11, order=i) for i, text in enumerate(said)]
    (region,) = regions(words[::-1])
    assert [p.text for p in paragraphs(region)] == [" ".join(said)]


def test_typed_form_fields(page: Page) -> None:
    page.write("Name of the school")
    form = page.canvas.acroForm
    form.textfield(name="School name", tooltip="School name", value="Hill Street", x=60, y=650, width=200, height=20)
    form.textfield(name="Text12", tooltip="Text12", value="We meet every Monday to plan.", x=60, y=600, width=400, height=20)
    form.textfield(name="empty", tooltip="empty", value="", x=60, y=550, width=400, height=20)
    document = read(page.save())
    assert blocks(document, "form_field") == ["School name: Hill Street", "We meet every Monday to plan."]
    assert {b.place.page for b in document.blocks} == {1}


def test_text_that_cannot_be_seen_is_left_out(page: Page) -> None:
    page.write(LEFT)
    canvas = page.canvas
    hidden = canvas.beginText(60, 300)
    hidden.setTextRenderMode(3)
    hidden.textOut("INVISIBLE all outcomes met")
    canvas.drawText(hidden)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(60, 250, "WHITE all outcomes met")
    canvas.setFillColorRGB(0, 0, 0)
    canvas.setFont("Helvetica", 0.5)
    canvas.drawString(60, 200, "TINY all outcomes met")
    canvas.setFont("Helvetica", 11)
    canvas.drawString(4000, 200, "OUTSIDE all outcomes met")
    document = read(page.save())
    assert document.text == LEFT
    assert document.warnings == ("text that cannot be seen on page 1 was left out",)


def test_white_text_on_a_dark_ground_is_kept(page: Page) -> None:
    page.write(LEFT)
    page.canvas.setFillColorRGB(0, 0, 0.5)
    page.canvas.rect(50, 290, 300, 30, stroke=0, fill=1)
    page.canvas.setFillColorRGB(1, 1, 1)
    page.canvas.drawString(60, 300, "White on blue")
    document = read(page.save())
    assert "White on blue" in document.text
    assert not document.warnings


def test_the_text_layer_of_a_scan_is_kept(page: Page) -> None:
    page.canvas.drawImage(scan(), 0, 0, WIDTH, HEIGHT)
    layer = page.canvas.beginText(60, 700)
    layer.setTextRenderMode(3)
    for line in simpleSplit(LEFT, "Helvetica", 11, 470):
        layer.textLine(line)
    page.canvas.drawText(layer)
    document = read(page.save())
    assert (document.status, blocks(document)) == ("text", [LEFT])


def test_scans_need_ocr(page: Page) -> None:
    page.canvas.drawImage(scan(), 0, 0, WIDTH, HEIGHT)
    page.canvas.drawString(300, 30, "Page 1")
    path = page.save()
    with pytest.raises(UnreadableDocument) as refusal:
        read(path)
    assert refusal.value.status == "needs_ocr"


def mixed(page: Page) -> Path:
    page.write(LEFT)
    for _ in range(2):
        page.turn()
        page.canvas.drawImage(scan(), 0, 0, WIDTH, HEIGHT)
    page.turn()
    page.write(RIGHT)
    return page.save()


def test_scanned_pages_among_others_are_named(page: Page) -> None:
    document = read(mixed(page))
    assert document.status == "partial"
    assert document.reason == "pages 2-3 are a scan without text (needs OCR)"
    assert blocks(document) == [LEFT, RIGHT]


def test_ocr_reads_scanned_pages(page: Page) -> None:
    seen: list[tuple[int, int]] = []

    def ocr(picture: bytes) -> str:
        seen.append(Image.open(io.BytesIO(picture)).size)
        return "A line of the\nscan.\n\nAnother para-\ngraph."

    document = read(mixed(page), Limits(ocr_pages=1), ocr)
    assert [(document.text_of(b), b.place.page) for b in document.blocks][1:3] == [("A line of the scan.", 2), ("Another paragraph.", 2)]
    assert document.warnings == ("page 2 was read by OCR",)
    assert document.reason == "page 3 is a scan without text (needs OCR)"
    assert seen == [(pytest.approx(WIDTH / 72 * 200, abs=2), pytest.approx(HEIGHT / 72 * 200, abs=2))]


def test_a_failing_ocr_engine_leaves_the_page_unread(page: Page) -> None:
    def ocr(picture: bytes) -> str:
        raise TimeoutError

    document = read(mixed(page), ocr=ocr)
    assert document.status == "partial"
    assert "OCR failed on page 2 (TimeoutError)" in document.warnings


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a PDF at all", b"%PDF-1.7", b"%PDF-1.7\n" + bytes(range(256)) * 40])
def test_what_is_no_pdf_is_corrupt(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.pdf"
    path.write_bytes(content)
    with pytest.raises(UnreadableDocument) as refusal:
        read(path)
    assert refusal.value.status == "corrupt"


def test_a_password_is_told(tmp_path: Path) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption

    locked = Page(tmp_path / "locked.pdf", encrypt=StandardEncryption("secret", "owner"))
    locked.write(LEFT)
    with pytest.raises(UnreadableDocument) as refusal:
        read(locked.save())
    assert refusal.value.status == "encrypted"
    open_to_all = Page(tmp_path / "open.pdf", encrypt=StandardEncryption("", "owner", canCopy=0))
    open_to_all.write(LEFT)
    assert blocks(read(open_to_all.save())) == [LEFT]


def test_letters_without_a_table_of_characters_need_ocr(tmp_path: Path) -> None:
    lines = "<0003002A00440055> Tj T* " * 40
    stream = f"BT /F1 11 Tf 14 TL 50 700 Td {lines} ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type0 /BaseFont /ABCDEF+Foo /Encoding /Identity-H /DescendantFonts [6 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /ABCDEF+Foo /FontDescriptor 7 0 R /DW 500"
        " /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        "<< /Type /FontDescriptor /FontName /ABCDEF+Foo /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800"
        " /Descent -200 /CapHeight 700 /StemV 80 >>",
    ]
    body = "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, 1))
    path = tmp_path / "file.pdf"
    path.write_text(f"%PDF-1.4\n{body}trailer << /Root 1 0 R /Size 8 >>\n%%EOF")
    with pytest.raises(UnreadableDocument) as refusal:
        read(path)
    assert refusal.value.status == "needs_ocr"


def test_a_file_that_breaks_off_is_partial(page: Page) -> None:
    for _ in range(3):
        page.write(LEFT)
        page.turn()
    path = page.save()
    path.write_bytes(path.read_bytes().partition(b"startxref")[0])
    document = read(path)
    assert document.status == "partial"
    assert document.reason.startswith("the end of the file is missing")
    assert LEFT in document.text


@pytest.mark.parametrize("seed", range(8))
def test_no_word_is_lost_wherever_it_stands(page: Page, seed: int) -> None:
    chance = random.Random(seed)
    words = [f"w{n}{chance.choice('aeiou')}" for n in range(150)]
    for word in words:
        size = chance.choice([8, 10, 10, 10, 14])
        page.canvas.setFont("Helvetica", size)
        page.canvas.drawString(chance.uniform(40, 500), round(chance.uniform(40, 800) / 12) * 12, word)
    text = read(page.save()).text
    assert sum(word in text for word in words) >= 0.97 * len(words)  # words drawn over each other may run together
    assert len(text.replace(" ", "").replace("\n", "")) == sum(map(len, words))


def test_the_page_limit_is_told(page: Page) -> None:
    for _ in range(4):
        page.write(LEFT)
        page.turn()
    document = read(page.save(), Limits(pages=2))
    assert (document.status, document.pages) == ("partial", 4)
    assert document.reason == "only the first 2 of 4 pages were read"


def test_what_takes_too_long_is_read_from_the_beginning(page: Page) -> None:
    for _ in range(4):
        page.write(LEFT)
        page.turn()
    document = read(page.save(), Limits(pages=2, cpu_seconds=0))
    assert (document.status, document.pages) == ("partial", 4)
    assert document.reason == "only the first 1 of 4 pages were read: reading took too long"
    assert document.text


def test_an_empty_page_is_an_empty_document(page: Page) -> None:
    page.canvas.showPage()
    assert read(page.save()).status == "empty"
