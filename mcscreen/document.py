"""What a reader hands over: one file as plain text with places.

A `Document` is one string, `text`, and things that point into it: blocks (paragraphs, headings, cells, captions) and
tables. Offsets are Python string indices, so `document.text[block.start:block.end]` is always the block's text. Pointing
instead of nesting keeps one invariant that everything downstream relies on: a quote shown to an assessor is a slice of
what was read, never a re-typed copy.

Readers do not assemble the string themselves. They write into a `Draft`, which cleans the characters once for all
formats, keeps the offsets, counts paragraphs and remembers the heading above.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal

from mcscreen.limits import DEFAULT_LIMITS, Limits

__all__ = [
    "READABLE",
    "Block",
    "BlockKind",
    "Cell",
    "Covered",
    "Document",
    "Draft",
    "Place",
    "Status",
    "Table",
    "UnreadableDocument",
    "clean_text",
    "count_words",
]

Status = Literal[
    "text",
    "partial",
    "empty",
    "needs_ocr",
    "encrypted",
    "corrupt",
    "unsupported",
    "mismatch",
    "too_large",
    "timeout",
    "crashed",
]
"""How the reading of a file ended. Only `text` and `partial` are scored."""

READABLE: frozenset[Status] = frozenset({"text", "partial"})

BlockKind = Literal["paragraph", "heading", "list_item", "cell", "caption", "note", "form_field", "slide_note"]
"""`caption` is a line of a video's caption track, `note` a foot- or endnote, `slide_note` a presenter's note."""

# Controls, zero-width and bidirectional marks: they carry no words, and in a report they hide or reorder text.
_DROPPED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")
_LIGATURES = {c: unicodedata.normalize("NFKC", chr(c)) for c in range(0xFB00, 0xFB07)}


def clean_text(text: str) -> str:
    r"""Text as it is kept: composed (NFC), no controls or invisible marks, single spaces, no lone surrogates.

    Line breaks survive as `\n`; every other run of white space becomes one space. Typographic ligatures are spelled out
    because a PDF's "ﬁ" is the writer's "fi".
    """
    text = _BREAKS.sub("\n", text)
    text = _SURROGATE.sub("\ufffd", _DROPPED.sub("", text))
    text = unicodedata.normalize("NFC", text).translate(_LIGATURES)
    text = _SPACES.sub(" ", text)
    return "\n".join(line.strip() for line in text.split("\n")).strip("\n")


def count_words(text: str) -> int:
    """Number of words as Microsoft Word counts them: stretches between spaces, a dash that stands alone included.

    Candidates see that count while they write, so a minimum is measured with it.
    """
    return len(text.split())


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file a piece of text stands, as a person would look it up.

    Attributes:
        page: Page number, from 1. For DOCX and ODT only where hard page breaks give it.
        slide: Slide number, from 1.
        sheet: Name of the worksheet.
        row: Row number in the worksheet or table, from 1.
        seconds: Start and end in a video, in seconds.
        heading: Text of the nearest heading above.
        paragraph: Number of the paragraph in the document, from 1, headings not counted.
    """

    page: int | None = None
    slide: int | None = None
    sheet: str | None = None
    row: int | None = None
    seconds: tuple[float, float] | None = None
    heading: str | None = None
    paragraph: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph-like piece of a document: `document.text[start:end]`.

    Attributes:
        level: Heading level or list depth, from 1; 0 where neither applies.
        template: True where the file itself says that this is not the candidate's prose (a running header kept for
            reference, placeholder text of a form).
    """

    start: int
    end: int
    kind: BlockKind
    place: Place
    level: int = 0
    template: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table. Merged cells repeat: every covered position holds the same text span with `merged` true after the first."""

    start: int
    end: int
    merged: bool = False


