"""screenings.xlsx: the same facts as the CSV files and an overview, for people who work in a spreadsheet.

Every text is stored as a string, never as a formula, and marked so that it stays one when somebody edits the cell. Equal
screenings give equal bytes: the times inside the workbook and inside its ZIP container are fixed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from mcscreen.inert import plain, shorten, starts_formula
from mcscreen.results import Screening
from mcscreen.rubric import Rubric
from mcscreen.tables import (
    Column,
    Table,
    Value,
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

if TYPE_CHECKING:
    from openpyxl.styles import Alignment

__all__ = ["render"]

_CELL_LENGTH = 32_767
_ROWS = 1_048_575
"""Rows below the header that a worksheet can hold."""

_SAVED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_TIME = (2000, 1, 1, 0, 0, 0)


def render(screenings: Sequence[Screening], rubric: Rubric) -> Iterator[tuple[str, bytes]]:
    """One workbook; a table that is longer than a worksheet goes on in another one."""
    import openpyxl

    workbook = openpyxl.Workbook(write_only=True)
    workbook.properties.creator = "mcscreen"
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
        rows, number = iter(table.rows), 0
        following = next(rows, None)
        while following is not None or number == 0:
            number += 1
            first = () if following is None else (following,)
            title = table.name.capitalize() + (f" {number}" if number > 1 else "")
            _fill(workbook.create_sheet(title), table.columns, chain(first, islice(rows, _ROWS - 1)))
            following = next(rows, None)
    file = io.BytesIO()
    workbook.save(file)
    yield "screenings.xlsx", _with_fixed_times(file.getvalue())


def _about(screenings: Sequence[Screening]) -> Table:
    """What has to be known by whoever gets the workbook alone."""
    calibrations = dict.fromkeys(calibration_in_words(s.calibration) for s in screenings)
    notes = (NOTE, *((MASKED,) if any(s.masked for s in screenings) else ()), *calibrations)
    return Table("about", (Column("about", "About", 110),), tuple((note,) for note in notes))


def _fill(sheet: Any, columns: Sequence[Column], rows: Iterable[tuple[Value, ...]]) -> None:
    """Write a worksheet row by row; what a workbook of ten thousand submissions holds is never in memory together."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    bold, shade = Font(bold=True), PatternFill("solid", fgColor="E8ECF1")
    top = Alignment(vertical="top", wrap_text=True)
    for x, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(x)].width = column.width
    sheet.freeze_panes = "B2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    heads = [_cell(sheet, column.title, top) for column in columns]
    for head in heads:
        head.font, head.fill = bold, shade
    sheet.append(heads)
    last = 1
    for row in rows:
        sheet.append([None if value is None else _cell(sheet, value, top) for value in row])
        last += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{last}"


def _cell(sheet: Any, value: str | int | float, alignment: Alignment) -> Any:
    from openpyxl.cell import WriteOnlyCell

    field = WriteOnlyCell(sheet)
    field.alignment = alignment
    if isinstance(value, str):
        field.value = shorten(plain(value), _CELL_LENGTH)
        field.data_type = "s"
        field.quotePrefix = starts_formula(value)
    else:
        field.value = value
        field.number_format = "0.00" if isinstance(value, float) else "#,##0"
    return field


def _with_fixed_times(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename == "docProps/core.xml":
                data = _SAVED.sub(rb"\g<1>2000-01-01T00:00:00Z", data)
            info = zipfile.ZipInfo(member.filename, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, data)
    return file.getvalue()
