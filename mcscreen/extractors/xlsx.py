"""Excel workbooks, from their XML.

Read from the parts instead of through openpyxl, because a citation table is judged by how it looks: merged cells (which
openpyxl's streaming mode does not know), "0:15" that is stored as 0.010416, text boxes beside the cells, row numbers that
agree with the screen. And a workbook with a damaged style or drawing still has its words.

Numbers come out as a person sees them, with the formats that matter for reading: dates, times, durations, percentages,
thousands and fixed decimals.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.containers import open_package, parse_xml, read_member
from mcscreen.document import Covered, Draft, UnreadableDocument
from mcscreen.limits import Limits

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["extract"]

_Row = list[str | Covered]

_BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00",
    40: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss",
}  # fmt: skip
"""Formats that files name only by number (ECMA-376 part 1, 18.8.30)."""

_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.I)
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})$")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref\s*=\s*[\"']([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})[\"']")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_WIDEST_GAP = 50
_DEEPEST_MERGE = 1_000
_WIDEST_MERGE = 50


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read all worksheets into the draft: one table a sheet, then its text boxes and cell notes.

    Raises:
        UnreadableDocument: `corrupt` when the workbook or every sheet is damaged, and what opening a package raises.
    """
    from lxml import etree

    draft.reader = f"lxml {etree.__version__}"
    with open_package(path, limits) as archive:
        book = _Book.open(archive)
        draft.pages, draft.page_kind = len(book.sheets), "sheet"
        damaged: list[str] = []
        for number, (name, part, hidden) in enumerate(book.sheets, 1):
            if draft.full:
                return
            if number > limits.pages:
                draft.unread(f"more than {limits.pages:,} sheets; the rest was not read")
                return
            draft.move(sheet=name, keep_heading=False)
            if hidden:
                draft.warn(f"sheet {number} is hidden in the workbook; it was read")
            try:
                data = read_member(archive, part)
                if data is None:
                    raise UnreadableDocument("corrupt", "a part of the package is missing")
                _write_sheet(book, data, draft)
                _write_beside(archive, part, draft)
            except UnreadableDocument:
                damaged.append(name)
        if damaged and len(damaged) == len(book.sheets):
            raise UnreadableDocument("corrupt", "the file is damaged: none of its sheets can be read")
        if damaged:
            draft.unread(f"{len(damaged)} of {len(book.sheets)} sheets are damaged")


