"""Reads PDF files: text in reading order with page numbers, tables, headings, typed form fields; tells scans apart.

pdfium (through pypdfium2) reads every page in milliseconds and survives most damage. It gives letters with boxes; the
order in which a person would read them is rebuilt here from those boxes, because the order in the file is whatever the
program that wrote it found convenient. One module a question: what is on the page (`pages`), which words form a line
(`words`), where columns and gutters are (`columns`), which lines belong together (`paragraphs`), what a hyphen at a
line end means (`hyphens`), what lines enclose
(`grids`), which columns are a table (`tables`), what repeats on every page (`running`), and whether another reader can
read what pdfium cannot (`rescue`).

What cannot be read is said page by page: a scan without text is never "no evidence".
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.document import Draft, UnreadableDocument, count_words
from mcscreen.extractors.pdf.grids import find_grids
from mcscreen.extractors.pdf.hyphens import mender
from mcscreen.extractors.pdf.pages import Sheet, common_type, picture_of, read_page
from mcscreen.extractors.pdf.paragraphs import Inset, Paragraph, arrange
from mcscreen.extractors.pdf.rescue import read_again
from mcscreen.extractors.pdf.running import running_lines
from mcscreen.extractors.pdf.tables import join_split_row
from mcscreen.extractors.pdf.words import Word, cell_text, join_lines
from mcscreen.limits import Limits

if TYPE_CHECKING:
    import pypdfium2

__all__ = ["extract", "extract_cautiously"]

_FEW_WORDS = 15
"""A page that is mostly picture and has no more words than this is a scan with a page number."""
_PICTURE = 0.5
_DRAWING = 150

_PART_FOR_PAGES = 0.4
"""Share of the processor time for one file after which no further page is begun; putting the letters in order takes as long again."""

_PASSWORD = "the file is protected with a password; ask for a copy without one"
_DAMAGED = "the file is damaged or was cut off: no page can be read; export it to PDF again"
_SCAN = "the pages are pictures of text (a scan); run OCR on the file, or upload the document that was scanned"
_GARBLED = "the letters are stored without saying which characters they are; export the file to PDF again, or run OCR on it"


def extract(path: Path, draft: Draft, limits: Limits, ocr: Callable[[bytes], str] | None = None) -> None:
    """Read a PDF into `draft`.

    Args:
        path: The file.
        draft: Receives the text, page by page.
        limits: Bounds; `pages` and `ocr_pages` are observed here.
        ocr: Text of a page given as PNG bytes, for pages that are pictures.

    Raises:
        UnreadableDocument: `encrypted`, `corrupt`, or `needs_ocr` when no page has text.
    """
    import pypdfium2

    draft.reader = _reader()
    draft.page_kind = "page"
    with path.open("rb") as stream:
        start = stream.read(1024)
    if b"%PDF" not in start:
        raise UnreadableDocument("corrupt", "the file is empty" if not start else "the file is damaged: it does not begin like a PDF")
    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (4, 5):  # password; a security handler that pdfium does not know
            raise UnreadableDocument("encrypted", _PASSWORD) from None
        sheets = _second_opinion(path, draft, limits)
        if not sheets:
            raise UnreadableDocument("corrupt", _DAMAGED) from None
        draft.unread("the file is damaged; what could be recovered was read")
        _write(sheets, draft, {})
        return
    with pdf:
        _read(pdf, path, draft, limits, ocr)
    if _cut_off(path):
        draft.unread("the end of the file is missing, so pages may be lost; upload it again")


@cache
def _reader() -> str:
    return f"pypdfium2 {version('pypdfium2')}"  # read from a file, and not for each document


def extract_cautiously(path: Path, draft: Draft, limits: Limits) -> None:
    """Read a PDF into `draft` without pdfium, for a file that makes pdfium abort.

    Raises:
        UnreadableDocument: `corrupt` when the second reader finds no text either.
    """
    draft.page_kind = "page"
    sheets = _second_opinion(path, draft, limits)
    if not sheets:
        raise UnreadableDocument("corrupt", _DAMAGED)
    _write(sheets, draft, {})


def _cut_off(path: Path) -> bool:
    """Whether the last 100 kB lack the pointer to the table of objects with which every whole PDF ends.

    pdfium rebuilds that table silently, so that a file whose upload broke off looks like a shorter one. A pointer to 0 does
    not count: it stands near the beginning of files prepared for the web.
    """
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - 100_000))
        return not re.search(rb"startxref\s+0*[1-9]", stream.read())


def _read(pdf: pypdfium2.PdfDocument, path: Path, draft: Draft, limits: Limits, ocr: Callable[[bytes], str] | None) -> None:
    import pypdfium2

    total = draft.pages = len(pdf)
    if pdf.get_formtype() != 0:
        pdf.init_forms()
    if pdf.get_formtype() in (2, 3):
        draft.warn("a form of a kind (XFA) that only Adobe programs show in full; print it to PDF if text is missing")
    sheets: list[Sheet] = []
    broken: list[int] = []
    letters = index = 0
    until = time.process_time() + _PART_FOR_PAGES * limits.cpu_seconds
    for index in range(min(total, limits.pages)):
        try:
            sheets.append(read_page(pdf, index))
        except pypdfium2.PdfiumError:
            broken.append(index + 1)
            continue
        letters += sheets[-1].letters
        if letters > 1.2 * limits.characters:
            break
        if time.process_time() > until:
            draft.unread(f"only the first {index + 1:,} of {total:,} pages were read: reading took too long")
            break
    if total > limits.pages and index + 1 == limits.pages:
        draft.unread(f"only the first {limits.pages:,} of {total:,} pages were read")
    unclear = {sheet.number: _why_unclear(sheet) for sheet in sheets if _why_unclear(sheet)}
    if not any(sheet.words or sheet.aside or sheet.fields for sheet in sheets) and not unclear:
        again = _second_opinion(path, draft, limits)
        if again:
            _write(again, draft, {})
            return
        if not sheets:
            raise UnreadableDocument("corrupt", _DAMAGED)
    _clear_up(sheets, unclear, path, draft, limits)
    if broken:
        draft.unread(f"{_named(broken)} could not be read: the file is damaged there")
    for sheet in sheets:
        if sheet.hidden:
            draft.warn(f"text that cannot be seen on page {sheet.number} was left out")
    recognised = _recognise(pdf, unclear, draft, limits, ocr) if ocr is not None else {}
    left = {number: why for number, why in unclear.items() if number not in recognised}
    legible = [s for s in sheets if s.number not in left and (s.words or s.aside or s.fields or s.number in recognised)]
    if left and not legible and not any(s.fields for s in sheets):
        raise UnreadableDocument("needs_ocr", next(iter(left.values())))
    for why, said in ((_SCAN, "a scan without text (needs OCR)"), (_GARBLED, "text without a table of its characters (needs OCR)")):
        numbers = [number for number, reason in left.items() if reason == why]
        if numbers:
            draft.unread(f"{_named(numbers)} {'is' if len(numbers) == 1 else 'are'} {said}")
    for sheet in sheets:
        if unclear.get(sheet.number) == _GARBLED or sheet.number in recognised:
            sheet.words, sheet.aside = [], []
    _write(sheets, draft, recognised)


def _second_opinion(path: Path, draft: Draft, limits: Limits) -> list[Sheet]:
    sheets, total, reader = read_again(path, limits.pages)
    if sheets:
        draft.reader, draft.pages = reader, total
        if len(sheets) < min(total, limits.pages):
            draft.unread(f"only the first {len(sheets):,} of {total:,} pages were read: reading took too long")
    return sheets


def _clear_up(sheets: list[Sheet], unclear: dict[int, str], path: Path, draft: Draft, limits: Limits) -> None:
    """Replace pages whose letters pdfium cannot name by the other reader's, where that one can; they are then no longer `unclear`."""
    if _GARBLED not in unclear.values():
        return
    again, _, reader = read_again(path, limits.pages)
    named = {sheet.number: sheet for sheet in again if sum("(cid:" in w.text for w in sheet.words) < 0.05 * len(sheet.words)}
    for place, sheet in enumerate(sheets):
        other = named.get(sheet.number)
        if unclear.get(sheet.number) == _GARBLED and other is not None:
            other.strokes, other.fields, other.drawn, other.pictures = sheet.strokes, sheet.fields, sheet.drawn, sheet.pictures
            sheets[place] = other
            del unclear[sheet.number]
            draft.reader = f"{draft.reader.partition(' with ')[0]} with {reader}"


