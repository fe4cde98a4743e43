"""screenings.xlsx: the same facts as the CSV files and an overview, for people who work in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from mcscreen.private_files import Content
from mcscreen.results import Screening
from mcscreen.rubric import Rubric
from mcscreen.tables import (
    Column,
    Table,
    citations,
    completion_items,
    coverage,
    documents,
    notices,
    overview,
    reflection,
    requirements,
    trace,
)
from mcscreen.wording import MASKED, NOTE, calibration_in_words
from mcscreen.workbooks import ROWS, Sheet, workbook

__all__ = ["render"]


def render(screenings: Sequence[Screening], rubric: Rubric) -> Iterator[tuple[str, Content]]:
    """One workbook; a table that is longer than a worksheet goes on in another one."""
    yield "screenings.xlsx", workbook(_sheets(screenings, rubric))


def _sheets(screenings: Sequence[Screening], rubric: Rubric) -> Iterator[Sheet]:
    for table in (
        overview(screenings, rubric),
        completion_items(screenings),
        trace(screenings),
        coverage(screenings, rubric),
        citations(screenings, rubric),
        requirements(screenings),
        notices(screenings),
        documents(screenings),
        reflection(screenings),
        _about(screenings),
    ):
        columns = [(column.title, column.width) for column in table.columns]
        rows, number = iter(table.rows), 0
        following = next(rows, None)
        while following is not None or number == 0:
            number += 1
            first = () if following is None else (following,)
            title = table.name.capitalize() + (f" {number}" if number > 1 else "")
            yield Sheet(title, columns, chain(first, islice(rows, ROWS - 1)), fixed=1)
            following = next(rows, None)


def _about(screenings: Sequence[Screening]) -> Table:
    """What has to be known by whoever gets the workbook alone."""
    calibrations = dict.fromkeys(calibration_in_words(s.calibration) for s in screenings)
    notes = (NOTE, *((MASKED,) if any(s.masked for s in screenings) else ()), *calibrations)
    return Table("about", (Column("about", "About", 110),), tuple((note,) for note in notes))
