"""Every place that an artifact has, for holding the cited one against the others.

A place is what candidates cite: a slide, a page, a sheet or a block of its rows, a headed section, half a minute of a video.
Which of these an artifact has follows from what its reader found. Where it has none of them, the text is cut into stretches
of about a page's third, so that a better one can still be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mcscreen.document import Block, Document, count_words
from mcscreen.portfolio.places import Stretch, clock

__all__ = ["Alternative", "alternatives"]

_MOST = 200
"""Places of one artifact that are compared."""

_ROWS = 30
"""Rows of a sheet that make one place; a shorter sheet is one place as a whole."""

_SECONDS = 45.0
"""Captions of about this long make one place."""

_WORDS = 120
"""Words of a stretch, where the file gives no places."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A place of an artifact.

    Attributes:
        name: As a person would cite it ("p. 5", "slide 2", "sheet “Groups”", "“Calm corner”", "1:10-1:55").
        stretch: Its text, one run.
    """

    name: str
    stretch: Stretch


def alternatives(document: Document, tracks: Sequence[Document] = ()) -> tuple[Alternative, ...]:
    """All places of an artifact, in order; none where it could not be read.

    Args:
        document: The artifact.
        tracks: Caption tracks of it, where it is a video.
    """
    document = next((t for t in tracks if t.readable), document)
    if not document.readable:
        return ()
    found = []
    for name, blocks in _grouped(document):
        if blocks:
            found.append(Alternative(name, Stretch(document, blocks[0].start, blocks[-1].end, blocks[0].place)))
    return tuple(found[:_MOST])


def _grouped(document: Document) -> Iterator[tuple[str, list[Block]]]:
    blocks = document.blocks
    if any(b.kind == "caption" and b.place.seconds for b in blocks):
        yield from _by_time([b for b in blocks if b.place.seconds])
    elif any(b.place.slide for b in blocks):
        yield from _by_number(blocks, [b.place.slide for b in blocks], "slide")
    elif any(b.place.sheet for b in blocks):
        yield from _by_sheet(blocks)
    elif len({b.place.page for b in blocks if b.place.page}) > 1:
        yield from _by_number(blocks, [b.place.page for b in blocks], "p.")
    elif sum(b.kind == "heading" for b in blocks) > 1:
        yield from _by_heading(document)
    else:
        yield from _by_length(document)


def _by_number(blocks: Sequence[Block], numbers: Sequence[int | None], unit: str) -> Iterator[tuple[str, list[Block]]]:
    groups: dict[int, list[Block]] = {}
    for block, number in zip(blocks, numbers, strict=True):
        if number is not None:
            groups.setdefault(number, []).append(block)
    for number, group in groups.items():
        yield f"{unit} {number}", group


def _by_time(blocks: Sequence[Block]) -> Iterator[tuple[str, list[Block]]]:
    group: list[Block] = []
    for block in [*blocks, None]:
        if group and (block is None or _ends(block) - _starts(group[0]) > _SECONDS):
            yield f"{clock(_starts(group[0]))}-{clock(_ends(group[-1]))}", group
            group = []
        if block is not None:
            group.append(block)


def _starts(block: Block) -> float:
    return block.place.seconds[0] if block.place.seconds else 0.0


def _ends(block: Block) -> float:
    return block.place.seconds[1] if block.place.seconds else 0.0


def _by_sheet(blocks: Sequence[Block]) -> Iterator[tuple[str, list[Block]]]:
    sheets: dict[str, list[Block]] = {}
    for block in blocks:
        if block.place.sheet:
            sheets.setdefault(block.place.sheet, []).append(block)
    for name, held in sheets.items():
        last = max((b.place.row or 0 for b in held), default=0)
        if last <= _ROWS + _ROWS // 2:
            yield f"sheet “{name}”", held
            continue
        for first in range(0, last + 1, _ROWS):
            yield (
                f"sheet “{name}”, rows {max(1, first)}-{min(last, first + _ROWS - 1)}",
                [b for b in held if first <= (b.place.row or 0) < first + _ROWS],
            )


def _by_heading(document: Document) -> Iterator[tuple[str, list[Block]]]:
    group: list[Block] = []
    name = "the beginning"
    for block in document.blocks:
        if block.kind == "heading":
            # A heading with nothing under it but the next heading belongs to that.
            if any(b.kind != "heading" for b in group):
                yield name, group
                group = []
            name = f"“{document.text_of(block)[:80]}”"
        group.append(block)
    yield name, group


def _by_length(document: Document) -> Iterator[tuple[str, list[Block]]]:
    group: list[Block] = []
    words = 0
    for block in document.blocks:
        group.append(block)
        words += count_words(document.text_of(block))
        if words >= _WORDS:
            yield _beginning(document, group), group
            group, words = [], 0
    yield _beginning(document, group) if group else "", group


def _beginning(document: Document, group: Sequence[Block]) -> str:
    return f"the text from “{' '.join(document.text_of(group[0]).split()[:6])}”"
