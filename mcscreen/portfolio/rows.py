"""Part 2 as rows: for each line of the self-analysis its detail, artifact, place and explanation.

Rows come from tables where there are any, and from labelled lines and sentences otherwise; in a section that has both,
text adds only rows that say by number or name which detail they are about, because an introduction also mentions files.
Afterwards cells that hold several things are taken apart ("Handbook p. 2; Slides 4" are two citations of one row), and all
wordings together are matched with the rubric's details.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from mcscreen.document import Block, Cell, Document, Place, Table
from mcscreen.locators import find_locators
from mcscreen.portfolio.artifacts import EXTENSION, find_mentions, resolve_artifact
from mcscreen.portfolio.details import Wording, likeness, name_details, names_number
from mcscreen.portfolio.fields import RawRow, is_title
from mcscreen.portfolio.places import holds_place
from mcscreen.portfolio.prose import read_prose
from mcscreen.portfolio.tables import read_tables
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, CitationRow, Section, Submission

__all__ = ["read_rows"]

_MOST_ROWS = 1_000
"""Rows that are kept; a self-analysis has some dozens."""

_MOST_PARAGRAPHS = 3_000
"""Paragraphs of a section that are searched for citations."""

_PLACE_WORDS = 10
"""Words that the name of a place has at most."""

_LONGEST_CELL = 1_500
"""Characters of an artifact's cell that are taken apart."""

_SAME = re.compile(r"\W*(?:same(?: as (?:above|before))?|as above|ditto|ibid|see above|[\"“”″]|〃)\W*", re.I)
_CONNECTORS = " ,;:([-–—)]/&+"


def read_rows(submission: Submission, sections: Sequence[Section], rubric: Rubric) -> tuple[CitationRow, ...]:
    """Rows of the self-analysis, in the order of the documents.

    A row that cites several artifacts, or names several details, gives several `CitationRow`s with the same number.

    Args:
        submission: All documents; those that are not the self-analysis are used for recognising the names of files.
        sections: Which stretch of which document is which part; rows are read from parts of the kind "portfolio".
        rubric: Any rubric; decides what a wording can be the name of.
    """
    parts = {p.id for p in rubric.parts if p.kind == "portfolio"}
    raw: list[RawRow] = []
    for section in sections:
        if section.part in parts and submission.documents[section.document].readable:
            raw.extend(_section_rows(section, submission.documents, rubric))
    raw = _filled(_without_ditto(raw[:_MOST_ROWS]))
    wordings = [Wording(r.detail, r.context, f"{r.artifact} {r.explanation}"[:600]) for r in raw]
    found: list[CitationRow] = []
    own = frozenset(s.document for s in sections if s.part != ARTIFACT)
    for number, (row, details) in enumerate(zip(raw, name_details(wordings, rubric), strict=True), 1):
        for piece in _artifacts(row, submission.documents, own):
            for facet in details or (None,):
                found.append(
                    CitationRow(
                        row=number,
                        detail=row.detail,
                        facet=facet,
                        artifact=piece.artifact,
                        locator=piece.locator,
                        explanation=row.explanation,
                        document=row.document,
                        start=row.start,
                        end=row.end,
                        place=row.place,
                    )
                )
    return tuple(found)


def _section_rows(section: Section, documents: Sequence[Document], rubric: Rubric) -> list[RawRow]:
    document = documents[section.document]
    blocks = [b for b in document.blocks if section.start <= b.start and b.end <= section.end and not b.template]
    tables = [t for t in document.tables if _inside(t, section)]
    rows, unread = read_tables(document, section.document, [*tables, *_piped(document, blocks)], documents, rubric)
    loose = {(c.start, c.end) for t in unread for r in t.rows for c in r}
    piped = {b.start for b in blocks if _is_piped(document.text_of(b))} if rows else set()
    prose = [b for b in blocks if (b.kind != "cell" or (b.start, b.end) in loose) and b.start not in piped]
    written = read_prose(document, section.document, prose[:_MOST_PARAGRAPHS], documents, rubric)
    if rows:
        # Beside a table only text that names its detail is a row of its own.
        written = [w for w in written if w.artifact and (names_number(w.detail, rubric) or likeness(w.detail, rubric) >= 0.6)]
    rows = sorted([*rows, *written], key=lambda r: r.start) if written else rows
    return [replace(r, place=_place(document, r)) for r in rows]


