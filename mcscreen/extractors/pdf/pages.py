"""What pdfium knows about one page: words with boxes, straight lines, pictures, typed form fields.

Text is taken letter by letter, because only a letter has a place; words end where pdfium sees a space, which is better
than any fixed distance. Text that a person cannot see (invisible, white on white, microscopic, off the page) is left out
here, so that nothing downstream can credit it; the invisible text that OCR lays over a scan is kept.

All raw calls into pdfium are in this module. Its objects are closed before `read_page` returns.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mcscreen.extractors.pdf.grids import Stroke
from mcscreen.extractors.pdf.words import RTL, Word

if TYPE_CHECKING:
    import pypdfium2

__all__ = ["Field", "Sheet", "common_type", "picture_of", "read_page"]

_MOST_LETTERS = 400_000
_MOST_OBJECTS = 30_000
_MOST_SEGMENTS = 60_000
_MOST_BOXES = 2_000
_SMALLEST = 2.0
"""Type below this size, in points, cannot be read on paper."""
_WHITE = 250
_BULLETS = {0xF0B7: "•", 0xF0A7: "▪", 0xF0A8: "▪", 0xF0D8: "➢", 0xF0FC: "✓", 0xF076: "❖", 0xF06F: "○"}
_PLAIN_NAME = re.compile(
    r"(?i)(?:text|textfield|text field|field|form|untitled|undefined|fill|box|input|topmostsubform|page|f|t|p)?[\W_\d]*"
)

_Matrix = tuple[float, float, float, float, float, float]
_Box = tuple[float, float, float, float]


class Field(NamedTuple):
    """A form field or text note that somebody typed into; `name` is empty when it says nothing."""

    name: str
    value: str
    box: _Box


@dataclass(slots=True)
class Sheet:
    """One page as read.

    Attributes:
        width: In points, as the text is upright.
        words: Words in the direction of most of them.
        aside: Words in other directions (turned labels, stamps), each direction in its own upright frame.
        strokes: Straight lines; None when there are too many to look at.
        pictures: Share of the page that pictures cover, 0 to 1.
        drawn: Number of drawn shapes.
        hidden: Whether text was left out because it cannot be seen.
        layered: Whether text is an invisible layer over a picture (made by OCR).
        garbled: Letters that cannot be mapped to characters.
        letters: All letters.
    """

    number: int
    width: float
    height: float
    words: list[Word] = field(default_factory=list)
    aside: list[list[Word]] = field(default_factory=list)
    strokes: list[Stroke] | None = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    pictures: float = 0.0
    drawn: int = 0
    hidden: bool = False
    layered: bool = False
    garbled: int = 0
    letters: int = 0


class _Style(NamedTuple):
    size: float
    turn: int
    bold: bool
    mode: int
    clear: bool
    white: bool


@dataclass(slots=True)
class _Drawn:
    """Shapes and pictures of a page, in the page's own coordinates."""

    lines: list[tuple[float, float, float, float]] = field(default_factory=list)
    dark: list[_Box] = field(default_factory=list)
    pictures: list[_Box] = field(default_factory=list)
    objects: int = 0
    segments: int = 0

    @property
    def all_seen(self) -> bool:
        return self.objects <= _MOST_OBJECTS


def read_page(pdf: pypdfium2.PdfDocument, index: int) -> Sheet:
    """Read one page.

    Args:
        pdf: The open document, forms initialised where it has any.
        index: Page, from 0.

    Raises:
        pypdfium2.PdfiumError: When the page cannot be loaded.
    """
    page = pdf[index]
    try:
        box: _Box = page.get_bbox()
        drawn = _Drawn()
        _walk(page.raw, drawn, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), 0)
        textpage = page.get_textpage()
        try:
            found = _Letters(textpage.raw, box, drawn)
            found.read(textpage.count_chars())
        finally:
            textpage.close()
        main = found.main if found.main is not None else page.get_rotation() // 90
        frame = _frame(box, main)
        wide, high = (box[2] - box[0], box[3] - box[1]) if main % 2 == 0 else (box[3] - box[1], box[2] - box[0])
        sheet = Sheet(index + 1, wide, high, words=found.words.pop(main, []), aside=[found.words[turn] for turn in sorted(found.words)])
        sheet.hidden, sheet.layered, sheet.garbled, sheet.letters = found.hidden, found.layered, found.garbled, found.letters
        sheet.strokes = _strokes(drawn, frame) if drawn.all_seen and drawn.segments <= _MOST_SEGMENTS else None
        area = max(1.0, (box[2] - box[0]) * (box[3] - box[1]))
        sheet.pictures = min(1.0, sum(_shared(picture, box) for picture in drawn.pictures) / area)
        sheet.drawn = drawn.objects - len(drawn.pictures)
        if pdf.formenv is not None or _has_notes(page.raw):
            sheet.fields = [Field(name, value, _boxed(b, frame)) for name, value, b in _fields(page.raw, pdf.formenv)]
        return sheet
    finally:
        page.close()


