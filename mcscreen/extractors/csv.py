"""Comma-, semicolon-, tab- and bar-separated tables.

Spreadsheet programs separate by what the region's settings say, so the separator is found by parsing: the one that cuts
the first records into the same number of cells, more than one, wins. `csv.Sniffer` guesses from character counts and is
misled by the commas inside the long explanations that candidates write, quoted or not.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from mcscreen.decoding import read_text
from mcscreen.document import Draft
from mcscreen.limits import Limits

__all__ = ["extract"]

_SEPARATORS = ",;\t|"
_SAMPLE_RECORDS = 60
_SAMPLE = 200_000
_ANNOUNCED = re.compile(r"\s*\"?sep=(.)\"?\s*?\r?\n", re.I)
_ENDLESS_LINES = 30


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read a table into the draft, rows numbered as a spreadsheet program numbers them."""
    text, encoding = read_text(path, draft, limits)
    draft.reader = f"delimited text, {encoding}"
    text = text.replace("\0", "")
    announced = _ANNOUNCED.match(text)
    if announced:
        separator, text = announced[1], text[announced.end() :]
    else:
        separator = _separator(text)
    before = csv.field_size_limit(limits.characters)
    try:
        if not separator:
            for row in csv.reader(io.StringIO(text, newline="")):
                draft.paragraph(", ".join(row))
            return
        quoted = True
        if text.count('"') % 2 and _swallows(text, separator):
            # One forgotten closing quote would put the rest of the table into one cell.
            quoted = False
            draft.warn("a quotation mark is not closed; every line was read as a row")
        draft.table(
            csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE),
            first_row=1,
        )
    except csv.Error as error:
        draft.unread(f"the table is damaged; the rest was not read ({error.__class__.__name__})")
    finally:
        csv.field_size_limit(before)


def _records(text: str, separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error:
        return


def _separator(text: str) -> str:
    """The character that separates cells, or "" for text in one column."""
    sample = text[:_SAMPLE]
    best, most = "", 0.0
    for separator in _SEPARATORS:
        if separator not in sample:
            continue
        widths = Counter(len(record) for record in islice(_records(sample, separator), _SAMPLE_RECORDS) if any(record))
        total = sum(widths.values())
        width, times = max(((w, n) for w, n in widths.items() if w > 1), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        # A header of its own width above ragged rows still counts; prose with a comma here and there does not.
        score = times / total * min(width, 4) if total and (times / total >= 0.5 or total == 1) else 0.0
        if score > most:
            best, most = separator, score
    return best


def _swallows(text: str, separator: str) -> bool:
    return any(cell.count("\n") > _ENDLESS_LINES for record in _records(text, separator) for cell in record)
