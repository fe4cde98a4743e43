"""coverage.csv, citations.csv, trace.csv, requirements.csv, documents.csv, reflection.csv: one row a fact, for spreadsheets and scripts.

UTF-8 with a byte order mark, because spreadsheets otherwise take it for the local code page. Each text is one line and
cannot start a formula (`inert.cell`); numbers made by the tool stay numbers. The untouched text is in screenings.jsonl.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from mcscreen.inert import cell, single_line
from mcscreen.reports.spooled import Tables
from mcscreen.results import Screening
from mcscreen.rubric import Rubric
from mcscreen.tables import Table, Value

__all__ = ["render"]


_NAMES = ("citations", "trace", "requirements", "documents", "reflection", "coverage")


def render(
    screenings: Sequence[Screening], rubric: Rubric, more: Sequence[Table] = (), tables: Tables | None = None
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """One file a table; `more` are tables that the screenings alone do not give, `tables` those that they do."""
    tables = tables or Tables(screenings, rubric)
    for table in (*more, *(tables[name] for name in _NAMES)):
        yield f"{table.name}.csv", _encode(table)


def _encode(table: Table) -> Iterator[bytes]:
    yield codecs.BOM_UTF8 + _line(cell(column.key) for column in table.columns)
    for row in table.rows:
        yield _line(_field(value) for value in row)


def _line(fields: Iterable[str]) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow(fields)
    return file.getvalue().encode("utf-8")


def _field(value: Value) -> str:
    if value is None:
        return ""
    return cell(single_line(value)) if isinstance(value, str) else str(value)