def picture_of(pdf: pypdfium2.PdfDocument, index: int, dots: int = 200) -> bytes:
    """A page as a PNG for OCR, at `dots` per inch but no more than 25 megapixels."""
    import io

    page = pdf[index]
    try:
        width, height = page.get_size()
        scale = min(dots / 72, math.sqrt(25e6 / max(1.0, width * height)))
        bitmap = page.render(scale=scale, grayscale=True)
        try:
            stream = io.BytesIO()
            bitmap.to_pil().save(stream, "PNG")
            return stream.getvalue()
        finally:
            bitmap.close()
    finally:
        page.close()


def _frame(box: _Box, turn: int) -> Callable[[float, float], tuple[float, float]]:
    """The map from page coordinates to upright ones, for text that runs right, up, left or down (0 to 3)."""
    left, bottom, right, top = box
    maps: list[Callable[[float, float], tuple[float, float]]] = [
        lambda x, y: (x - left, top - y),
        lambda x, y: (y - bottom, x - left),
        lambda x, y: (right - x, y - bottom),
        lambda x, y: (top - y, right - x),
    ]
    return maps[turn % 4]


def _boxed(box: _Box, frame: Callable[[float, float], tuple[float, float]]) -> _Box:
    (x0, y0), (x1, y1) = frame(box[0], box[1]), frame(box[2], box[3])
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _shared(a: _Box, b: _Box) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


class _Letters:
    """Collects the words of one page from pdfium's letters."""

    def __init__(self, raw: Any, box: _Box, drawn: _Drawn) -> None:
        self.raw = raw
        self.box = box
        self.drawn = drawn
        self.words: dict[int, list[Word]] = {}
        self.main: int | None = None
        self.hidden = self.layered = False
        self.garbled = self.letters = 0
        self.styles: dict[int, _Style] = {}
        self.frames = [_frame(box, turn) for turn in range(4)]

    def read(self, count: int) -> None:
        import pypdfium2.raw as pdfium

        unicode_of, box_of, unmapped = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetCharBox, pdfium.FPDFText_HasUnicodeMapError
        origin_of = pdfium.FPDFText_GetCharOrigin
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        ox, oy = ctypes.c_double(), ctypes.c_double()
        raw, order = self.raw, 0
        page_left, _, _, page_top = self.box
        unknown = False
        chars: list[str] = []
        style = _Style(0.0, 0, False, 0, False, False)
        x0 = x1 = base = 0.0
        start: tuple[float, float] = (0.0, 0.0)

        def end() -> None:
            nonlocal order
            if chars:
                order += 1
                text = "".join(chars)
                self.garbled += len(text) if unknown else 0
                if any("\ud800" <= c <= "\udfff" for c in text):
                    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
                self._keep(Word(text, x0, x1, base, style.size, style.bold, order), style, start)
                chars.clear()

        for i in range(min(count, _MOST_LETTERS)):
            code = unicode_of(raw, i)
            if code in (0x20, 0x0D, 0x0A, 0xA0, 0x09, 0x3000) or 0x2000 <= code <= 0x200A:
                end()
                continue
            self.letters += 1
            if code in (2, 0xFFFE):  # pdfium's mark for a hyphen at a line end
                letter = "-"
            elif code < 32 or code == 0xFFFD or 0xE000 <= code <= 0xF8FF:
                letter = _BULLETS.get(code, "")
                self.garbled += not letter
            else:
                letter = chr(code)
            if not letter:
                continue
            box_of(raw, i, left, right, bottom, top)
            if chars:
                if style.turn == 0:  # nearly always, and this is the innermost loop
                    low, high, middle = left.value - page_left, right.value - page_left, page_top - (bottom.value + top.value) / 2
                else:
                    a, b = self.frames[style.turn](left.value, bottom.value), self.frames[style.turn](right.value, top.value)
                    low, high, middle = min(a[0], b[0]), max(a[0], b[0]), (a[1] + b[1]) / 2
                reach = style.size
                away = not base - 1.2 * reach < middle < base + 0.5 * reach
                back = low < x0 - 0.5 * reach and not RTL.match(letter)
                if away or back or low > x1 + reach:
                    end()
                else:
                    chars.append(letter)
                    x0, x1 = min(x0, low), max(x1, high)
                    continue
            style, unknown = self._style(i), unmapped(raw, i) == 1
            origin_of(raw, i, ox, oy)
            frame = self.frames[style.turn]
            a, b = frame(left.value, bottom.value), frame(right.value, top.value)
            x0, x1, base = min(a[0], b[0]), max(a[0], b[0]), frame(ox.value, oy.value)[1]
            start = ((left.value + right.value) / 2, (bottom.value + top.value) / 2)
            chars.append(letter)
        end()
        if self.words:
            self.main = max(self.words, key=lambda turn: sum(len(w.text) for w in self.words[turn]))

    def _keep(self, word: Word, style: _Style, at: tuple[float, float]) -> None:
        left, bottom, right, top = self.box
        outside = not (left - 9 < at[0] < right + 9 and bottom - 9 < at[1] < top + 9)
        if style.mode == 3 and not outside and _under(at, self.drawn.pictures):
            self.layered = True
        elif style.mode == 3 or outside or style.clear or style.size < _SMALLEST or self._on_white(style, at):
            self.hidden = True
            return
        self.words.setdefault(style.turn, []).append(word)

    def _on_white(self, style: _Style, at: tuple[float, float]) -> bool:
        return style.white and self.drawn.all_seen and not _under(at, self.drawn.dark)

    def _style(self, i: int) -> _Style:
        import pypdfium2.raw as pdfium

        handle = pdfium.FPDFText_GetTextObject(self.raw, i)
        key = ctypes.cast(handle, ctypes.c_void_p).value or 0
        known = self.styles.get(key) if key else None
        if known is not None:
            return known
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(self.raw, i, matrix)
        size = abs(pdfium.FPDFText_GetFontSize(self.raw, i)) * (math.hypot(matrix.c, matrix.d) or 1.0)
        turn = round(math.atan2(matrix.b, matrix.a) / (math.pi / 2)) % 4
        mode, bold = 0, pdfium.FPDFText_GetFontWeight(self.raw, i) >= 600
        if key:
            mode = pdfium.FPDFTextObj_GetTextRenderMode(handle)
            font = pdfium.FPDFTextObj_GetFont(handle)
            name = ctypes.create_string_buffer(128)
            if font and pdfium.FPDFFont_GetBaseFontName(font, name, 128):
                bold = bold or bool(re.search(rb"bold|black|heavy|demi(?!light)|[-,]bd", name.value.lower()))
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        coloured = mode in (0, 4) and pdfium.FPDFText_GetFillColor(self.raw, i, red, green, blue, alpha)
        white = bool(coloured) and min(red.value, green.value, blue.value) >= _WHITE
        style = _Style(size, turn, bold, mode, bool(coloured) and alpha.value == 0, white)
        if key:
            self.styles[key] = style
        return style


