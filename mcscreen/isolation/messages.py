"""What passes between the parent and the child that reads: length-prefixed JSON.

The child parses hostile files, so what it sends is data from a stranger: never pickled, bounded in length before it is
read, of a fixed shape (checked by pydantic in strict mode), and with every offset inside the text. Headings and sheet names
are sent once and referred to by number, because one long heading above a hundred thousand cells would otherwise be sent a
hundred thousand times.
"""

from __future__ import annotations

import json
import struct
from itertools import pairwise
from typing import IO, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcscreen.document import Block, BlockKind, Cell, Document, Place, Status, Table
from mcscreen.limits import Limits

__all__ = ["MEMORY_EXIT", "NotADocument", "longest", "pack", "receive", "send", "unpack"]

MEMORY_EXIT = 86
"""Exit code of a child that ended itself for lack of memory."""

_LENGTH = struct.Struct(">Q")

_Count = Annotated[int, Field(ge=0, le=2**53)]
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Line = Annotated[str, Field(max_length=100_000)]
# page, slide, name of the sheet, row, seconds from and to, heading, paragraph; names by number
_Place = tuple[_Count | None, _Count | None, _Count | None, _Count | None, _Seconds | None, _Seconds | None, _Count | None, _Count | None]


class NotADocument(ValueError):
    """What a child sent is no document."""


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    status: Status
    reason: _Line
    reader: _Line
    format: _Line
    sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
    size: _Count
    text: str
    pages: _Count | None
    page_kind: Literal["page", "slide", "sheet"] | None
    seconds: _Seconds | None
    warnings: Annotated[list[_Line], Field(max_length=10_000)]
    names: list[str]
    places: list[_Place]
    blocks: list[tuple[_Count, _Count, BlockKind, _Count, _Count, bool]]
    tables: list[tuple[_Count, list[list[tuple[_Count, _Count, bool]]]]]
    worn: bool


def longest(limits: Limits) -> int:
    """Length of the longest message that is accepted, in bytes."""
    return 1_000_000 + 100 * limits.characters + 100 * limits.table_cells


def send(stream: IO[bytes], message: bytes) -> None:
    """Write one message.

    Raises:
        OSError: When the other side is gone.
    """
    stream.write(_LENGTH.pack(len(message)) + message)
    stream.flush()


def receive(stream: IO[bytes], most: int) -> bytes | None:
    """Read one message; None when the other side is gone, in the middle of a message too.

    Args:
        stream: Blocks until there is a message.
        most: Length that is not exceeded, in bytes.

    Raises:
        NotADocument: When a longer message is announced.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > most:
        raise NotADocument(f"a message of {length:,} bytes")
    message = stream.read(length)
    return message if len(message) == length else None


def pack(document: Document, *, worn: bool = False) -> bytes:
    """A document as a message; its name is left out, because the parent knows it.

    Args:
        document: As read.
        worn: Whether the child should not be used again.
    """
    names: dict[str, int] = {}
    places: dict[Place, int] = {}

    def number(name: str | None) -> int | None:
        return None if name is None else names.setdefault(name, len(names))

    def place(of: Place) -> int:
        return places.setdefault(of, len(places))

    wire = {
        "status": document.status,
        "reason": document.reason,
        "reader": document.reader,
        "format": document.format,
        "sha256": document.sha256,
        "size": document.size,
        "text": document.text,
        "pages": document.pages,
        "page_kind": document.page_kind,
        "seconds": document.seconds,
        "warnings": document.warnings,
        "blocks": [(b.start, b.end, b.kind, place(b.place), b.level, b.template) for b in document.blocks],
        "tables": [(place(t.place), [[(c.start, c.end, c.merged) for c in row] for row in t.rows]) for t in document.tables],
        "worn": worn,
    }
    wire["places"] = [
        (p.page, p.slide, number(p.sheet), p.row, *(p.seconds or (None, None)), number(p.heading), p.paragraph) for p in places
    ]
    wire["names"] = list(names)
    return json.dumps(wire, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def unpack(message: bytes, name: str, limits: Limits) -> tuple[Document, bool]:
    """The document in a message, and whether the child that sent it is worn.

    Args:
        message: As received.
        name: Name of the document.
        limits: Bounds on the text and the tables.

    Raises:
        NotADocument: When the message is not what a child that works would send.
    """
    try:
        wire = _Wire.model_validate_json(message)
        names = wire.names
        places = [
            Place(page, slide, _named(names, sheet), row, None if a is None or b is None else (a, b), _named(names, heading), paragraph)
            for page, slide, sheet, row, a, b, heading, paragraph in wire.places
        ]
        blocks = tuple(Block(start, end, kind, places[at], level, template) for start, end, kind, at, level, template in wire.blocks)
        tables = tuple(Table(tuple(tuple(Cell(*cell) for cell in row) for row in rows), places[at]) for at, rows in wire.tables)
    except (ValidationError, IndexError) as error:
        raise NotADocument(type(error).__name__) from None
    length = len(wire.text)
    cells = [cell for table in tables for row in table.rows for cell in row]
    if length > limits.characters or len(cells) > limits.table_cells:
        raise NotADocument("more than the limits allow")
    spans = [(span.start, span.end) for span in blocks] + [(span.start, span.end) for span in cells]
    if any(not start <= end <= length for start, end in spans) or any(a.end > b.start for a, b in pairwise(blocks)):
        raise NotADocument("an offset outside the text")
    document = Document(
        name=name,
        status=wire.status,
        reason=wire.reason,
        reader=wire.reader,
        format=wire.format,
        sha256=wire.sha256,
        size=wire.size,
        text=wire.text,
        blocks=blocks,
        tables=tables,
        pages=wire.pages,
        page_kind=wire.page_kind,
        seconds=wire.seconds,
        warnings=tuple(wire.warnings),
    )
    return document, wire.worn


def _named(names: list[str], number: int | None) -> str | None:
    return None if number is None else names[number]