def _why_unclear(sheet: Sheet) -> str:
    """Why a page's text cannot be had without OCR; empty when it can, and for a blank page."""
    words = len(sheet.words) + sum(map(len, sheet.aside))
    if sheet.letters > 20 and sheet.garbled > 0.4 * sheet.letters:
        return _GARBLED
    if words <= _FEW_WORDS and sheet.pictures >= _PICTURE:
        return _SCAN
    return _SCAN if not words and (sheet.pictures > 0.04 or sheet.drawn > _DRAWING) else ""


def _recognise(
    pdf: pypdfium2.PdfDocument, unclear: dict[int, str], draft: Draft, limits: Limits, ocr: Callable[[bytes], str]
) -> dict[int, str]:
    texts: dict[int, str] = {}
    for number in list(unclear)[: limits.ocr_pages]:
        try:
            text = ocr(picture_of(pdf, number - 1))
        except Exception as error:  # an engine's failure is the page's, not the document's
            draft.warn(f"OCR failed on page {number} ({type(error).__name__})")
            continue
        if count_words(text):
            texts[number] = text
    if texts:
        draft.warn(f"{_named(list(texts))} {'was' if len(texts) == 1 else 'were'} read by OCR")
    return texts


def _named(numbers: Sequence[int]) -> str:
    """Page numbers in words: "page 3", "pages 1-4, 7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    listed = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"page{'s' if len(numbers) > 1 else ''} {listed}"


def _write(sheets: list[Sheet], draft: Draft, recognised: dict[int, str]) -> None:
    """Write pages to the draft; `recognised` is the text of pages read by OCR, by page number."""
    body, body_bold = common_type(sheets)
    tables = [_take_tables(sheet, draft) for sheet in sheets]
    running = running_lines([sheet.words for sheet in sheets], [sheet.height for sheet in sheets], body)
    pages: list[list[Paragraph | Inset]] = []
    said: set[tuple[str, str]] = set()
    for sheet, ruled, extra in zip(sheets, tables, running, strict=True):
        gone = {id(word) for word in extra}
        words = [word for word in sheet.words if id(word) not in gone]
        before = pages[-1][-1] if pages and pages[-1] else None
        items = arrange(words, [*ruled, *_typed(sheet, said)], before.gaps if isinstance(before, Inset) else ())
        if isinstance(before, Inset) and items and isinstance(items[0], Inset):
            whole = join_split_row(before.rows, items[0].rows)
            if whole is not None:
                before.rows, items[0].rows = whole, items[0].rows[1:]
        for turned in sheet.aside:
            items += arrange(turned)
        pages.append(items)
    loud = [p for sheet, items in zip(sheets, pages, strict=True) if not sheet.layered for p in items if _is_heading(p, body, body_bold)]
    sizes = _ranks(p.size for p in loud if isinstance(p, Paragraph) and p.size >= 1.12 * body)
    headings = {id(p) for p in loud}
    scanned = {number: [_unwrapped(block) for block in re.split(r"\n\s*\n", text)] for number, text in recognised.items()}
    mend = mender(
        [*(text for items in pages for item in items for text in _texts(item)), *(t for texts in scanned.values() for t in texts)]
    )
    for sheet, items in zip(sheets, pages, strict=True):
        if draft.full:
            return
        draft.move(page=sheet.number)
        for text in scanned.get(sheet.number, ()):
            draft.paragraph(mend(text))
        for item in items:
            if isinstance(item, Inset) and item.is_table:
                draft.table([mend(text) if isinstance(text, str) else text for text in row] for row in item.rows)
            elif isinstance(item, Inset):
                draft.paragraph(str(item.rows[0][0]), "form_field")
            elif id(item) in headings:
                draft.heading(mend(item.text), next((n for n, low in enumerate(sizes, 1) if item.size >= low), len(sizes) + 1))
            else:
                draft.paragraph(mend(item.text), "list_item" if item.bullet else "paragraph", int(item.bullet))


def _unwrapped(block: str) -> str:
    return join_lines(line.strip() for line in block.split("\n") if line.strip())


def _texts(item: Paragraph | Inset) -> list[str]:
    if isinstance(item, Paragraph):
        return [item.text]
    return [text for row in item.rows for text in row if isinstance(text, str)]


def _is_heading(item: Paragraph | Inset, body: float, body_bold: bool) -> bool:
    if isinstance(item, Inset) or item.lines > 3 or not re.search(r"[^\W\d_]", item.text):
        return False
    words = len(item.text.split())
    if item.size >= 1.12 * body:
        return words <= 20 and not item.text.endswith((",", ";")) and not (words > 9 and item.text.endswith("."))
    return item.bold and not body_bold and item.size > 0.9 * body and words <= 14 and item.text[-1] not in ".,;"


def _ranks(sizes: Iterable[float]) -> list[float]:
    """Lower bounds of the heading sizes, largest first; sizes within half a point are one level; five levels at most."""
    ranks: list[float] = []
    for size in sorted(sizes, reverse=True):
        if not ranks or size < ranks[-1] - 0.5:
            ranks.append(size - 0.25)
    return [*ranks[:4], 0.0] if len(ranks) > 5 else ranks


def _take_tables(sheet: Sheet, draft: Draft) -> list[Inset]:
    """Ruled tables of a page; their words are taken off the sheet."""
    grids = find_grids(sheet.strokes) if sheet.strokes is not None and sheet.words else None
    if grids is None and sheet.words and sheet.drawn:
        draft.warn(f"page {sheet.number} holds a drawing with too many lines to look for tables in it")
    insets: list[Inset] = []
    for grid in grids or ():
        cells: dict[tuple[int, int], list[Word]] = {}
        outside: list[Word] = []
        for word in sheet.words:
            cell = grid.cell_at((word.x0 + word.x1) / 2, word.middle)
            if cell is None:
                outside.append(word)
            else:
                cells.setdefault(cell, []).append(word)
        if not grid.is_table({cell: len(words) for cell, words in cells.items()}):
            continue
        texts: dict[tuple[int, int], str] = {}
        for cell, words in cells.items():
            left, right = grid.span(cell)
            padding = min(8.0, max(0.0, min(word.x0 for word in words) - left))
            texts[cell] = cell_text(words, right - padding)
        rows = grid.rows(texts)
        insets.append(Inset(grid.xs[0], grid.xs[-1], grid.ys[0], grid.ys[-1], rows))
        sheet.words = outside
    return insets


def _typed(sheet: Sheet, said: set[tuple[str, str]]) -> list[Inset]:
    """Typed form fields, but not those whose text is on the page anyway or was met before."""
    page = " ".join(word.text for word in sheet.words).casefold()
    insets: list[Inset] = []
    for name, value, (x0, top, x1, bottom) in sheet.fields:
        flat = " ".join(value.split())
        if (name, flat) in said or (flat.count(" ") > 1 and flat.casefold() in page):
            continue
        said.add((name, flat))
        insets.append(Inset(x0, x1, top, bottom, [[f"{name}: {value}" if name else value]], is_table=False))
    return insets
