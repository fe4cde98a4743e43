"""screenings.xlsx: the same facts as the CSV files and an overview, for people who work in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from mcscreen.private_files import Content
from mcscreen.reports.spooled import Tables
from mcscreen.results import Screening
from mcscreen.rubric import Rubric
from mcscreen.tables import Column, Table
from mcscreen.wording import MASKED, NOTE, calibration_in_words
from mcscreen.workbooks import ROWS, Sheet, workbook

__all__ = ["render"]


_NAMES = ("overview", "completion", "trace", "coverage", "citations", "requirements", "notices", "documents", "reflection")


def render(screenings: Sequence[Screening], rubric: Rubric, tables: Tables | None = None) -> Iterator[tuple[str, Content]]:
    """One workbook; a table that is longer than a worksheet goes on in another one."""
    yield "screenings.xlsx", workbook(_sheets(tables or Tables(screenings, rubric)))


def _sheets(tables: Tables) -> Iterator[Sheet]:
    for table in (*(tables[name] for name in _NAMES), _about(tables)):
        columns = [(column.title, column.width) for column in table.columns]
        rows, number = iter(table.rows), 0
        following = next(rows, None)
        while following is not None or number == 0:
            number += 1
            first = () if following is None else (following,)
            title = table.name.capitalize() + (f" {number}" if number > 1 else "")
            yield Sheet(title, columns, chain(first, islice(rows, ROWS - 1)), fixed=1)
            following = next(rows, None)


def _about(tables: Tables) -> Table:
    """What has to be known by whoever gets the workbook alone."""
    calibrations = dict.fromkeys(calibration_in_words(c) for c in tables.calibrations)
    notes = (NOTE, *((MASKED,) if tables.masked else ()), *calibrations)
    return Table("about", (Column("about", "About", 110),), tuple((note,) for note in notes))
