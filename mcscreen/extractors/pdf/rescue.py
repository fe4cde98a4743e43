"""A second opinion on PDFs that pdfium cannot open or finds empty.

pdfminer.six rebuilds broken cross-reference tables differently and now and then reads what pdfium does not. It is slow
and can be led astray by hostile files, so it is only asked when there is nothing to lose, and it is watched by the clock.
"""

from __future__ import annotations

import logging
import time
from importlib.metadata import version
from pathlib import Path

from mcscreen.extractors.pdf.pages import Sheet
from mcscreen.extractors.pdf.words import Word

__all__ = ["read_again"]

_SECONDS = 20.0
_LARGEST = 20_000_000
_EMPTY_PAGES = 3


def read_again(path: Path, most_pages: int) -> tuple[list[Sheet], int, str]:
    """Pages, number of pages in the file, and the reader's name; no pages when this reader finds no text either.

    Ends after about 20 seconds, after the first 3 pages when these are empty, and at once for files above 20 MB.
    """
    if path.stat().st_size > _LARGEST:
        return [], 0, ""
    import pdfplumber

    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    deadline = time.monotonic() + _SECONDS
    sheets: list[Sheet] = []
    total = 0
    try:
        with pdfplumber.open(path) as pdf:
            total = len(pdf.pages)
            for number, page in enumerate(pdf.pages[:most_pages], 1):
                found = page.extract_words(x_tolerance=1.5, extra_attrs=["size", "fontname"])
                sheet = Sheet(number, float(page.width), float(page.height), strokes=None)
                for order, w in enumerate(found):
                    size, bold = float(w["size"]), "bold" in str(w["fontname"]).lower()
                    sheet.words.append(Word(w["text"], float(w["x0"]), float(w["x1"]), float(w["bottom"]) - 0.2 * size, size, bold, order))
                sheets.append(sheet)
                page.close()
                if time.monotonic() > deadline or (number == _EMPTY_PAGES and not any(s.words for s in sheets)):
                    break
    except Exception:  # whatever a damaged file does to it, what was read before stands
        logging.getLogger("mcscreen.extractors.pdf").info("the second PDF reader stopped early")
    if not any("(cid:" not in w.text for sheet in sheets for w in sheet.words):
        return [], total, ""
    return sheets, max(total, len(sheets)), f"pdfplumber {version('pdfplumber')}"
