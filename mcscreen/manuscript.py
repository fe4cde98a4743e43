"""What the readers of word-processor files share: lines and grids on their way into a `Draft`.

DOCX, ODT and RTF mark the same things in different ways, and three questions come up in each: is this bold line a
heading, is this table a table or a page layout, can this text be seen at all? They are answered here once, after the
reader has turned its format into `Line` and `Grid` items, because the answers need the item that follows.

A line taken for a heading is not offered as evidence, so every rule leans towards "paragraph": long "headings" are
somebody's style mistake and are written as paragraphs, and bold lines count as headings only when few of them stand
together above normal text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mcscreen.document import BlockKind, Covered, Draft, count_words
from mcscreen.limits import Limits

__all__ = ["Grid", "GridRow", "Item", "Line", "flat_text", "is_white", "table_items", "write"]

_HEADING_WORDS = 25
_SENTENCE_WORDS = 8
_BOLD_WORDS = 12
_BOLD_TOGETHER = 3
_WHITE = 0xFA


@dataclass(slots=True)
class Line:
    """One paragraph-like piece of text.

    Attributes:
        text: As read; the draft cleans it.
        kind: What it is to be written as.
        level: Heading level or list depth, from 1; 0 where neither applies.
        page: Page it begins on, from 1; None where pages do not apply.
        bold: Whether all of it is bold.
        template: Whether the file says that it is a placeholder or generated.
    """

    text: str
    kind: BlockKind = "paragraph"
    level: int = 0
    page: int | None = None
    bold: bool = False
    template: bool = False


@dataclass(slots=True)
class GridRow:
    """One row of a table: what stands in each cell, and the page on which the row begins."""

    cells: list[list[Item] | Covered] = field(default_factory=list)
    page: int | None = None


@dataclass(slots=True)
class Grid:
    """A table."""

    rows: list[GridRow]
    page: int | None = None


Item = Line | Grid


def is_white(colour: str | None) -> bool:
    """Whether a hexadecimal RGB colour, with or without "#", cannot be told from white paper."""
    digits = (colour or "").strip().removeprefix("#")
    if len(digits) != 6:
        return False
    try:
        return min(bytes.fromhex(digits)) >= _WHITE
    except ValueError:
        return False


def flat_text(items: Iterable[Item]) -> str:
    """Text of the items, one line each; template text is not kept."""
    return "\n".join(line.text for line in _lines(items) if line.text.strip() and not line.template)


def table_items(rows: list[GridRow], page: int | None = None) -> list[Item]:
    """A table as a grid, or as what it holds when it only arranges the page.

    A table of one column is a box around text; one of a single row that holds tables is a layout. Anything else is
    a grid. No text is lost and none is doubled either way.
    """
    columns = max((sum(cell is not Covered.LEFT for cell in row.cells) for row in rows), default=0)
    nested = any(isinstance(item, Grid) for row in rows for cell in row.cells if not isinstance(cell, Covered) for item in cell)
    contents = [item for row in rows for cell in row.cells if not isinstance(cell, Covered) for item in cell]
    used = {column for row in rows for column, cell in enumerate(row.cells) if not isinstance(cell, Covered) and flat_text(cell).strip()}
    if not used:
        return [item for item in contents if isinstance(item, Line) and item.template]
    if columns <= 1 or (len(rows) == 1 and (nested or len(used) == 1)):
        return contents
    return [Grid(rows, page)]


def write(items: Sequence[Item], draft: Draft, limits: Limits, *, paged: bool = False, slide: int | None = None) -> None:
    """Write items into the draft, in order.

    Args:
        items: What the file holds.
        draft: Where it goes.
        limits: Bounds; pages beyond `limits.pages` are not written and reported.
        paged: Whether the items' page numbers mean anything.
        slide: Slide on which all of it stands.
    """
    bold: list[Line] = []
    outline = 0

    def move(page: int | None) -> None:
        draft.move(page=page if paged else None, slide=slide)

    def release(as_headings: bool) -> None:
        for waiting in bold:
            move(waiting.page)
            if as_headings:
                draft.heading(waiting.text, min(outline + 1, 9))
            else:
                draft.paragraph(waiting.text, waiting.kind, waiting.level)
        bold.clear()

    for item in items:
        if draft.full:
            return
        if paged and item.page is not None and item.page > limits.pages:
            draft.unread(f"more than {limits.pages:,} pages; the rest was not read")
            break
        if isinstance(item, Grid):
            release(len(bold) <= _BOLD_TOGETHER)
            move(item.page)
            draft.table(_rows(item, move))
            continue
        if not item.text.strip():
            continue
        if _may_be_heading(item):
            bold.append(item)
            continue
        heading = item.kind == "heading" and not _is_prose(item.text)
        same_list = bool(bold) and bold[-1].kind == "list_item" == item.kind
        release(not heading and not item.template and not same_list and len(bold) <= _BOLD_TOGETHER)
        move(item.page)
        if heading:
            outline = item.level
            draft.heading(item.text, item.level)
        else:
            kind: BlockKind = "paragraph" if item.kind == "heading" else item.kind
            draft.paragraph(item.text, kind, 0 if kind == "paragraph" else item.level, template=item.template)
    release(False)


def _may_be_heading(line: Line) -> bool:
    text = line.text.strip()
    return (
        line.bold
        and not line.template
        and (line.kind == "paragraph" or (line.kind == "list_item" and line.level <= 1))
        and "\n" not in text
        and text[-1] not in ".!;,…"
        and any(c.isalpha() for c in text)
        and count_words(text) <= _BOLD_WORDS
    )


def _is_prose(text: str) -> bool:
    words = count_words(text)
    return words > _HEADING_WORDS or (words > _SENTENCE_WORDS and text.rstrip().endswith((".", "!")))


def _rows(grid: Grid, move: Callable[[int | None], None]) -> Iterator[list[str | Covered | None]]:
    for row in grid.rows:
        move(row.page)
        yield [cell if isinstance(cell, Covered) else flat_text(cell) for cell in row.cells]


def _lines(items: Iterable[Item]) -> Iterator[Line]:
    for item in items:
        if isinstance(item, Line):
            yield item
            continue
        for row in item.rows:
            for cell in row.cells:
                if not isinstance(cell, Covered):
                    yield from _lines(cell)