class Covered(Enum):
    """A table position that a merged cell covers, where the file says from which side."""

    LEFT = "left"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Table:
    """A table as rows of cells; rows may be ragged."""

    rows: tuple[tuple[Cell, ...], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Document:
    """One uploaded file after reading.

    Attributes:
        name: Path inside the submission, with forward slashes.
        status: How reading ended.
        reason: One plain sentence for anything but a full reading; empty for `text`.
        reader: Which reader produced the text, with its version where it is a library ("pypdfium2 5.15").
        format: What the content is ("pdf", "docx", "mp4" …), from its bytes, not from its name.
        sha256: Of the file's bytes; empty when it could not be opened.
        size: Bytes.
        text: All text.
        blocks: In reading order, not overlapping.
        tables: Tables; their cells are also blocks of kind `cell`.
        pages: Number of pages, slides or sheets; None where the format has none.
        page_kind: What `pages` counts.
        seconds: Length of a video, in seconds.
        warnings: Remarks that do not change the status ("page numbers are estimated").
    """

    name: str
    status: Status
    reason: str = ""
    reader: str = ""
    format: str = ""
    sha256: str = ""
    size: int = 0
    text: str = ""
    blocks: tuple[Block, ...] = ()
    tables: tuple[Table, ...] = ()
    pages: int | None = None
    page_kind: Literal["page", "slide", "sheet"] | None = None
    seconds: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether the text may be scored."""
        return self.status in READABLE

    @property
    def words(self) -> int:
        """Number of words of the whole text."""
        return count_words(self.text)

    def text_of(self, span: Block | Cell) -> str:
        """Text of a block or cell."""
        return self.text[span.start : span.end]


class UnreadableDocument(Exception):
    """Raised by a reader to say how reading ended; never leaves the extractors.

    Args:
        status: The document's status.
        reason: One plain sentence that says what is wrong and, where there is one, the way out.
    """

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status: Status = status
        self.reason = reason


@dataclass(slots=True)
class Draft:
    """A document while a reader writes it.

    Set the place with `move` before writing what stands there. Once `full` is true nothing more is kept and the document
    will be `partial`; a reader should then stop.
    """

    limits: Limits = DEFAULT_LIMITS
    reader: str = ""
    pages: int | None = None
    page_kind: Literal["page", "slide", "sheet"] | None = None
    seconds: float | None = None
    full: bool = False
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0
    _blocks: list[Block] = field(default_factory=list)
    _tables: list[Table] = field(default_factory=list)
    _cells: int = 0
    _place: Place = field(default_factory=Place)
    _paragraph: int = 0
    _gaps: list[str] = field(default_factory=list)
    _warnings: list[str] = field(default_factory=list)

    def move(
        self,
        *,
        page: int | None = None,
        slide: int | None = None,
        sheet: str | None = None,
        row: int | None = None,
        seconds: tuple[float, float] | None = None,
        keep_heading: bool = True,
    ) -> None:
        """Set where the following text stands; what is not given is cleared, the heading stays unless told otherwise."""
        self._place = Place(
            page=page,
            slide=slide,
            sheet=clean_text(sheet) if sheet else None,
            row=row,
            seconds=seconds,
            heading=self._place.heading if keep_heading else None,
        )

    def heading(self, text: str, level: int = 1) -> None:
        """Write a heading; it becomes the heading of what follows."""
        cleaned = clean_text(text).replace("\n", " ")
        if cleaned and self._append(cleaned, "heading", level, self._place, template=False) is not None:
            self._place = replace(self._place, heading=cleaned)

    def paragraph(self, text: str, kind: BlockKind = "paragraph", level: int = 0, *, template: bool = False) -> None:
        """Write one paragraph; empty text writes nothing. Line breaks inside are kept."""
        cleaned = clean_text(text)
        if not cleaned:
            return
        counts = kind in ("paragraph", "list_item")
        place = replace(self._place, paragraph=self._paragraph + 1) if counts else self._place
        if self._append(cleaned, kind, level, place, template) is not None and counts:
            self._paragraph += 1

    def table(self, rows: Iterable[Sequence[str | Covered | None]], first_row: int = 1) -> None:
        """Write a table, row by row. A generator of rows may `move` the draft between rows; the cells then stand at that place.

        Args:
            rows: Texts of the cells. `Covered` marks a position covered by a merged cell; None does too where the side is not
                known: the cell to its left, or above it when it is the first of its row or the cell above is merged too.
            first_row: Number of the first row, from 1.
        """
        kept: list[tuple[Cell, ...]] = []
        base = self._place
        for number, texts in enumerate(rows, first_row):
            if self.full:
                break
            if self._cells + len(texts) > self.limits.table_cells:
                self._stop(f"tables hold more than {self.limits.table_cells:,} cells; the rest was not read")
                break
            self._cells += len(texts)
            cells: list[Cell] = []
            above = kept[-1] if kept else ()
            for column, text in enumerate(texts):
                if text is None or isinstance(text, Covered):
                    upward = text is Covered.ABOVE or (text is None and (not cells or (column < len(above) and above[column].merged)))
                    source = above[column] if upward and column < len(above) else None
                    source = source or (cells[-1] if cells else Cell(self._length, self._length))
                    cells.append(Cell(source.start, source.end, merged=True))
                    continue
                cleaned = clean_text(text)
                span = self._append(cleaned, "cell", 0, replace(self._place, row=number), template=False) if cleaned else None
                cells.append(Cell(*span) if span else Cell(self._length, self._length))
            kept.append(tuple(cells))
        if kept:
            self._tables.append(Table(tuple(kept), base))

    def warn(self, message: str) -> None:
        """Note something that does not change the status."""
        if message not in self._warnings:
            self._warnings.append(message)

    def unread(self, reason: str) -> None:
        """Note that a part of the file could not be read: the document will be `partial`."""
        if reason not in self._gaps:
            self._gaps.append(reason)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been written."""
        return self._length == 0

    def finish(self, *, name: str, format: str, sha256: str, size: int) -> Document:
        """The document, with `text`, `partial` or `empty` as status."""
        status: Status = "empty" if self.is_empty else "partial" if self._gaps else "text"
        reason = "; ".join(self._gaps) if self._gaps else "no text in this file" if self.is_empty else ""
        return Document(
            name=name,
            status=status,
            reason=reason,
            reader=self.reader,
            format=format,
            sha256=sha256,
            size=size,
            text="".join(self._pieces),
            blocks=tuple(self._blocks),
            tables=tuple(self._tables),
            pages=self.pages,
            page_kind=self.page_kind,
            seconds=self.seconds,
            warnings=tuple(self._warnings),
        )

    def _stop(self, reason: str) -> None:
        self.full = True
        self.unread(reason)

    def _append(self, text: str, kind: BlockKind, level: int, place: Place, template: bool) -> tuple[int, int] | None:
        if self.full:
            return None
        room = self.limits.characters - self._length - (1 if self._pieces else 0)
        if len(text) > room:
            self._stop(f"longer than {self.limits.characters:,} characters; the rest was not read")
            text = text[: max(0, room)].rstrip()
            if not text:
                return None
        if self._pieces:
            self._pieces.append("\n")
            self._length += 1
        start = self._length
        self._pieces.append(text)
        self._length += len(text)
        self._blocks.append(Block(start, self._length, kind, place, level, template))
        return start, self._length
