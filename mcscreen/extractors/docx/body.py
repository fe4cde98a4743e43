"""The body of a DOCX, walked in reading order.

Two kinds of walk alternate: `items` over what holds paragraphs and tables (body, cell, text box, note, content control),
and `_inline` over what holds runs. Wrappers that are not known are walked through rather than skipped, so that an
element of a later edition of Word costs its meaning but not its text. What is left out on purpose is named in `_DROPPED`.

Text boxes hang somewhere inside a run; their content follows the paragraph that holds them. Page breaks are counted
while walking. Word records where its own last layout broke (`lastRenderedPageBreak`), usually right after a break that
the writer set; of such a pair only one is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcscreen.document import Covered, Draft
from mcscreen.extractors.docx.markup import child, number, relation, short, switch, value
from mcscreen.extractors.docx.styles import Numbering, Style, Styles, is_shaded, numbering_of
from mcscreen.limits import Limits
from mcscreen.manuscript import Grid, GridRow, Item, Line, flat_text, is_white, table_items

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Body"]

_DROPPED = frozenset((
    "w:pPr", "w:rPr", "w:del", "w:moveFrom", "w:delText", "w:instrText", "w:delInstrText", "w:rt", "w:sdtPr", "w:sdtEndPr", "w:sectPr",
    "w:tblPr", "w:tblGrid", "w:trPr", "w:tcPr", "w:fldData", "w:annotationRef", "w:commentReference", "w:footnoteReference",
    "w:endnoteReference", "w:footnoteRef", "w:endnoteRef", "w:softHyphen",
))  # fmt: skip
_GRAPHICS = frozenset(("w:drawing", "w:pict", "w:object"))
_CHARACTERS = {"w:tab": " ", "w:ptab": " ", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-"}
_PAGE_SECTIONS = frozenset(("nextPage", "oddPage", "evenPage"))
_COLUMNS = 64
_TINY = 4  # half points
_MARKS = {
    0xF0FC: "✓", 0xF0FB: "✗", 0xF0FE: "☑", 0xF0FD: "☒", 0xF0A8: "☐", 0xF06F: "☐", 0xF0A3: "☐", 0xF0E0: "→", 0xF0E8: "→", 0xF0B7: "•",
}  # fmt: skip
_UNSEEN = "text that cannot be seen was left out"


@dataclass(slots=True)
class _Field:
    """A complex field: its instruction is dropped, its result kept."""

    line: _Run
    data: _Element | None
    in_code: bool = True
    start: int = 0


@dataclass(slots=True)
class _Piece:
    text: str
    bold: bool
    placeholder: bool


@dataclass(frozen=True, slots=True)
class _Look:
    bold: bool = False
    hidden: bool = False
    placeholder: bool = False
    shaded: bool = False


@dataclass(slots=True)
class _Run:
    """A paragraph while its runs are read."""

    style: Style
    pieces: list[_Piece] = field(default_factory=list)
    after: list[Item] = field(default_factory=list)
    page: int | None = None


class Body:
    """Walks one part of a package.

    Args:
        styles: The document's styles.
        numbering: The document's lists.
        draft: Receives warnings and gaps; no text is written into it here.
        limits: Bounds; `nesting` is the depth to which tables and wrappers are followed.
        chunk: Gives the content of an embedded document (`w:altChunk`) by relationship id.
        graphic: Gives the texts of a chart or diagram by relationship id.

    Attributes:
        page: Number of the page reached so far, from 1.
        pictures: Number of pictures met.
    """

    def __init__(
        self,
        styles: Styles,
        numbering: Numbering,
        draft: Draft,
        limits: Limits,
        chunk: Callable[[str], list[Item]],
        graphic: Callable[[str], list[str]],
    ) -> None:
        self.page = 1
        self.pictures = 0
        self._styles = styles
        self._numbering = numbering
        self._draft = draft
        self._limits = limits
        self._chunk = chunk
        self._graphic = graphic
        self._fields: list[_Field] = []
        self._fresh = True
        self._broke = False
        self._fixed_page = False
        self._shaded = False
        self._sections: list[str] = []

    def document(self, root: _Element) -> list[Item]:
        """Items of the main part."""
        body = child(root, "w:body")
        if body is None:
            return self.items(root)
        # A section's own type says how it begins, so the break after section n is described in section n + 1.
        self._sections = [value(child(s, "w:type")) or "nextPage" for s in body.iter("{*}sectPr") if _in_force(s)][1:]
        background = child(root, "w:background")
        self._shaded = (background is not None and not is_white(value(background, "color"))) or any(
            anchor.get("behindDoc") in ("1", "true") for anchor in body.iter("{*}anchor")
        )
        return self.items(body)

    def items(self, container: _Element, depth: int = 0, *, placeholder: bool = False) -> list[Item]:
        """Paragraphs and tables of a container, in order."""
        found: list[Item] = []
        if depth > self._limits.nesting:
            self._draft.unread(f"text nested deeper than {self._limits.nesting} levels was not read")
            return found
        for element in container:
            name = short(element)
            if name == "w:p":
                found += self._paragraph(element, depth, placeholder)
            elif name == "w:tbl":
                found += self._table(element, depth)
            elif name == "w:altChunk":
                found += self._chunk(relation(element) or "")
            elif name == "w:sdt":
                content = child(element, "w:sdtContent")
                if content is not None:
                    found += self.items(content, depth + 1, placeholder=placeholder or _is_placeholder(element))
            elif name == "mc:AlternateContent":
                branch = _branch(element)
                if branch is not None:
                    found += self.items(branch, depth + 1, placeholder=placeholder)
            elif name and name not in _DROPPED:
                if any(short(inner) in ("w:p", "w:tbl") for inner in element.iter()):
                    found += self.items(element, depth + 1, placeholder=placeholder)
                elif name in ("w:r", "w:hyperlink", "w:ins", "w:moveTo", "w:fldSimple", "w:smartTag", "m:oMathPara", "m:oMath"):
                    found += self._loose(element, depth, placeholder)
        return found

    def _loose(self, element: _Element, depth: int, placeholder: bool) -> list[Item]:
        """A run that stands outside any paragraph."""
        line = _Run(self._styles.paragraph(None))
        self._inline([element], line, depth + 1, placeholder, shaded=False)
        return [*self._finished(line, None, "paragraph", 0, ""), *line.after]

    def _paragraph(self, element: _Element, depth: int, placeholder: bool) -> list[Item]:
        properties = child(element, "w:pPr")
        style_id = value(child(properties, "w:pStyle"))
        style = self._styles.paragraph(style_id)
        breaks = switch(child(properties, "w:pageBreakBefore"))
        if (style.page_break_before if breaks is None else breaks) and not self._fresh:
            self._turn(by_writer=True)
        line = _Run(style)
        self._inline(element, line, depth + 1, placeholder, is_shaded(properties) or style.shaded)
        # An instruction that does not end with its paragraph is damage; the text after it must not be lost to it.
        self._fields = [open_field for open_field in self._fields if not open_field.in_code]
        outline = number(value(child(properties, "w:outlineLvl")), 0, 9)
        level = style.level or 0
        if outline is not None:
            level = 0 if outline == 9 else outline + 1
        kind, depth_of_list, label = self._list_place(properties, style, style_id)
        found = self._finished(line, level, kind, depth_of_list, label)
        section = child(properties, "w:sectPr")
        if section is not None and self._sections and self._sections.pop(0) in _PAGE_SECTIONS:
            self._turn(by_writer=True)
        return [*found, *line.after]

    def _list_place(self, properties: _Element | None, style: Style, style_id: str | None) -> tuple[str, int, str]:
        own = numbering_of(properties)
        list_id, at = own or style.numbering or ("", None)
        if not list_id and own and style.numbering:
            list_id = style.numbering[0]
        if list_id in ("", "0"):
            return "paragraph", 0, ""
        at = self._numbering.level_of_style(list_id, style_id) if at is None else at
        return "list_item", at + 1, self._numbering.label(list_id, at)

    def _finished(self, line: _Run, level: int | None, kind: str, depth_of_list: int, label: str) -> list[Item]:
        text = "".join(piece.text for piece in line.pieces if not piece.placeholder)
        page = line.page or self.page
        if not text.strip():
            prompt = "".join(piece.text for piece in line.pieces)
            return [Line(prompt, page=page, template=True)] if prompt.strip() else []
        bold = all(piece.bold for piece in line.pieces if piece.text.strip() and not piece.placeholder)
        text = f"{label} {text}" if label else text
        if level:
            return [Line(text, "heading", level, page)]
        if kind == "list_item":
            return [Line(text, "list_item", depth_of_list, page, bold)]
        return [Line(text, page=page, bold=bold, template=line.style.contents)]

    def _inline(self, parent: _Element | list[_Element], line: _Run, depth: int, placeholder: bool, shaded: bool) -> None:
        if depth > self._limits.nesting:
            self._draft.unread(f"text nested deeper than {self._limits.nesting} levels was not read")
            return
        for element in parent:
            name = short(element)
            if name == "w:r":
                self._run(element, line, depth, placeholder, shaded)
            elif not name or name in _DROPPED:
                continue
            elif name == "w:sdt":
                content = child(element, "w:sdtContent")
                if content is not None:
                    self._inline(content, line, depth + 1, placeholder or _is_placeholder(element), shaded)
            elif name == "mc:AlternateContent":
                branch = _branch(element)
                if branch is not None:
                    self._inline(branch, line, depth + 1, placeholder, shaded)
            elif name in ("m:oMath", "m:oMathPara"):
                self._write(line, "".join(_letters(t) for t in element.iter("{*}t") if short(t) == "m:t"), _Look(placeholder=placeholder))
            elif name in ("w:p", "w:tbl"):
                line.after += self._paragraph(element, depth + 1, placeholder) if name == "w:p" else self._table(element, depth + 1)
            elif name in _GRAPHICS:
                self._graphics(element, line, depth)
            else:
                self._inline(element, line, depth + 1, placeholder, shaded)

    def _run(self, run: _Element, line: _Run, depth: int, placeholder: bool, shaded: bool) -> None:
        properties = child(run, "w:rPr")
        style = self._styles.run(value(child(properties, "w:rStyle")))
        own_bold = switch(child(properties, "w:b"))
        look = _Look(
            bold=bool(own_bold if own_bold is not None else style.bold if style.bold is not None else line.style.bold),
            hidden=self._is_hidden(properties, style, line.style, shaded or is_shaded(properties)),
            placeholder=placeholder,
            shaded=shaded,
        )
        self._content(run, line, depth, look)

    def _content(self, run: _Element, line: _Run, depth: int, look: _Look) -> None:
        for element in run:
            name = short(element)
            if name == "w:fldChar":
                self._field(element, line, look)
            elif name == "w:lastRenderedPageBreak":
                self._turn(by_writer=False)
            elif name == "w:br" and value(element, "type") == "page":
                self._write(line, "\n", look)
                self._turn(by_writer=True)
            elif name == "mc:AlternateContent":
                branch = _branch(element)
                if branch is not None:
                    self._content(branch, line, depth, look)
            elif name in _GRAPHICS:
                self._graphics(element, line, depth)
            elif name == "w:t":
                self._write(line, _letters(element), look)
            elif name in _CHARACTERS:
                self._write(line, _CHARACTERS[name], look)
            elif name == "w:sym":
                self._write(line, _symbol(element), look)
            elif name and name not in _DROPPED and depth <= self._limits.nesting:
                self._inline(element, line, depth + 1, look.placeholder, look.shaded)

    def _is_hidden(self, properties: _Element | None, style: Style, paragraph: Style, shaded: bool) -> bool:
        vanish = switch(child(properties, "w:vanish"))
        if vanish is None:
            vanish = style.hidden if style.hidden is not None else paragraph.hidden
        if vanish:
            return True
        size = number(value(child(properties, "w:sz")), 0, 10_000)
        if size is None:
            size = style.size if style.size is not None else paragraph.size
        if size is not None and size < _TINY:
            return True
        colour = value(child(properties, "w:color")) or style.colour or paragraph.colour
        # White letters are read as long as anything could lie behind them: a shaded cell, a shape, a picture.
        return is_white(colour) and not (shaded or style.shaded or self._shaded)

    def _write(self, line: _Run, text: str, look: _Look) -> None:
        if not text or any(open_field.in_code for open_field in self._fields):
            return
        if look.hidden:
            if text.strip():
                self._draft.warn(_UNSEEN)
            return
        if text.strip():
            self._fresh = self._broke = False
            if line.page is None:
                line.page = self.page
        line.pieces.append(_Piece(text, look.bold, look.placeholder))

    def _turn(self, *, by_writer: bool) -> None:
        """Begin a page, unless Word's own mark only repeats the writer's break."""
        if self._fixed_page:
            return
        if self._broke and not by_writer:
            self._broke = False
            return
        self.page += 1
        self._broke = self._fresh = by_writer

    def _field(self, mark: _Element, line: _Run, look: _Look) -> None:
        kind = value(mark, "fldCharType")
        if kind == "begin":
            self._fields.append(_Field(line, child(mark, "w:ffData")))
        elif kind == "separate" and self._fields:
            self._fields[-1].in_code = False
            self._fields[-1].start = len(line.pieces)
        elif kind == "end" and self._fields:
            ended = self._fields.pop()
            data = ended.data
            if data is None:
                return
            box, choices = child(data, "w:checkBox"), child(data, "w:ddList")
            if box is not None:
                checked = switch(child(box, "w:checked"))
                state = switch(child(box, "w:default")) if checked is None else checked
                self._write(line, "☒" if state else "☐", look)
            elif choices is not None:
                entries = [value(entry) or "" for entry in choices if short(entry) == "w:listEntry"]
                chosen = number(value(child(choices, "w:result")) or value(child(choices, "w:default")) or "0", 0, 1000) or 0
                self._write(line, entries[chosen] if chosen < len(entries) else "", look)
            elif ended.line is line and not ended.in_code:
                prompt = (value(child(child(data, "w:textInput"), "w:default")) or "").strip()
                result = line.pieces[ended.start :]
                if prompt and "".join(piece.text for piece in result).strip() == prompt:
                    for piece in result:
                        piece.placeholder = True

    def _graphics(self, element: _Element, line: _Run, depth: int) -> None:
        """Texts, pictures, charts and diagrams inside a drawing."""
        waiting = [element]
        while waiting:
            here = waiting.pop()
            name = short(here)
            if name == "mc:AlternateContent":
                branch = _branch(here)
                waiting += [] if branch is None else [branch]
                continue
            if name == "w:txbxContent":
                line.after += self.aside(here, depth)
                continue
            if name in ("a:blip", "v:imagedata"):
                self.pictures += 1
                self._fresh = self._broke = False
            elif name == "a:p":
                self._add_after(line, "".join(_letters(t) for t in here.iter("{*}t") if short(t) == "a:t"))
            elif name == "v:textpath":
                self._add_after(line, here.get("string") or "")
            elif name in ("c:chart", "dgm:relIds"):
                for text in self._graphic(relation(here, "id" if name == "c:chart" else "dm") or ""):
                    self._add_after(line, text)
            elif name == "o:OLEObject" and not (here.get("ProgID") or "").startswith("Equation"):
                self._draft.unread("a file embedded in the document was not read")
            if name != "a:p":
                waiting += reversed([inner for inner in here if isinstance(inner.tag, str)])

    def _add_after(self, line: _Run, text: str) -> None:
        if text.strip():
            line.after.append(Line(text, page=self.page))

    def aside(self, content: _Element, depth: int = 0) -> list[Item]:
        """Items of a text box, note or margin: it takes part in no field and no page break of the text around it."""
        saved = self._fields, self._fixed_page, self._shaded
        self._fields, self._fixed_page, self._shaded = [], True, True
        found = self.items(content, depth + 1)
        self._fields, self._fixed_page, self._shaded = saved
        return found

    def _table(self, table: _Element, depth: int) -> list[Item]:
        page, shaded = self.page, self._shaded
        properties = child(table, "w:tblPr")
        self._shaded = shaded or is_shaded(properties) or child(properties, "w:tblStyle") is not None
        rows: list[GridRow] = []
        self._rows(table, rows, depth + 1)
        self._shaded = shaded
        if rows and rows[0].page is not None:
            page = rows[0].page
        return table_items(rows, page)

    def _rows(self, container: _Element, rows: list[GridRow], depth: int) -> None:
        for element in _unwrapped(container, "w:tr", self._limits.nesting):
            properties = child(element, "w:trPr")
            if child(properties, "w:del") is not None:
                continue
            start = last = self.page
            row = GridRow()
            row.cells += [[] for _ in range(number(value(child(properties, "w:gridBefore")), 0, _COLUMNS) or 0)]
            for cell in _unwrapped(element, "w:tc", self._limits.nesting):
                self.page = start
                self._cell(cell, row, depth)
                last = max(last, self.page)
            self.page = last
            row.page = next((i.page for c in row.cells if not isinstance(c, Covered) for i in c if i.page is not None), start)
            rows.append(row)

    def _cell(self, cell: _Element, row: GridRow, depth: int) -> None:
        properties = child(cell, "w:tcPr")
        if child(properties, "w:cellDel") is not None:
            return
        shaded = self._shaded
        self._shaded = shaded or is_shaded(properties)
        found = self.items(cell, depth)
        self._shaded = shaded
        down, along = child(properties, "w:vMerge"), child(properties, "w:hMerge")
        width = number(value(child(properties, "w:gridSpan")), 1, _COLUMNS) or 1
        if flat_text(found).strip() or any(isinstance(item, Grid) for item in found):
            row.cells.append(found)
        elif down is not None and value(down) != "restart":
            row.cells += [Covered.ABOVE] * width
            return
        else:
            row.cells.append(Covered.LEFT if along is not None and value(along) != "restart" else found)
        row.cells += [Covered.LEFT] * (width - 1)


def _unwrapped(container: _Element, wanted: str, depth: int) -> list[_Element]:
    """Rows of a table or cells of a row, also those inside content controls and other wrappers."""
    found: list[_Element] = []
    for element in container:
        name = short(element)
        if name == wanted:
            found.append(element)
        elif depth and name and name not in _DROPPED and name not in ("w:tr", "w:tc", "w:p", "w:tbl"):
            found += _unwrapped(element, wanted, depth - 1)
    return found


def _branch(alternatives: _Element) -> _Element | None:
    """The one branch to read: the first that holds text or a picture, else the first."""
    branches = [b for b in alternatives if short(b) in ("mc:Choice", "mc:Fallback")]
    telling = ("w:t", "a:t", "a:blip", "v:imagedata", "c:chart", "dgm:relIds", "v:textpath", "w:tbl", "m:t")
    return next((b for b in branches if any(short(e) in telling for e in b.iter())), branches[0] if branches else None)


def _in_force(section: _Element) -> bool:
    """Whether section properties count, rather than record what a tracked change replaced."""
    parent = section.getparent()
    return parent is None or short(parent) != "w:sectPrChange"


def _is_placeholder(control: _Element) -> bool:
    return bool(switch(child(child(control, "w:sdtPr"), "w:showingPlcHdr")))


def _letters(element: _Element) -> str:
    """Text of an element, also after an entity that was not resolved."""
    return (element.text or "") + "".join(inner.tail or "" for inner in element)


def _symbol(element: _Element) -> str:
    try:
        code = int(value(element, "char") or "", 16)
    except ValueError:
        return ""
    if 0xE000 <= code <= 0xF8FF:
        return _MARKS.get(code, " ")
    return chr(code) if 0x20 <= code <= 0xFFFF and not 0xD800 <= code <= 0xDFFF else ""
