"""Columns: where a page is cut, and in which order its pieces are read.

A gutter is a white strip that several rows share. It is believed when the file itself wrote column after column, or when
both sides look like wrapped prose. Otherwise the page keeps one column, because a table read row by row is still a
table, while prose cut down the middle is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from mcscreen.extractors.pdf.words import RTL, Word, rows_of

__all__ = ["Region", "regions"]


@dataclass(slots=True)
class Region:
    """Words that are read before anything else on the page is.

    Attributes:
        stored: Whether the file's own order is to be kept, because the geometry says nothing better.
    """

    words: list[Word]
    stored: bool = False
    rows: list[list[Word]] = field(default_factory=list)


def regions(words: Sequence[Word]) -> list[Region]:
    """The page cut into columns, in reading order. Every word is in exactly one region."""
    if not words:
        return []
    letters = sum(len(w.text) for w in words)
    if sum(len(RTL.findall(w.text)) for w in words) > 0.3 * letters or (len(words) > 20 and letters < 1.3 * len(words)):
        return [Region(sorted(words, key=lambda w: w.order), stored=True)]
    found: list[Region] = []
    _cut(rows_of(words), found, depth=0)
    return found


def _cut(rows: list[list[Word]], found: list[Region], depth: int) -> None:
    gutter = _gutter(rows) if depth < 6 else None
    kind = "rows"
    if gutter is not None:
        inside = [w for row in rows[gutter.first : gutter.last] for w in row]
        left, right = [w for w in inside if w.x1 <= gutter.x], [w for w in inside if w.x1 > gutter.x]
        kind = _judge(left, right, gutter.width)
    if gutter is None or kind == "rows":
        found.append(Region([w for row in rows for w in row], rows=rows))
        return
    if gutter.first:
        _cut(rows[: gutter.first], found, depth + 1)
    if kind == "columns":
        _cut(rows_of(left), found, depth + 1)
        _cut(rows_of(right), found, depth + 1)
    else:
        found.append(Region(sorted(inside, key=lambda w: w.order), stored=True))
    if gutter.last < len(rows):
        _cut(rows[gutter.last :], found, depth + 1)


class _Gutter(NamedTuple):
    """A white strip: first row, one past the last, middle, and width in type sizes."""

    first: int
    last: int
    x: float
    width: float


def _gutter(rows: list[list[Word]]) -> _Gutter | None:
    """The white strip with most rows on both sides, or None."""
    if len(rows) < 5:
        return None
    unit = median(w.size for row in rows for w in row)
    left, right = min(w.x0 for row in rows for w in row), max(w.x1 for row in rows for w in row)
    if right - left < 16 * unit:
        return None
    cell = max(1.0, (right - left) / 800)
    strips = int((right - left) / cell) + 1
    pad = 0.3 * unit
    ink: list[int] = []
    for row in rows:
        mask = 0
        for word in row:
            a = max(0, round((word.x0 - pad - left) / cell))
            b = min(strips, round((word.x1 + pad - left) / cell))
            mask |= ((1 << max(0, b - a)) - 1) << a
        ink.append(mask)
    starts, ends = [min(w.x0 for w in row) for row in rows], [max(w.x1 for w in row) for row in rows]
    best, plateau = (3, 0), list[tuple[int, int, int]]()
    for strip in range(int(strips * 0.12), int(strips * 0.88) + 1):
        x, bit, first = left + (strip + 0.5) * cell, 1 << strip, 0
        while first < len(rows):
            if ink[first] & bit:
                first += 1
                continue
            last, lefts, rights = first, 0, 0
            while last < len(rows) and not ink[last] & bit:
                lefts += starts[last] < x
                rights += ends[last] > x
                last += 1
            score = (min(lefts, rights), last - first)
            if score[0] >= 4 and score > best:
                best, plateau = score, []
            if score == best:
                plateau.append((first, last, strip))
            first = last
    if not plateau:
        return None
    runs: list[list[tuple[int, int, int]]] = []
    for place in plateau:
        if runs and runs[-1][-1] == (place[0], place[1], place[2] - 1):
            runs[-1].append(place)
        else:
            runs.append([place])
    widest = max(runs, key=len)
    middle = left + ((widest[0][2] + widest[-1][2]) / 2 + 0.5) * cell
    return _Gutter(widest[0][0], widest[0][1], middle, len(widest) * cell / unit + 0.6)


def _judge(left: list[Word], right: list[Word], width: float) -> str:
    """What two sides of a white strip are: "columns", "rows" (of one table or ragged text), or "stored" (cells of several lines)."""
    sides = sorted([(w.order, 0) for w in left] + [(w.order, 1) for w in right])
    switches = sum(a[1] != b[1] for a, b in pairwise(sides))
    looks = [_prose(left), _prose(right)]
    lines = [look[0] for look in looks]
    per_line = min(look[1] for look in looks)
    flow, fill = min(look[2] for look in looks), min(look[3] for look in looks)
    if switches <= max(1, 0.08 * min(lines)):
        return "columns" if per_line >= 1.8 or len(left) + len(right) > 80 else "rows"
    by_row = switches >= 1.4 * min(lines)
    # A chance river through justified text is narrow and short.
    if by_row and min(lines) >= (5 if width > 1.3 else 8) and min(lines) >= 0.3 * max(lines) and per_line >= 3:
        if flow >= 0.3 and fill >= 0.45:
            return "columns"
        if fill >= 0.85 and per_line >= 5 and min(lines) >= 8:
            return "columns"
    return "rows" if by_row or per_line < 2 else "stored"


def _prose(words: list[Word]) -> tuple[int, float, float, float]:
    """Rows, words a row, share of rows that begin in lower case, share of rows that reach the right edge."""
    rows = rows_of(words)
    left, right = min(w.x0 for w in words), max(w.x1 for w in words)
    edge = right - 0.15 * (right - left)
    low = sum(row[0].text[:1].islower() for row in rows[1:])
    full = sum(max(w.x1 for w in row) >= edge for row in rows)
    return len(rows), len(words) / len(rows), low / max(1, len(rows) - 1), full / len(rows)
