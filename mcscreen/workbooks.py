"""Excel workbooks: the one place where they are written.

Every text is stored as a string, never as a formula, a link or markup, and marked so that it stays one when somebody edits the
cell. Equal tables give equal bytes: the times inside the workbook and its container are fixed.

Rows go to the disk as they come and the finished workbook leaves in pieces, because that of ten thousand submissions does not
fit into memory. What lies on the disk meanwhile is in a folder of its own, for its owner only and removed at the end, also when
the process was killed (`private_files`): the library alone would leave it in the system's folder for temporary files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mcscreen.inert import plain, shorten, starts_formula
from mcscreen.private_files import NotWritten, scratch_folder

__all__ = ["ROWS", "Choice", "Sheet", "workbook"]

ROWS = 1_048_575
"""Rows below the header that a worksheet can hold."""

_CELL_LENGTH = 32_767
_PIECE = 1 << 20
_MADE = datetime(2000, 1, 1)
_WRAPPED = {"text_wrap": True, "valign": "top"}
_MARKUP = "<r>"


@dataclass(frozen=True, slots=True)
class Choice:
    """A list that the cells below a column's title offer, and what somebody is told who writes something else there."""

    column: int
    values: Sequence[str]
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet.

    Attributes:
        title: At most 31 characters.
        columns: Title and width in characters of each.
        rows: Below the titles; None leaves a cell empty. Gone through once.
        fixed: Columns that stay in view, as the titles do.
        filtered: Whether the titles offer filters.
        choice: For the cells of one column.
    """

    title: str
    columns: Sequence[tuple[str, float]]
    rows: Iterable[Sequence[str | int | float | None]]
    fixed: int = 0
    filtered: bool = True
    choice: Choice | None = None


def workbook(sheets: Iterable[Sheet]) -> Iterator[bytes]:
    """The bytes of a workbook, in pieces. A worksheet is asked for when the one before it is written.

    Raises:
        NotWritten: The disk for temporary files is full, or cannot be written for another reason.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    with scratch_folder() as folder:
        path = folder / "workbook.xlsx"
        try:
            with xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(folder)}) as book:
                book.set_properties({"author": "mcscreen", "created": _MADE})
                cells = _Cells(book)
                for sheet in sheets:
                    _write(book.add_worksheet(sheet.title), sheet, cells)
        except NotWritten:
            raise
        except FileCreateError as error:  # which is no OSError, and holds one
            held = error.args[0] if error.args else None
            raise NotWritten(folder.parent, held if isinstance(held, OSError) else OSError(str(error))) from None
        except OSError as error:
            raise NotWritten(folder.parent, error) from None
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


class _Cells:
    """Writes values, each in the format that it needs."""

    def __init__(self, book: Any) -> None:
        self._title = book.add_format({**_WRAPPED, "bold": True, "bg_color": "#E8ECF1"})
        self._text = book.add_format(_WRAPPED)
        self._guarded = book.add_format({**_WRAPPED, "quote_prefix": True})
        self._whole = book.add_format({**_WRAPPED, "num_format": "#,##0"})
        self._fraction = book.add_format({**_WRAPPED, "num_format": "0.00"})

    def title(self, page: Any, column: int, text: str) -> None:
        page.write_string(0, column, plain(text), self._title)

    def write(self, page: Any, row: int, column: int, value: str | int | float) -> None:
        if not isinstance(value, str):
            page.write_number(row, column, value, self._fraction if isinstance(value, float) else self._whole)
            return
        text = shorten(plain(value), _CELL_LENGTH)
        form = self._guarded if starts_formula(value) else self._text
        if text.startswith(_MARKUP):  # which the library takes for markup of its own, and would put into the file unescaped
            page.write_rich_string(row, column, *text[:2], text[2:], form)
        else:
            page.write_string(row, column, text, form)


def _write(page: Any, sheet: Sheet, cells: _Cells) -> None:
    for column, (title, width) in enumerate(sheet.columns):
        page.set_column(column, column, width)
        cells.title(page, column, title)
    last = 0
    for last, row in enumerate(sheet.rows, 1):
        for column, value in enumerate(row):
            if value is not None:
                cells.write(page, last, column, value)
    page.freeze_panes(1, sheet.fixed)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    if sheet.filtered:
        page.autofilter(0, 0, last, len(sheet.columns) - 1)
    if sheet.choice:
        told = {"error_title": sheet.choice.title, "error_message": sheet.choice.message}
        page.data_validation(
            1, sheet.choice.column, max(1, last), sheet.choice.column, {"validate": "list", "source": list(sheet.choice.values), **told}
        )