def _inside(table: Table, section: Section) -> bool:
    cells = [c for row in table.rows for c in row if c.end > c.start]
    return bool(cells) and section.start <= cells[0].start and cells[-1].end <= section.end


def _place(document: Document, row: RawRow) -> Place:
    n = bisect_right(document.blocks, row.start, key=lambda b: b.start) - 1
    return document.blocks[n].place if n >= 0 and row.start < document.blocks[n].end else row.place


def _is_piped(text: str) -> bool:
    """Whether every line is a row of cells between bars, and not a chain of labelled fields."""
    if text.count("|") < 2 or not all(line.count("|") >= 2 for line in text.split("\n")):
        return False
    cells = re.split(r"[|\n]", text)
    return sum(":" in c and is_title(c.partition(":")[0]) for c in cells) < 2


def _piped(document: Document, blocks: Sequence[Block]) -> list[Table]:
    """Tables drawn with vertical bars in plain text."""
    tables: list[Table] = []
    rows: list[tuple[Cell, ...]] = []
    for block in [*blocks, None]:
        text = document.text_of(block) if block else ""
        if block and block.kind != "cell" and _is_piped(text):
            position = block.start
            for line in text.split("\n"):
                if re.search(r"\w", line):
                    rows.append(_bar_cells(line, position))
                position += len(line) + 1
        elif rows:
            if len(rows) > 1:
                tables.append(Table(tuple(rows), Place()))
            rows = []
    return tables


def _bar_cells(line: str, offset: int) -> tuple[Cell, ...]:
    cells = []
    begin, end = len(line) - len(line.lstrip(" |")), len(line)
    if line.lstrip().startswith("|"):
        begin = line.index("|") + 1
    if line.rstrip().endswith("|"):
        end = line.rindex("|")
    position = begin
    for piece in line[begin:end].split("|"):
        lead = len(piece) - len(piece.lstrip())
        cells.append(Cell(offset + position + lead, offset + position + lead + len(piece.strip())))
        position += len(piece) + 1
    return tuple(cells)


def _filled(rows: list[RawRow]) -> list[RawRow]:
    return [r for r in rows if r.artifact or r.locator or r.explanation]


def _without_ditto(rows: list[RawRow]) -> list[RawRow]:
    """Rows with "same as above" replaced by what stands above."""
    result: list[RawRow] = []
    for row in rows:
        if result and _SAME.fullmatch(row.artifact):
            row = replace(row, artifact=result[-1].artifact, locator=row.locator or result[-1].locator)
        if result and _SAME.fullmatch(row.locator):
            row = replace(row, locator=result[-1].locator)
        result.append(row)
    return result


def _artifacts(row: RawRow, documents: Sequence[Document], own: frozenset[int]) -> list[RawRow]:
    """One row for each artifact that a row cites, each with its own place where that can be told."""
    row = _headed(row, documents)
    whole = resolve_artifact(row.artifact, documents, own)
    if not row.artifact:
        return [_named_in_locator(row, documents, own)]
    if whole and whole[0].score >= 0.93:
        return [row]
    pieces = _pieces(row.artifact, documents, own) if len(row.artifact) <= _LONGEST_CELL else []
    if len(pieces) < 2:
        return [_unplaced(row)]
    places = _split_places(row.locator, pieces, documents)
    return [_unplaced(replace(row, artifact=piece, locator=place)) for piece, place in zip(pieces, places, strict=True)]


