"""Part 2 rows that stand in tables.

The usual table has a title row and four columns, but in any order and any words; others have no title row, go on over
pages with or without it, merge the outcome down, put the outcome into a row of its own, hold one small two-column table a
detail, or leave the file and the page inside the explanation. So the columns are found in three steps: by their titles,
else as in the table before (a table that goes on), else by what they hold.

Rows are then read downwards with a memory of one: an empty detail is the one above, a row that has only text is the rest
of the row above, a row that has only a detail says what follows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from mcscreen.document import Cell, Document, Place, Table
from mcscreen.locators import parse_locator
from mcscreen.portfolio.artifacts import EXTENSION, resolve_artifact
from mcscreen.portfolio.details import likeness, named_outcome, names_number
from mcscreen.portfolio.fields import FIELDS, Field, RawRow, field_of, is_title
from mcscreen.portfolio.prose import cited_in
from mcscreen.rubric import Rubric

__all__ = ["read_tables"]

_TITLE_ROWS = 12
"""Rows that are searched for the title row."""

_MOST_ROWS = 1_000
"""Rows of one table that are read."""

_SAMPLE_ROWS = 15
"""Rows by which columns without titles are guessed."""

_Columns = dict[int, Field]


@dataclass(frozen=True, slots=True)
class _Row:
    """A table row with the text of every column; a merged cell's text stands in each column that it covers."""

    cells: tuple[Cell, ...]
    texts: tuple[str, ...]

    @property
    def own(self) -> list[int]:
        """Columns that hold text of this row: not empty, not merged from the left or from above."""
        return [n for n, c in enumerate(self.cells) if c.end > c.start and not c.merged]

    @property
    def spans(self) -> set[tuple[int, int]]:
        """Different stretches of text."""
        return {(c.start, c.end) for c in self.cells if c.end > c.start}


def read_tables(
    document: Document, index: int, tables: Sequence[Table], documents: Sequence[Document], rubric: Rubric
) -> tuple[list[RawRow], list[Table]]:
    """Rows of all tables of a section.

    Args:
        document: Where the tables stand.
        index: Its index in the submission.
        tables: In the order of the document.
        documents: All files, for recognising their names.
        rubric: For recognising details and outcomes.

    Returns:
        The rows, and the tables that gave none (their cells may still be read as prose).
    """
    reader = _Reader(document, index, documents, rubric)
    unread = []
    for table in tables:
        before = len(reader.rows)
        reader.read(table)
        if len(reader.rows) == before and not reader.used:
            unread.append(table)
    return reader.rows, unread


