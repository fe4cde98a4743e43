"""OpenDocument: texts, presentations and spreadsheets, read from content.xml.

The three kinds share one vocabulary of paragraphs, lists, tables and frames, so one walk serves all of them; they differ
in what divides them. A text has pages only where its author or the last layout left a break (an estimate), a presentation
has slides, a spreadsheet has sheets with cells.

The format counts instead of repeating: "two billion spaces", "a million equal rows" take forty bytes. Every such count is
capped. What is deleted under change tracking, hidden, white or too small to see is left out with a remark, and so are
comments; the content of a table of contents is kept as template text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from mcscreen.containers import open_package, parse_xml, read_member
from mcscreen.document import Covered, Draft, UnreadableDocument
from mcscreen.extractors.odf.markup import child, count, short, value, within
from mcscreen.extractors.odf.styles import read_styles
from mcscreen.extractors.odf.walker import REPEATS, Walker
from mcscreen.limits import Limits
from mcscreen.manuscript import Line, flat_text, write

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["extract"]

_GAP = 20


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read an ODT, ODP, ODS or ODG into the draft.

    Args:
        path: The file.
        draft: Where the text goes.
        limits: Bounds for reading.

    Raises:
        UnreadableDocument: `encrypted`, `corrupt`, `too_large` or `needs_ocr`.
    """
    draft.reader = "odf-xml"
    with open_package(path, limits, whole=False) as archive:
        _refuse_encrypted(archive, limits)
        content = read_member(archive, "content.xml", limits)
        if content is None:
            raise UnreadableDocument("corrupt", "the file is damaged: the package has no content part")
        root = parse_xml(content)
        body = child(root, "office:body")
        if body is None:
            raise UnreadableDocument("corrupt", "the file is damaged: the content part has no body")
        walker = Walker(read_styles(root, archive, limits), archive, draft, limits)
        for kind in body:
            name = short(kind)
            if name == "office:spreadsheet":
                _read_sheets(kind, walker, draft, limits)
            elif name in ("office:presentation", "office:drawing"):
                _read_slides(kind, walker, draft, limits, "slide" if name == "office:presentation" else "page")
            else:
                _read_text(kind, walker, draft, limits)
    if draft.is_empty and walker.pictures:
        raise UnreadableDocument("needs_ocr", "the document holds only pictures; their text has to be recognised first")
    if walker.pictures:
        draft.warn(f"the text in {walker.pictures} pictures was not read" if walker.pictures > 1 else "the text in 1 picture was not read")
    if walker.comments:
        draft.warn(f"{walker.comments} comments were left out" if walker.comments > 1 else "1 comment was left out")


def _read_text(body: _Element, walker: Walker, draft: Draft, limits: Limits) -> None:
    items = walker.items(body)
    paged = walker.page > 1
    write(items, draft, limits, paged=paged)
    draft.move()
    write(walker.notes, draft, limits)
    if paged:
        draft.pages, draft.page_kind = walker.page, "page"
        draft.warn("page numbers are estimated from page breaks")


def _read_slides(body: _Element, walker: Walker, draft: Draft, limits: Limits, kind: str) -> None:
    pages = [element for element in body if short(element) == "draw:page"]
    walker.plain = True
    for number, page in enumerate(pages, 1):
        if number > limits.pages:
            draft.unread(f"more than {limits.pages:,} {kind}s; the rest was not read")
            break
        spoken = child(page, "presentation:notes")
        items = [item for shape in page if shape is not spoken for item in walker.shape(shape)]
        remarks = [] if spoken is None else [item for shape in spoken for item in walker.shape(shape)]
        items.append(Line(flat_text(remarks), "slide_note"))
        if kind == "slide":
            write(items, draft, limits, slide=number)
        else:
            for item in items:
                item.page = number
            write(items, draft, limits, paged=True)
    draft.pages, draft.page_kind = len(pages), "slide" if kind == "slide" else "page"


def _read_sheets(body: _Element, walker: Walker, draft: Draft, limits: Limits) -> None:
    walker.plain = True
    sheets = [element for element in body if short(element) == "table:table"]
    for number, sheet in enumerate(sheets, 1):
        if number > limits.pages:
            draft.unread(f"more than {limits.pages:,} sheets; the rest was not read")
            break
        draft.move(sheet=value(sheet, "table:name") or f"Sheet {number}")
        for first, rows in _tables_of_sheet(sheet, walker, limits):
            draft.table(rows, first)
        for shapes in (element for element in sheet if short(element) == "table:shapes"):
            for item in (item for shape in shapes for item in walker.shape(shape)):
                draft.paragraph(flat_text([item]))
    draft.pages, draft.page_kind = len(sheets), "sheet"


def _tables_of_sheet(sheet: _Element, walker: Walker, limits: Limits) -> Iterator[tuple[int, list[list[str | Covered]]]]:
    """Runs of rows, each with its first row number; long empty stretches divide a sheet."""
    rows: list[list[str | Covered]] = []
    first = number = 1
    empty = cells = 0
    for row in within(sheet, "table:table-row", limits.nesting):
        repeats = count(row, "table:number-rows-repeated", 1 << 20)
        texts = [flat_text(cell) if not isinstance(cell, Covered) else cell for cell in walker.cells(row, 0)]
        while texts and (isinstance(texts[-1], Covered) or not texts[-1].strip()):
            texts.pop()
        if not texts:
            empty += repeats
            number += repeats
            continue
        if rows and empty > _GAP:
            yield first, rows
            rows = []
        first = first if rows else number
        if rows:
            rows += [[] for _ in range(empty)]
        empty = 0
        kept = min(repeats, REPEATS)
        rows += [texts] * kept
        number += repeats
        cells += len(texts) * kept
        if repeats > kept:
            empty = repeats - kept
        if cells > limits.table_cells:
            break  # the draft says so
    if rows:
        yield first, rows


def _refuse_encrypted(archive: ZipFile, limits: Limits) -> None:
    manifest = read_member(archive, "META-INF/manifest.xml", limits)
    # Newer writers wrap the whole package in one encrypted member.
    wrapped = "encrypted-package" in archive.namelist()
    if wrapped or (manifest is not None and any(short(e) == "manifest:encryption-data" for e in parse_xml(manifest).iter())):
        raise UnreadableDocument("encrypted", "the document is protected with a password; ask for a copy without one")