def _headed(row: RawRow, documents: Sequence[Document]) -> RawRow:
    """The row with a heading or sheet that follows the file's name moved to the locator: "Team minutes.docx, Meeting of 4 May"."""
    if row.locator or len(row.artifact) > _LONGEST_CELL:
        return row
    for start, end, index in find_mentions(row.artifact, documents)[:1]:
        rest = row.artifact[end:].strip(_CONNECTORS + "\n")
        if not row.artifact[:start].strip(_CONNECTORS) and rest and holds_place(rest, documents[index]):
            return replace(row, artifact=row.artifact[start:end], locator=rest)
    # A whole file name ends the name: what follows it is a place, though the file may not hold it, unless it names a file too.
    named = re.fullmatch(rf"(.*?\.{EXTENSION})\s*[,:;(–—-]\s*(.+)", row.artifact, re.I | re.S)
    if named and len(named[2].split()) <= _PLACE_WORDS and not re.search(rf"\.{EXTENSION}\b", named[2], re.I):
        whole = resolve_artifact(named[1], documents)
        meant = resolve_artifact(named[2], documents)  # a heading may be the title of the very file
        if whole and whole[0].score >= 0.93 and (not meant or meant[0].document == whole[0].document):
            return replace(row, artifact=named[1], locator=named[2].strip(_CONNECTORS + "\n"))
    return row


def _pieces(text: str, documents: Sequence[Document], own: frozenset[int]) -> list[str]:
    for separator in (r"\s*[;\n•]\s*", r"\s*(?:,|/|&|\+)\s*(?:and\s+)?|\s+and\s+"):
        pieces = [p.strip(" ,") for p in re.split(separator, text) if p.strip(" ,.")]
        merged: list[str] = []
        for piece in pieces:
            # "Handbook p. 2, 4": what is only a place belongs to the file before it.
            if merged and not re.search(r"[A-Za-z]{3,}", _rest(piece)[0]):
                merged[-1] = f"{merged[-1]}, {piece}"
            else:
                merged.append(piece)
        if len(merged) > 1 and all(_names_file(m, documents, own) for m in merged):
            return merged
        if len(merged) > 1 and ";" in separator and all(_rest(m)[1] for m in merged):
            return merged
    mentions = find_mentions(text, documents)
    if len({m[2] for m in mentions}) > 1:
        ends = [m[0] for m in mentions[1:]] + [len(text)]
        return [text[m[0] : end].strip(_CONNECTORS + "and") for m, end in zip(mentions, ends, strict=True)]
    return [text]


def _names_file(text: str, documents: Sequence[Document], own: frozenset[int]) -> bool:
    rest = _rest(text)[0]
    return bool(re.search(rf"\.{EXTENSION}\b", rest, re.I)) or bool(resolve_artifact(rest, documents, own))


def _rest(text: str) -> tuple[str, str]:
    """A text without the places in it, and the places."""
    spans = find_locators(text)
    places = "; ".join(text[start:end].strip() for start, end in spans)
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return re.sub(r"[\s,;:([–—-]*(?:\b(?:on|at|see|in)\b)?[\s,;:()\[\]–—-]*$", "", text).strip(_CONNECTORS), places


def _unplaced(row: RawRow) -> RawRow:
    """The row with a place that stands inside the artifact's name moved to the locator."""
    rest, places = _rest(row.artifact)
    if not places or not re.search(r"[^\W\d_]{2,}", rest):
        return row
    return replace(row, artifact=rest, locator=f"{places}, {row.locator}" if row.locator else places)


def _named_in_locator(row: RawRow, documents: Sequence[Document], own: frozenset[int]) -> RawRow:
    """The row with a file's name that stands in the locator moved to the artifact: "Handbook, p. 3"."""
    rest, places = _rest(row.locator)
    rest = re.sub(r"\s+of(?: the)?$|^(?:of|in)\s+(?:the\s+)?", "", rest).strip(_CONNECTORS)
    if places and rest and resolve_artifact(rest, documents, own):
        return replace(row, artifact=rest, locator=places)
    return row


def _split_places(locator: str, artifacts: Sequence[str], documents: Sequence[Document]) -> list[str]:
    if not locator:
        return [""] * len(artifacts)
    pieces = [p.strip() for p in re.split(r"[;\n]", locator) if p.strip()]
    if len(pieces) != len(artifacts):
        pieces = [p.strip() for p in re.split(r",|\band\b", locator) if p.strip()]
    if len(pieces) == len(artifacts) and all(find_locators(p) or re.search(r"\d", p) for p in pieces):
        return pieces
    return [locator] * len(artifacts)