class _Reader:
    def __init__(self, document: Document, index: int, documents: Sequence[Document], rubric: Rubric) -> None:
        self.document, self.index, self.documents, self.rubric = document, index, documents, rubric
        self.rows: list[RawRow] = []
        self.columns: _Columns = {}
        self.width = 0
        self.context = ""
        self.detail = ""
        self.used = False

    def read(self, table: Table) -> None:
        self.used = False
        rows = [_Row(cells, tuple(self.document.text_of(c).replace("\n", " ").strip() for c in cells)) for cells in table.rows]
        rows = [r for r in rows if r.spans]
        if not rows:
            return
        if self._records(rows, table.place):
            return
        width = max(len(r.cells) for r in rows)
        found = _titled(rows)
        continues = False
        if found:
            body, columns = found
            self.detail = ""
        elif self.columns and width == self.width:
            body, columns, continues = rows, self.columns, True
        else:
            body, columns = rows, {}
        columns = self._completed(columns, body, width)
        if "artifact" not in columns.values() and "locator" not in columns.values() and "explanation" not in columns.values():
            return
        self.columns, self.width = columns, width
        for n, row in enumerate(body[:_MOST_ROWS]):
            self._row(row, columns, table.place, first=continues and n == 0)

    def _records(self, rows: list[_Row], place: Place) -> bool:
        """Tables whose first column holds the titles: one record for each further column, or one below the other."""
        labels = [field_of(r.texts[0]) if is_title(r.texts[0]) else None for r in rows]
        if labels[0] is None and not rows[0].texts[0] and len(rows) <= 5:
            labels[0] = "detail"
        titled = [label for label in labels if label in FIELDS]
        if len(set(titled)) < 3 and not (len(set(titled)) == 2 and len(rows) <= 3 and max(len(r.cells) for r in rows) == 2):
            return False
        first = _titled(rows)
        if first and len(first[0]) >= len(rows) - 1 and len(first[1]) >= 3:
            return False
        width = max(len(r.cells) for r in rows)
        for column in range(1, width):
            values: dict[Field, str] = {}
            ends: list[int] = []
            for row, label in zip(rows, labels, strict=True):
                text = row.texts[column] if column < len(row.texts) else ""
                if column > 1 and column < len(row.cells) and row.cells[column].merged:
                    text = ""
                if label in FIELDS and label in values and label != "explanation":
                    self._record(values, ends, place)
                    values, ends = {}, []
                if label is None and "explanation" in values:
                    label = "explanation"
                if label in FIELDS:
                    values[label] = f"{values.get(label, '')} {text}".strip()
                elif len(row.spans) == 1 and self._heading(row.texts[0]):
                    continue
                ends += [c.start for c in row.cells] + [c.end for c in row.cells]
            self._record(values, ends, place)
        return True

    def _record(self, values: dict[Field, str], ends: list[int], place: Place) -> None:
        self.used = True
        detail = values.get("detail") or self.detail
        if any(values.get(f) for f in ("artifact", "locator", "explanation")):
            self._add(
                detail, values.get("artifact", ""), values.get("locator", ""), values.get("explanation", ""), min(ends), max(ends), place
            )

    def _heading(self, text: str) -> bool:
        """Whether a text names an outcome or a detail for what follows; keeps it."""
        if names_number(text, self.rubric) or likeness(text, self.rubric) >= 0.75:
            self.detail = text
            return True
        if named_outcome(text, self.rubric) is not None:
            self.context, self.detail = text, ""
            return True
        return False

    def _completed(self, columns: _Columns, body: list[_Row], width: int) -> _Columns:
        """Columns whose titles say nothing, guessed by what they hold."""
        open_fields = [f for f in FIELDS if f not in columns.values()]
        open_columns = [n for n in range(width) if n not in columns][:8]
        if not open_fields or not open_columns:
            return columns
        sample = [r for r in body if len(r.own) >= 2][:_SAMPLE_ROWS]
        if not sample:
            return columns
        scores = {(n, f): self._fit(n, f, sample) for n in open_columns for f in open_fields}
        best: tuple[float, _Columns] = (0.0, {})
        slots = [*open_columns, *[-1] * len(open_fields)]
        for order in set(permutations(slots, len(open_fields))):
            chosen = {n: f for n, f in zip(order, open_fields, strict=True) if n >= 0 and scores[n, f] >= 0.34}
            total = sum(scores[n, f] for n, f in chosen.items())
            if total > best[0] + 1e-9 or (abs(total - best[0]) <= 1e-9 and sorted(chosen) < sorted(best[1])):
                best = (total, chosen)
        return columns | best[1]

    def _fit(self, column: int, name: Field, rows: list[_Row]) -> float:
        texts = [r.texts[column] for r in rows if column < len(r.texts)]
        texts = [t for t in texts if t]
        if not texts:
            return 0.0
        if name == "detail":
            points = [min(1.0, 1.3 * likeness(t, self.rubric)) if len(t.split()) <= 40 else 0.1 for t in texts]
        elif name == "artifact":
            points = [self._file_like(t) for t in texts]
        elif name == "locator":
            points = [float((p := parse_locator(t)).understood and len(p.leftover.split()) <= 6 and not p.headings[2:]) for t in texts]
        else:
            points = [min(1.0, max(0.0, (len(t.split()) - 4) / 12)) for t in texts]
        return sum(points) / len(points)

    def _file_like(self, text: str) -> float:
        if len(text.split()) > 14:
            return 0.0
        if re.search(rf"\.{EXTENSION}\b", text, re.I):
            return 1.0
        candidates = resolve_artifact(text, self.documents)
        return candidates[0].score if candidates else 0.5 if re.fullmatch(r"\w+(?:_\w+)+", text) else 0.0

    def _row(self, row: _Row, columns: _Columns, place: Place, *, first: bool) -> None:
        fields = {f: self._text(row, columns, f) for f in FIELDS}
        if _repeats_titles(row, columns):
            return
        own = [n for n in row.own if columns.get(n) in FIELDS] or row.own
        if len(row.spans) == 1:
            text = next(t for t in row.texts if t)
            only = columns.get(next(n for n, t in enumerate(row.texts) if t))
            wide = len(row.cells) > 1 and sum(bool(t) for t in row.texts) > 1
            if self._heading(text) or wide:
                self.used = True
                return
            if only == "detail":
                self.detail = text
                return
        start, end = _span(row)
        cited = fields["artifact"] or fields["locator"]
        if not cited and fields["explanation"]:
            held = "artifact" not in columns.values() and "locator" not in columns.values()
            inside = cited_in(fields["explanation"], self.documents) if held else []
            if inside:
                for c in inside:
                    self._add(fields["detail"] or self.detail, c.artifact, c.locator, fields["explanation"], start, end, place)
                self.detail = fields["detail"] or self.detail
                return
            tail = not fields["detail"] or (first and likeness(fields["detail"], self.rubric) < 0.6)
            if tail and self.rows and self.rows[-1].document == self.index and not self._is_merged_row(row, columns):
                self.rows[-1] = self.rows[-1].continued(fields["explanation"], end, fields["detail"])
                self.used = True
                return
        if not cited and not fields["explanation"]:
            if fields["detail"]:
                self.detail = fields["detail"]
            return
        if fields["detail"].casefold().startswith(("example", "sample")) and own:
            return
        if fields["detail"] and not re.fullmatch(r"(?:same(?: as above)?|ditto|[\"”″]+|-+)\.?", fields["detail"], re.I):
            self.detail = fields["detail"]
        self._add(self.detail, fields["artifact"], fields["locator"], fields["explanation"], start, end, place)

    def _is_merged_row(self, row: _Row, columns: _Columns) -> bool:
        """Whether the row has a merged detail or artifact cell: then it is a row of its own and not a continuation."""
        return any(c.merged and c.end > c.start for n, c in enumerate(row.cells) if columns.get(n) in ("detail", "artifact"))

    def _text(self, row: _Row, columns: _Columns, name: Field) -> str:
        seen: set[tuple[int, int]] = set()
        texts = []
        for n, text in enumerate(row.texts):
            span = (row.cells[n].start, row.cells[n].end)
            if columns.get(n) == name and text and span not in seen:
                seen.add(span)
                texts.append(text)
        return (" - " if name == "detail" else ", " if name == "locator" else " ").join(texts)

    def _add(self, detail: str, artifact: str, locator: str, explanation: str, start: int, end: int, place: Place) -> None:
        self.used = True
        detail, artifact, locator, explanation = (_unlabelled(text) for text in (detail, artifact, locator, explanation))
        self.rows.append(RawRow(detail, artifact, locator, explanation, self.context, self.index, start, end, place))


