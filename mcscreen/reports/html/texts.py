"""The documents of a submission as paragraphs in which passages can be lit up.

A passage is known by offsets, and passages of different facets overlap. So every paragraph is cut wherever a passage begins
or ends, and each piece carries the numbers of the passages that it belongs to: the page lights up a passage by its number
and needs to search for nothing. A piece also carries its own offset, so that a selection on the page can be told in the
offsets of the document.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mcscreen.document import READABLE, Block, Document, Place
from mcscreen.results import DocumentRecord, Evidence
from mcscreen.submission import ARTIFACT, Submission

__all__ = ["Mark", "Paragraph", "Piece", "Reading", "marks_of", "readings"]

_WHOLE_PART, _WHOLE_ARTIFACT = 400_000, 60_000
"""Characters up to which a document is shown whole; of a longer one, what stands around passages."""
_AROUND = 2_500
"""Characters before and after a passage that are shown of a longer document."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A passage on the page: a number, and `text[start:end]` of the document."""

    number: int
    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that wholly belongs to the marks given, or to none."""

    start: int
    text: str
    marks: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A block on the page.

    Attributes:
        part: Id of the part that begins here, "" elsewhere.
        place: Page, slide, sheet or time, where it is another than before.
        left_out: Words left out before it.
        row: Cells with one number stand in one row; 0 for what is no cell.
    """

    kind: str
    level: int
    template: bool
    pieces: tuple[Piece, ...]
    part: str = ""
    place: str = ""
    left_out: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """One document on the page: its record and its paragraphs; rows of a table are tuples of several cells."""

    anchor: str
    record: DocumentRecord
    paragraphs: tuple[tuple[Paragraph, ...], ...]
    left_out: int


def marks_of(evidence: Sequence[Evidence], submission: Submission | None) -> list[Mark | None]:
    """A mark for each passage that stands in a text as its quote says; None for the others."""
    texts = {d.name: d.text for d in submission.documents} if submission else {}
    return [
        Mark(number, e.document, e.start, e.end) if e.quote and texts.get(e.document, "")[e.start : e.end] == e.quote else None
        for number, e in enumerate(evidence)
    ]


def readings(records: Sequence[DocumentRecord], submission: Submission | None, marks: Sequence[Mark]) -> list[Reading]:
    """The readable documents: parts in their order, then artifacts, then the rest."""
    documents = {d.name: d for d in submission.documents} if submission else {}
    found: list[Reading] = []
    for record in sorted(records, key=_rank):
        document = documents.get(record.name)
        if document is None or document.status not in READABLE or not document.text.strip():
            continue
        own = sorted((m for m in marks if m.document == record.name), key=lambda m: (m.start, m.end))
        paragraphs = list(_paragraphs(document, record, own))
        found.append(Reading(f"text-{len(found) + 1}", record, tuple(_rows(paragraphs)), sum(p.left_out for p in paragraphs)))
    return found


def _rank(record: DocumentRecord) -> tuple[int, str]:
    part = record.part or ""
    return (2, "") if not part else (1, "") if part == ARTIFACT else (0, part)


def _rows(paragraphs: Sequence[Paragraph]) -> Iterator[tuple[Paragraph, ...]]:
    row: list[Paragraph] = []
    for paragraph in paragraphs:
        if row and (paragraph.row != row[0].row or not paragraph.row or paragraph.place or paragraph.part):
            yield tuple(row)
            row = []
        row.append(paragraph)
    if row:
        yield tuple(row)


def _paragraphs(document: Document, record: DocumentRecord, marks: Sequence[Mark]) -> Iterator[Paragraph]:
    blocks = document.blocks or tuple(_lines(document.text))
    by_block = _by_block(blocks, marks)
    whole = len(document.text) <= (_WHOLE_ARTIFACT if _rank(record)[0] else _WHOLE_PART)
    sections = {s.start: s.part for s in record.sections if s.part != ARTIFACT}
    starts = sorted(sections)
    place, part, left_out, last = "", "", 0, 0
    for number, block in enumerate(blocks):
        if not whole and not _near(block, marks):
            left_out += len(document.text[block.start : block.end].split())
            continue
        here, begun = _label(block.place), bisect_right(starts, block.start)
        new_part = sections[starts[begun - 1]] if begun else ""
        yield Paragraph(
            kind=block.kind,
            level=block.level,
            template=block.template,
            pieces=tuple(_pieces(document.text, block, by_block.get(number, ()))),
            part=new_part if new_part != part else "",
            place=here if here != place else "",
            left_out=left_out,
            row=block.place.row or 0 if block.kind == "cell" else 0,
        )
        place, part, left_out, last = here, new_part, 0, block.end
    if left_out:
        yield Paragraph("end", 0, False, (Piece(last, "", ""),), left_out=left_out)


def _lines(text: str) -> Iterator[Block]:
    start = 0
    for line in text.split("\n"):
        if line.strip():
            yield Block(start, start + len(line), "paragraph", Place())
        start += len(line) + 1


def _by_block(blocks: Sequence[Block], marks: Sequence[Mark]) -> dict[int, list[Mark]]:
    ends = [b.end for b in blocks]
    found: dict[int, list[Mark]] = {}
    for mark in marks:
        number = bisect_right(ends, mark.start)
        while number < len(blocks) and blocks[number].start < mark.end:
            found.setdefault(number, []).append(mark)
            number += 1
    return found


def _near(block: Block, marks: Sequence[Mark]) -> bool:
    return any(block.start < m.end + _AROUND and block.end > m.start - _AROUND for m in marks)


def _pieces(text: str, block: Block, marks: Sequence[Mark]) -> Iterator[Piece]:
    cuts = {block.start, block.end}
    for mark in marks:
        cuts |= {max(mark.start, block.start), min(mark.end, block.end)}
    ordered = sorted(cuts)
    for start, end in pairwise(ordered):
        numbers = " ".join(str(m.number) for m in marks if m.start < end and m.end > start)
        yield Piece(start, text[start:end], numbers)


def _label(place: Place) -> str:
    if place.page is not None:
        return f"page {place.page}"
    if place.slide is not None:
        return f"slide {place.slide}"
    if place.sheet:
        return f"sheet “{place.sheet}”"
    if place.seconds is not None:
        return f"minute {int(place.seconds[0]) // 60}"
    return ""
