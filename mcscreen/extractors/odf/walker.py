"""The body of an OpenDocument file, walked in reading order.

`items` walks what holds paragraphs and tables, `_inline` what holds characters. Elements that are not known are walked
through rather than skipped. Frames hang inside a paragraph; their text follows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zipfile import ZipFile

from mcscreen.containers import parse_xml, read_member
from mcscreen.document import Covered, Draft, UnreadableDocument
from mcscreen.extractors.odf.markup import child, count, short, value, within
from mcscreen.extractors.odf.styles import Style, overlaid
from mcscreen.limits import Limits
from mcscreen.manuscript import GridRow, Item, Line, flat_text, is_white, table_items

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["REPEATS", "Walker"]

_INDEXES = frozenset((
    "text:table-of-content", "text:illustration-index", "text:table-index", "text:object-index", "text:user-index",
    "text:alphabetical-index",
))  # fmt: skip
_DROPPED = frozenset((
    "office:annotation-end", "text:tracked-changes", "text:ruby-text", "text:hidden-text", "text:hidden-paragraph", "text:note-citation",
    "svg:title", "svg:desc", "text:index-title-template", "text:table-of-content-source", "draw:glue-point", "office:event-listeners",
))  # fmt: skip
_CHARACTERS = {"text:s": " ", "text:tab": " ", "text:line-break": "\n"}
_UNSEEN = "text that cannot be seen was left out"
REPEATS = 64
"""Cells or rows that one repetition count may stand for."""

_TINY = 2.0  # points
_BLANKS = re.compile(r"\s+")


@dataclass(slots=True)
class _Run:
    """A paragraph while its inner elements are read."""

    pieces: list[tuple[str, bool]] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    after: list[Item] = field(default_factory=list)
    page: int | None = None


class Walker:
    """Walks the body in reading order.

    Attributes:
        page: Page reached so far, from 1.
        notes: Foot- and endnotes met.
        plain: Whether bold text and pale text mean nothing here, as on slides.
    """

    def __init__(self, styles: dict[tuple[str, str], Style], archive: ZipFile, draft: Draft, limits: Limits) -> None:
        self.page = 1
        self.pictures = self.comments = 0
        self.notes: list[Item] = []
        self.plain = False
        self._styles = styles
        self._archive = archive
        self._draft = draft
        self._limits = limits
        self._fresh = True
        self._broke = self._pending = self._fixed_page = False
        self._shaded = False

    def items(self, container: _Element, depth: int = 0, list_level: int = 0, *, template: bool = False) -> list[Item]:
        """Paragraphs and tables of a container, in order."""
        found: list[Item] = []
        if depth > self._limits.nesting:
            self._draft.unread(f"text nested deeper than {self._limits.nesting} levels was not read")
            return found
        for element in container:
            name = short(element)
            if name in ("text:p", "text:h"):
                found += self._paragraph(element, depth, list_level, template)
            elif name == "text:list":
                found += self.items(element, depth + 1, list_level + 1, template=template)
            elif name == "table:table":
                found += self._table(element, depth)
            elif name == "text:section":
                if self._style("section", element, "text:style-name").hidden or value(element, "text:display") == "none":
                    self._draft.warn(_UNSEEN)
                else:
                    found += self.items(element, depth + 1, list_level, template=template)
            elif name == "text:soft-page-break":
                self._turn(by_writer=False)
            elif name == "office:annotation":
                self.comments += 1
            elif name == "office:forms":
                found += _form_fields(element)
            elif name.startswith("draw:"):
                found += self.shape(element, depth)
            elif name and name not in _DROPPED:
                found += self.items(element, depth + 1, list_level, template=template or name in _INDEXES)
        return found

    def shape(self, element: _Element, depth: int = 0) -> list[Item]:
        """What a frame, a group or a drawn shape holds."""
        name, kind = short(element), value(element, "presentation:class")
        if name == "office:forms":
            return _form_fields(element)
        if kind in ("date-time", "footer", "header", "page-number") or not name.startswith("draw:") or name in _DROPPED:
            return []
        if depth > self._limits.nesting:
            self._draft.unread(f"text nested deeper than {self._limits.nesting} levels was not read")
            return []
        embedded = next((part for part in element if short(part) in ("draw:object", "draw:object-ole")), None)
        if embedded is not None:
            return self._embedded(embedded)
        found = self._inside(element, depth)
        if kind in ("title", "subtitle") and flat_text(found).strip():
            return [Line(flat_text(found).replace("\n", " "), "heading", 1 if kind == "title" else 2)]
        return found

    def cells(self, row: _Element, depth: int) -> list[list[Item] | Covered]:
        """Cells of a row; repeated ones are repeated up to a cap."""
        cells: list[list[Item] | Covered] = []
        spanned = 0
        for element in row:
            name = short(element)
            if name not in ("table:table-cell", "table:covered-table-cell"):
                continue
            shaded = self._shaded
            self._shaded = shaded or self._style("table-cell", element, "table:style-name").shaded
            content = self.items(element, depth + 1)
            self._shaded = shaded
            repeats = count(element, "table:number-columns-repeated", REPEATS)
            if name == "table:table-cell":
                spanned = count(element, "table:number-columns-spanned", REPEATS) - 1
                cells += [content] * repeats
            elif flat_text(content).strip():
                cells.append(content)
            else:
                cells += [Covered.LEFT if at < spanned else Covered.ABOVE for at in range(repeats)]
                spanned = max(0, spanned - repeats)
        return cells

    def _inside(self, element: _Element, depth: int) -> list[Item]:
        found: list[Item] = []
        saved, self._fixed_page, self._shaded = (self._fixed_page, self._shaded), True, True
        for part in element:
            name = short(part)
            if name == "draw:image":
                self.pictures += 1
                self._fresh = self._broke = False
            elif name == "draw:text-box":
                found += self.items(part, depth + 1)
            elif name in ("text:p", "text:h"):
                found += self._paragraph(part, depth, 0, False)
            elif name == "text:list":
                found += self.items(part, depth + 1, 1)
            elif name == "table:table":
                found += self._table(part, depth)
            elif name.startswith("draw:"):
                found += self.shape(part, depth + 1)
        self._fixed_page, self._shaded = saved
        return found

    def _paragraph(self, element: _Element, depth: int, list_level: int, template: bool) -> list[Item]:
        style = self._style("paragraph", element, "text:style-name")
        if self._pending or (style.break_before and not self._fresh):
            self._turn(by_writer=True)
        self._pending = style.break_after and not self._fixed_page
        line = _Run()
        self._inline(element, line, style, depth)
        text = "".join(piece for piece, _ in line.pieces)
        found: list[Item]
        page = line.page or self.page
        if not text.strip():
            found = [Line("".join(line.prompts), page=page, template=True)]
        elif short(element) == "text:h" and not template:
            found = [Line(text, "heading", count(element, "text:outline-level", 9), page)]
        elif (style.title or style.level) and not template:
            found = [Line(text, "heading", style.level or 1, page)]
        else:
            bold = not self.plain and all(strong for piece, strong in line.pieces if piece.strip())
            found = [Line(text, "list_item" if list_level else "paragraph", list_level, page, bold, template)]
        return found + line.after

    def _inline(self, parent: _Element, line: _Run, look: Style, depth: int) -> None:
        if depth > self._limits.nesting:
            self._draft.unread(f"text nested deeper than {self._limits.nesting} levels was not read")
            return
        self._put(line, _BLANKS.sub(" ", parent.text or ""), look)
        for element in parent:
            name = short(element)
            if name in _CHARACTERS:
                self._put(line, _CHARACTERS[name], look)
            elif name == "text:soft-page-break":
                self._turn(by_writer=False)
            elif name == "text:note":
                body = child(element, "text:note-body")
                saved, self._fixed_page = self._fixed_page, True
                self.notes.append(Line("" if body is None else flat_text(self.items(body, depth + 1)), "note"))
                self._fixed_page = saved
            elif name == "office:annotation":
                self.comments += 1
            elif name == "text:placeholder":
                line.prompts.append(_all_text(element))
            elif name.startswith("draw:"):
                line.after += self.shape(element, depth + 1)
            elif name and name not in _DROPPED:
                own = self._style("text", element, "text:style-name") if name == "text:span" else Style()
                self._inline(element, line, overlaid(look, own), depth + 1)
            elif name in ("text:hidden-text", "text:hidden-paragraph"):
                self._draft.warn(_UNSEEN)
            self._put(line, _BLANKS.sub(" ", element.tail or ""), look)

    def _put(self, line: _Run, text: str, look: Style) -> None:
        if not text:
            return
        unseen = look.hidden or (look.size is not None and look.size < _TINY)
        pale = is_white(look.colour) and not (look.shaded or self._shaded or self.plain)
        if unseen or pale:
            if text.strip():
                self._draft.warn(_UNSEEN)
            return
        if text.strip():
            self._fresh = self._broke = False
            if line.page is None:
                line.page = self.page
        line.pieces.append((text, bool(look.bold)))

    def _turn(self, *, by_writer: bool) -> None:
        """Begin a page, unless the layout's own mark only repeats the writer's break."""
        if self._fixed_page:
            return
        if self._broke and not by_writer:
            self._broke = False
            return
        self.page += 1
        self._broke = self._fresh = by_writer

    def _table(self, table: _Element, depth: int) -> list[Item]:
        style = self._style("table", table, "table:style-name")
        if self._pending or (style.break_before and not self._fresh):
            self._turn(by_writer=True)
        self._pending = False
        shaded, page = self._shaded, self.page
        self._shaded = shaded or style.shaded or bool(value(table, "table:template-name"))
        rows: list[GridRow] = []
        for element in within(table, "table:table-row", self._limits.nesting, also="text:soft-page-break"):
            if short(element) == "text:soft-page-break":
                self._turn(by_writer=False)
                continue
            cells = self.cells(element, depth)
            first = next((item.page for cell in cells if not isinstance(cell, Covered) for item in cell if item.page), self.page)
            rows += [GridRow(cells, first)] * count(element, "table:number-rows-repeated", REPEATS)
        self._shaded = shaded
        while rows and not any(flat_text(cell).strip() for cell in rows[-1].cells if not isinstance(cell, Covered)):
            rows.pop()
        return table_items(rows, rows[0].page if rows else page)

    def _embedded(self, element: _Element) -> list[Item]:
        """Texts of a chart, formula or document kept in a folder of the package."""
        inline = next((part for part in element if isinstance(part.tag, str)), None)
        href = (element.get("{http://www.w3.org/1999/xlink}href") or "").removeprefix("./").strip("/")
        data = read_member(self._archive, f"{href}/content.xml", self._limits) if href and inline is None else None
        try:
            root = parse_xml(data) if data else inline
        except UnreadableDocument:
            root = None
        if root is None:
            self._draft.unread("a file embedded in the document was not read")
            return []
        return [Line(_all_text(p), page=self.page) for p in root.iter("{*}p", "{*}h") if short(p) in ("text:p", "text:h")]

    def _style(self, family: str, element: _Element, attribute: str) -> Style:
        return self._styles.get((family, value(element, attribute) or ""), Style())


def _form_fields(forms: _Element) -> list[Item]:
    """What was typed into form controls."""
    values = (value(control, "form:current-value") or "" for control in forms.iter())
    return [Line(text, "form_field") for text in values if text.strip()]


def _all_text(element: _Element) -> str:
    return "".join(str(piece) for piece in element.itertext(with_tail=False))