def _unlabelled(text: str) -> str:
    """A cell's text without a label of its own ("Artifact: …")."""
    label, colon, rest = text.partition(":")
    return rest.strip() if colon and rest.strip() and is_title(label) else text


def _titled(rows: list[_Row]) -> tuple[list[_Row], _Columns] | None:
    """The rows below the title row and the fields of the columns; None when no row is one."""
    for n, row in enumerate(rows[:_TITLE_ROWS]):
        columns = _titles(row)
        if columns is None:
            continue
        if n + 1 < len(rows) and (second := _titles(rows[n + 1])) is not None:
            # Titles in two rows: "Evidence" over "File" and "Page".
            return rows[n + 2 :], columns | second
        return rows[n + 1 :], columns
    return None


def _titles(row: _Row) -> _Columns | None:
    texts = [(n, t) for n, t in enumerate(row.texts) if t]
    fields = {n: f for n, t in texts if (f := field_of(t)) is not None and len(t.split()) <= 20}
    if len(set(fields.values()) - {"number"}) < 2 or len(row.spans) < 2 or len(fields) < 0.6 * len(texts):
        return None
    if sum(is_title(t) for _, t in texts) < 0.5 * len(texts):
        return None
    return fields


def _repeats_titles(row: _Row, columns: _Columns) -> bool:
    titles = _titles(row)
    return titles is not None and all(columns.get(n) == f for n, f in titles.items())


def _span(row: _Row) -> tuple[int, int]:
    cells = [row.cells[n] for n in row.own] or [c for c in row.cells if c.end > c.start]
    return min(c.start for c in cells), max(c.end for c in cells)
