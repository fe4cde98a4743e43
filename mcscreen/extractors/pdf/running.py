"""Running headers and footers: what repeats at the top and bottom of pages and is no part of the text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from mcscreen.extractors.pdf.words import Word, rows_of

__all__ = ["running_lines"]

_PAGE_NUMBER = re.compile(r"(?:page|pages|seite|página|pagina|pg|p|of|from|von|de|di|sur|[\W_\d])*")


def running_lines(pages: Sequence[Sequence[Word]], heights: Sequence[float], body: float) -> list[list[Word]]:
    """Words of running headers and footers, page by page.

    A line counts when the same text, digits apart, stands at the same height in the outer eighth of many of the pages (of
    both, where there are two) or of three in a row (the running title of a chapter). A page number by itself counts
    wherever it stands there. A large or bold line whose digits change is a heading ("Week 1", "Week 2") and stays, and so does
    a line that continues into the text of the page at the pitch and size of that text.

    Args:
        pages: Words of every page, tables left out.
        heights: Height of every page, in points.
        body: Type size of the running text.
    """
    none: list[list[Word]] = [[] for _ in pages]
    filled = sum(bool(words) for words in pages)
    if filled < 2:
        return none
    seen: defaultdict[str, list[tuple[float, int, list[Word]]]] = defaultdict(list)
    edges: list[list[list[list[Word]]]] = []
    for number, (words, height) in enumerate(zip(pages, heights, strict=True)):
        upper = rows_of(w for w in words if w.base < 0.2 * height)
        lower = rows_of(w for w in words if w.bottom > 0.8 * height)[::-1]
        edges.append([upper, lower])
        outer = [row for row in upper[:3] if row[0].base < 0.125 * height] + [row for row in lower[:3] if row[0].bottom > 0.875 * height]
        for row in outer:
            seen[re.sub(r"\d+", "#", " ".join(w.text for w in row)).casefold()].append((row[0].base, number, row))
    needed = 2 if filled < 4 else max(3, 0.4 * filled)
    found = [list(words) for words in none]
    for mark, copies in seen.items():
        copies.sort(key=lambda item: item[0])
        numbering = "#" in mark and bool(_PAGE_NUMBER.fullmatch(mark))
        while copies:
            near = copies if numbering else [item for item in copies if item[0] - copies[0][0] < 6]
            copies = copies[len(near) :]
            numbers = {number for _, number, _ in near}
            in_a_row = any({number, number + 1, number + 2} <= numbers for number in numbers)
            if len(numbers) < (2 if numbering else needed) and not in_a_row:
                continue
            sample = near[0][2]
            changes = len({" ".join(w.text for w in row) for _, _, row in near}) > 1
            loud = sample[0].size > 1.1 * body or all(w.bold for w in sample)
            if changes and loud and not numbering:
                continue
            for _, number, row in near:
                found[number].extend(row)
    for number, sides in enumerate(edges):
        found[number] = [word for rows in sides for word in _apart(rows, {id(word) for word in found[number]})]
    total, gone = sum(map(len, pages)), sum(map(len, found))
    return none if gone > 0.5 * total else found


def _apart(rows: list[list[Word]], marked: set[int]) -> list[Word]:
    """Marked words of rows, given from the page's edge inwards, without rows that belong to the text further in."""
    gone: list[Word] = []
    inner: list[Word] | None = None
    for row in reversed(rows):
        if not any(id(word) in marked for word in row) or (inner is not None and _continuous(row[0], inner[0])):
            inner = row
        else:
            gone.extend(word for word in row if id(word) in marked)
    return gone


def _continuous(a: Word, b: Word) -> bool:
    return abs(a.base - b.base) < 1.7 * a.size and abs(a.size - b.size) < 0.05 * b.size and a.bold == b.bold