def _under(at: tuple[float, float], boxes: list[_Box]) -> bool:
    """Whether a point lies in one of the boxes; taken for granted where there are very many."""
    return len(boxes) > _MOST_BOXES or any(box[0] <= at[0] <= box[2] and box[1] <= at[1] <= box[3] for box in boxes)


def _times(a: _Matrix, b: _Matrix) -> _Matrix:
    """First `a`, then `b`."""
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    )


def _moved(m: _Matrix, x: float, y: float) -> tuple[float, float]:
    return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]


def _around(m: _Matrix, box: _Box) -> _Box:
    corners = [_moved(m, x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    return min(c[0] for c in corners), min(c[1] for c in corners), max(c[0] for c in corners), max(c[1] for c in corners)


def _matrix_of(handle: Any) -> _Matrix:
    import pypdfium2.raw as pdfium

    m = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(handle, m):
        return 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
    return m.a, m.b, m.c, m.d, m.e, m.f


def _walk(container: Any, drawn: _Drawn, matrix: _Matrix, depth: int) -> None:
    """Look at every object of a page (depth 0) or of a form XObject."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFPage_CountObjects(container) if depth == 0 else pdfium.FPDFFormObj_CountObjects(container)
    fetch = pdfium.FPDFPage_GetObject if depth == 0 else pdfium.FPDFFormObj_GetObject
    for i in range(max(0, count)):
        handle = fetch(container, i)
        kind = pdfium.FPDFPageObj_GetType(handle)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            continue
        drawn.objects += 1
        if not drawn.all_seen:
            return
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            area = _around(_times(_matrix_of(handle), matrix), (0.0, 0.0, 1.0, 1.0))
            drawn.pictures.append(area)
            drawn.dark.append(area)
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            _path(handle, drawn, matrix)
        elif kind == pdfium.FPDF_PAGEOBJ_SHADING:
            drawn.dark.append((-math.inf, -math.inf, math.inf, math.inf))
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < 6:
            _walk(handle, drawn, _times(_matrix_of(handle), matrix), depth + 1)


def _path(handle: Any, drawn: _Drawn, matrix: _Matrix) -> None:
    import pypdfium2.raw as pdfium

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(handle, fill, stroke)
    filled = fill.value != 0
    if filled:
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        known = pdfium.FPDFPageObj_GetFillColor(handle, red, green, blue, alpha)
        filled = not known or (alpha.value > 0 and min(red.value, green.value, blue.value) < _WHITE)
        if filled:
            low_x, low_y, high_x, high_y = (ctypes.c_float() for _ in range(4))
            if pdfium.FPDFPageObj_GetBounds(handle, low_x, low_y, high_x, high_y):
                drawn.dark.append(_around(matrix, (low_x.value, low_y.value, high_x.value, high_y.value)))
    if not filled and not stroke.value:
        return
    count = pdfium.FPDFPath_CountSegments(handle)
    drawn.segments += max(0, count)
    if drawn.segments > _MOST_SEGMENTS:
        return
    whole = _times(_matrix_of(handle), matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    first = last = (0.0, 0.0)
    for i in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(handle, i)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = _moved(whole, x.value, y.value)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            drawn.lines.append((*last, *point))
        last = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            drawn.lines.append((*last, *first))
            last = first


def _strokes(drawn: _Drawn, frame: Callable[[float, float], tuple[float, float]]) -> list[Stroke]:
    strokes: list[Stroke] = []
    for ax, ay, bx, by in drawn.lines:
        (x0, y0), (x1, y1) = frame(ax, ay), frame(bx, by)
        if abs(y0 - y1) <= 1 < abs(x0 - x1):
            strokes.append(Stroke(False, (y0 + y1) / 2, min(x0, x1), max(x0, x1)))
        elif abs(x0 - x1) <= 1 < abs(y0 - y1):
            strokes.append(Stroke(True, (x0 + x1) / 2, min(y0, y1), max(y0, y1)))
    return strokes


def _has_notes(page: Any) -> bool:
    import pypdfium2.raw as pdfium

    return bool(pdfium.FPDFPage_GetAnnotCount(page) > 0)


def _fields(page: Any, formenv: Any) -> Iterator[tuple[str, str, _Box]]:
    """What was typed into form fields, and into text boxes laid over the page."""
    import pypdfium2.raw as pdfium

    typed = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
    for i in range(min(2_000, pdfium.FPDFPage_GetAnnotCount(page))):
        note = pdfium.FPDFPage_GetAnnot(page, i)
        if not note:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(note)
            name = value = ""
            if kind == pdfium.FPDF_ANNOT_FREETEXT:
                value = _wide(pdfium.FPDFAnnot_GetStringValue, note, b"Contents")
            elif kind == pdfium.FPDF_ANNOT_WIDGET and formenv is not None and pdfium.FPDFAnnot_GetFormFieldType(formenv.raw, note) in typed:
                value = _wide(pdfium.FPDFAnnot_GetFormFieldValue, formenv.raw, note)
                names = [
                    _wide(call, formenv.raw, note)
                    for call in (pdfium.FPDFAnnot_GetFormFieldAlternateName, pdfium.FPDFAnnot_GetFormFieldName)
                ]
                said = [n.rpartition(".")[2].strip() if "." in n and " " not in n else n.strip() for n in names]
                name = next((n for n in said if not _PLAIN_NAME.fullmatch(n)), "")
            rect = pdfium.FS_RECTF()
            if value.strip() and pdfium.FPDFAnnot_GetRect(note, rect):
                yield name, value, (rect.left, min(rect.bottom, rect.top), rect.right, max(rect.bottom, rect.top))
        finally:
            pdfium.FPDFPage_CloseAnnot(note)


def _wide(call: Callable[..., int], *arguments: Any) -> str:
    """A string that pdfium writes as UTF-16 into a buffer after telling its length in bytes."""
    import pypdfium2.raw as pdfium

    length = call(*arguments, None, 0)
    if not 2 < length < 4_000_000:
        return ""
    buffer = ctypes.create_string_buffer(length)
    call(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), length)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\x00").replace("\r\n", "\n").replace("\r", "\n")


def common_type(sheets: list[Sheet]) -> tuple[float, bool]:
    """Size in points of the running text (the size of most letters), and whether it is bold."""
    sizes: Counter[tuple[float, bool]] = Counter()
    for sheet in sheets:
        for word in sheet.words:
            sizes[round(word.size * 2) / 2, word.bold] += len(word.text)
    if not sizes:
        return 11.0, False
    totals: Counter[float] = Counter()
    for (size, _), letters in sizes.items():
        totals[size] += letters
    size = totals.most_common(1)[0][0]
    return size, sizes[size, True] > sizes[size, False]
