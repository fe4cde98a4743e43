"""Headings that divide one file into parts.

Many candidates upload one file with all three parts, and much in it looks like their headings: a table of contents, a title page
that names every part, "Part 1" twice in a row, "as I wrote in Part 1" at the end. A heading is a line of its own that
`PartNames` recognises; what follows decides whether it is one, because a table of contents has nothing below its lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mcscreen.document import Document, count_words
from mcscreen.parts.names import PartNames
from mcscreen.submission import ARTIFACT, Section

__all__ = ["Heading", "find_headings", "sections_by_heading"]

_TINY = 20
"""Words below which a heading has nothing below it."""
_MOST = 200
"""Headings that are looked at; no honest file has as many."""
_APPENDED = re.compile(
    r"(?:appendix|appendices|exhibits?|attachments?|artifacts?|supporting (?:documents?|evidence))"
    r"(?:\s+(?:[A-H]|\d{1,2}))?\s*[.:–—-]?(?:\s.{0,60})?$",
    re.I,
)
_LEADER = re.compile(r"(?:\.\s?){4,}\s*\d*\s*$|\t\d+\s*$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that announces a part.

    Attributes:
        strength: As in `Named`.
        rest: Words of the line that do not belong to the part's name.
    """

    start: int
    end: int
    part: str
    strength: int
    rest: tuple[str, ...] = ()


def find_headings(document: Document, names: PartNames) -> list[Heading]:
    """Lines that announce parts, in order; table cells only where no other line does."""
    outside = _announced(document, names, cells=False)
    found = outside if len({h.part for h in outside}) > 1 else outside or _announced(document, names, cells=True)
    if len({h.part for h in found}) < 2:
        found = [h for h in found if h.strength > 1]
    return found


def _announced(document: Document, names: PartNames, *, cells: bool) -> list[Heading]:
    found: list[Heading] = []
    for start, end, is_heading in _lines(document, cells=cells):
        line = document.text[start:end]
        named = names.in_heading(_LEADER.sub("", line) if len(line) < 200 else line)
        if named is not None and (named.strength != 2 or is_heading or len(line.split()) <= 10):
            found.append(Heading(start, end, named.part, named.strength, named.rest))
    return found


def _lines(document: Document, *, cells: bool) -> list[tuple[int, int, bool]]:
    blocks = [(b.start, b.end, b.kind == "heading") for b in document.blocks if (b.kind == "cell") == cells and not b.template]
    if not document.blocks and not cells:
        blocks = [(0, len(document.text), False)]
    return [
        (start + m.start(), start + m.end(), heading)
        for start, end, heading in blocks
        for m in re.finditer(r"[^\n]+", document.text[start:end])
    ]


def sections_by_heading(document: Document, index: int, headings: Sequence[Heading]) -> list[Section]:
    """Sections from each heading to the next, each part's neighbours joined."""
    kept = _without_contents(document, list(headings[:_MOST]))
    sections: list[Section] = []
    seen: set[str] = set()
    for number, heading in enumerate(kept):
        end = kept[number + 1].start if number + 1 < len(kept) else len(document.text)
        last = sections[-1] if sections else None
        returns = heading.part in seen and last is not None and last.part != heading.part
        if last is not None and (last.part == heading.part or (returns and (heading.rest or heading.strength < 3))):
            sections[-1] = Section(index, last.part, last.start, end, "heading")
            continue
        seen.add(heading.part)
        sections.append(Section(index, heading.part, heading.start, end, "heading"))
    return _without_appendix(document, sections)


def _without_contents(document: Document, headings: list[Heading]) -> list[Heading]:
    """The headings without those of a table of contents or a title page."""
    text = document.text
    first = 0
    while first < len(headings):
        last = first
        while last + 1 < len(headings) and count_words(text[headings[last].end : headings[last + 1].start]) < 8:
            last += 1
        listed = {h.part for h in headings[first : last + 1]}
        # Of "… Part 3 | Part 1" only the last is the real one, and the list before it names every part that comes again.
        while last > first and not listed <= {h.part for h in headings[last + 1 :]}:
            last -= 1
            listed = {h.part for h in headings[first : last + 1]}
        if len(listed) > 1 and listed <= {h.part for h in headings[last + 1 :]}:
            del headings[first : last + 1]
        else:
            first += 1
    if not headings:
        return []
    stops = [*(h.start for h in headings[1:]), len(text)]
    below = [count_words(text[h.end : stop]) for h, stop in zip(headings, stops, strict=True)]
    kept = []
    for i, heading in enumerate(headings):
        longer = any(h.part == heading.part and below[j] > below[i] for j, h in enumerate(headings) if j != i)
        beside = any(headings[j].part == heading.part for j in (i - 1, i + 1) if 0 <= j < len(headings))
        if below[i] >= _TINY or beside or not longer:
            kept.append(heading)
    return kept


def _without_appendix(document: Document, sections: list[Section]) -> list[Section]:
    """The last section, cut where an appendix of artifacts begins."""
    if not sections or len(sections) < 2:
        return sections
    last = sections[-1]
    for block in document.blocks:
        if block.kind == "heading" and block.start > last.start and block.end <= last.end and _APPENDED.match(document.text_of(block)):
            if count_words(document.text[last.start : block.start]) < 2 * _TINY:
                return sections
            cut = Section(last.document, last.part, last.start, block.start, last.basis)
            return [*sections[:-1], cut, Section(last.document, ARTIFACT, block.start, last.end, "heading")]
    return sections