@dataclass(slots=True)
class _Book:
    """What all sheets of a workbook share.

    Attributes:
        sheets: Name, part and whether it is hidden, in the order of the tabs.
        strings: The shared strings.
        formats: Number format of each cell style.
        epoch: Day 0 of its calendar.
    """

    sheets: list[tuple[str, str, bool]]
    strings: list[str]
    formats: list[str]
    epoch: datetime

    @classmethod
    def open(cls, archive: zipfile.ZipFile) -> _Book:
        main = next((target for kind, target in _relations(archive, "").values() if kind == "officeDocument"), "xl/workbook.xml")
        data = read_member(archive, main)
        if data is None:
            raise UnreadableDocument("corrupt", "the file is damaged: it holds no workbook")
        root = parse_xml(data)
        relations = _relations(archive, main)
        sheets: list[tuple[str, str, bool]] = []
        for sheet in root.iterfind("{*}sheets/{*}sheet"):
            key = next((str(value) for name, value in sheet.attrib.items() if str(name).endswith("/relationships}id")), "")
            kind, target = relations.get(key, ("", ""))
            if kind == "worksheet":
                sheets.append((sheet.get("name", ""), target, sheet.get("state", "visible") != "visible"))
        parts = {kind: target for kind, target in relations.values()}
        properties = root.find("{*}workbookPr")
        shifted = properties is not None and properties.get("date1904") in ("1", "true")
        # Excel's calendar has a 29 February 1900, so its day 0 is effectively 30 December 1899.
        epoch = datetime(1904, 1, 1) if shifted else datetime(1899, 12, 30)
        return cls(sheets, _shared_strings(archive, parts.get("sharedStrings", "")), _formats(archive, parts.get("styles", "")), epoch)

    def show(self, cell: _Element, draft: Draft) -> str:
        """Text of a cell as a person sees it."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _rich_text(cell.find("{*}is"))
        value = cell.findtext("{*}v")
        if not value:
            if cell.find("{*}f") is not None and kind != "str":  # text formulas may well come to nothing
                draft.warn("some formulas have no stored result; open the file in a spreadsheet program and save it")
            return ""
        if kind == "s":
            return self.strings[int(value)] if value.isdecimal() and int(value) < len(self.strings) else ""
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        if kind in ("str", "e", "d"):
            return _unescape(value)
        style = cell.get("s", "0")
        form = self.formats[int(style)] if style.isdecimal() and int(style) < len(self.formats) else ""
        try:
            return _show_number(float(value), form, self.epoch)
        except (ValueError, OverflowError):
            return value


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    folder, file = posixpath.split(part)
    data = read_member(archive, posixpath.join(folder, "_rels", f"{file}.rels"))
    found: dict[str, tuple[str, str]] = {}
    for relation in parse_xml(data).iter("{*}Relationship") if data else ():
        target = relation.get("Target", "")
        if relation.get("TargetMode") != "External":
            name = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], name)
    return found


def _shared_strings(archive: zipfile.ZipFile, part: str) -> list[str]:
    data = read_member(archive, part) if part else None
    return [_rich_text(item) for item in parse_xml(data).iterfind("{*}si")] if data else []


def _formats(archive: zipfile.ZipFile, part: str) -> list[str]:
    try:
        data = read_member(archive, part) if part else None
        root = parse_xml(data) if data else None
    except UnreadableDocument:  # without styles numbers look plain, but every word is there
        root = None
    if root is None:
        return []
    own = {form.get("numFmtId", ""): form.get("formatCode", "") for form in root.iterfind("{*}numFmts/{*}numFmt")}
    numbers = [style.get("numFmtId", "0") for style in root.iterfind("{*}cellXfs/{*}xf")]
    return [own.get(n, _BUILT_IN.get(int(n), "") if n.isdecimal() else "") for n in numbers]


def _rich_text(item: _Element | None) -> str:
    if item is None:
        return ""
    # Phonetic guides (rPh) repeat the text in another script.
    return _unescape("".join(t.text or "" for t in item.iter("{*}t") if "rPh" not in str(getattr(t.getparent(), "tag", ""))))


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _write_sheet(book: _Book, data: bytes, draft: Draft) -> None:
    rows = _rows(book, data, draft)
    pending = next(rows, None)
    while pending is not None and not draft.full:
        first = pending[0]
        stretch = _Stretch(pending, rows)
        draft.table(stretch.texts(), first_row=first)
        pending = stretch.following


class _Stretch:
    """Rows that belong to one table: up to the end of the sheet or to a wide gap. Empty rows are filled in to keep count."""

    def __init__(self, first: tuple[int, _Row], rows: Iterator[tuple[int, _Row]]) -> None:
        self.current = first
        self.rows = rows
        self.following: tuple[int, _Row] | None = None

    def texts(self) -> Iterator[_Row]:
        number = self.current[0]
        yield self.current[1]
        for found in self.rows:
            if not number < found[0] <= number + _WIDEST_GAP:
                self.following = found
                return
            for _ in range(found[0] - number - 1):
                yield []
            number = found[0]
            yield found[1]


def _rows(book: _Book, data: bytes, draft: Draft) -> Iterator[tuple[int, _Row]]:
    """Rows that hold something, with their numbers."""
    from lxml import etree

    covered = _covered(data)
    number = 0
    events = etree.iterparse(io.BytesIO(data), events=("end",), tag="{*}row", resolve_entities=False, no_network=True, load_dtd=False)
    try:
        for _, row in events:
            told = row.get("r", "")
            number = int(told) if told.isdecimal() and int(told) <= 1_048_576 else number + 1
            texts: _Row = []
            for cell in row.iterfind("{*}c"):
                reference = _REFERENCE.match(cell.get("r", ""))
                column = min(_column(reference[1]), 16_383) if reference else len(texts)
                if column < len(texts):
                    continue
                text = book.show(cell, draft)
                if text.strip():
                    texts.extend([""] * (column - len(texts)))
                    texts.append(text)
            if row.get("hidden") in ("1", "true") and any(texts):
                draft.warn("hidden rows were read")
            row.clear()
            _mark(texts, covered.get(number, {}))
            if texts:
                yield number, texts
    except etree.XMLSyntaxError:
        if not number:
            raise UnreadableDocument("corrupt", "a sheet is damaged") from None
        draft.unread(f"a sheet is damaged after row {number}; the rest of it was not read")


def _covered(data: bytes) -> dict[int, dict[int, Covered]]:
    """Row -> column -> side, for the positions that merged cells cover."""
    found: dict[int, dict[int, Covered]] = {}
    for start, end in _MERGED.findall(data)[:10_000]:
        first, last = _REFERENCE.match(start.decode()), _REFERENCE.match(end.decode())
        if first is None or last is None:
            continue
        left, right, top, bottom = _column(first[1]), _column(last[1]), int(first[2]), int(last[2])
        for row in range(top, min(bottom, top + _DEEPEST_MERGE) + 1):
            for column in range(left, min(right, left + _WIDEST_MERGE) + 1):
                if (row, column) != (top, left):
                    found.setdefault(row, {})[column] = Covered.ABOVE if column == left else Covered.LEFT
        if len(found) > 100_000:
            break
    return found


def _mark(texts: _Row, covered: dict[int, Covered]) -> None:
    for column, side in sorted(covered.items()):
        if side is Covered.LEFT and column > len(texts):
            continue
        texts.extend([""] * (column - len(texts)))
        if column == len(texts):
            texts.append(side)
        elif not texts[column]:
            texts[column] = side


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _write_beside(archive: zipfile.ZipFile, part: str, draft: Draft) -> None:
    for kind, target in _relations(archive, part).values():
        if kind not in ("drawing", "comments"):
            continue
        data = read_member(archive, target)
        if data is None:
            continue
        root = parse_xml(data)
        if kind == "drawing":
            for paragraph in root.iterfind(".//{*}txBody/{*}p"):
                draft.paragraph("".join(t.text or "" for t in paragraph.iter("{*}t")))
        else:
            for comment in root.iterfind("{*}commentList/{*}comment"):
                draft.paragraph(_rich_text(comment.find("{*}text")), kind="note")


def _show_number(value: float, form: str, epoch: datetime) -> str:
    section = _LITERAL.sub("", form.split(";")[0])
    bare = section.lower().replace("general", "")
    if re.search(r"[dyhs]|m{1,5}", bare):
        return _show_time(value, bare, epoch)
    decimals = len(match[1]) if (match := re.search(r"\.(0+)", bare)) else 0
    if "%" in bare:
        return f"{value * 100:.{decimals}f}%"
    if "#,##0" in bare and "e" not in bare:
        return f"{value:,.{decimals}f}"
    if re.fullmatch(r"[#0]*0\.0+", bare.strip()):
        return f"{value:.{decimals}f}"
    return f"{int(value)}" if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"


def _show_time(value: float, form: str, epoch: datetime) -> str:
    has_date = bool(re.search(r"[dy]|mmm", form)) or not re.search(r"[hs]|\[m", form)
    seconds = round((value - (int(value) if has_date else 0)) * 86_400)
    hours, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    if not has_date and "h" not in form:
        clock = f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
    else:
        hours = hours if has_date or "[h" in form else hours % 24
        clock = f"{hours}:{minutes:02d}:{left:02d}" if "s" in form or left else f"{hours}:{minutes:02d}"
    if not has_date:
        return clock
    day = (epoch + timedelta(days=int(value))).date().isoformat()
    return f"{day} {clock}" if "h" in form else day
