"""Tables as text: rows divided by a page end, and one kind of table without rules.

That kind is the evidence table of a self-analysis, known by its column heads.
Columns of text alone do not make a table: prose in columns and tabbed lists look the same. A line of short heads such as
"Artifact", "Page", "How this shows it" over columns that persist does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mcscreen.document import Covered
from mcscreen.extractors.pdf.words import ENDED, Word, cell_text, join_lines, split_wide

__all__ = ["Columns", "borderless_table", "join_split_row"]

_HEADER = re.compile(
    r"\b(artifacts?|artefacts?|evidence|documents?|files?|locations?|where|pages?|explanations?|explain|rationale|analysis|how|why|proficiency"
    r"|detail|outcomes?|criteri(?:on|a)|indicators?|standards?|components?|descriptions?|slides?|sections?)\b",
    re.IGNORECASE,
)


class Columns(NamedTuple):
    """A table found in rows of words.

    Attributes:
        first: Its first row.
        last: One past its last row.
        texts: Its rows, wrapped lines joined.
        gaps: White strips between its columns, from left to right.
    """

    first: int
    last: int
    texts: list[list[str]]
    gaps: list[tuple[float, float]]


def borderless_table(rows: Sequence[list[Word]], carried: Sequence[tuple[float, float]] = ()) -> Columns | None:
    """A table without rules: a line of short column heads, at least two of them words of an evidence table, over columns that persist.

    Args:
        rows: Rows of words, from the top.
        carried: The gaps of such a table at the foot of the page before, which may go on here without its heads.
    """
    if carried and (found := _table(rows, 0, list(carried), headed=False)) is not None:
        return found
    for first, row in enumerate(rows[:-1]):
        heads = split_wide(row, 0.9)
        if len(heads) < 3 or any(len(head) > 6 for head in heads):
            continue
        if sum(bool(_HEADER.search(" ".join(w.text for w in head))) for head in heads) < 2:
            continue
        found = _table(rows, first, [(a[-1].x1, b[0].x0) for a, b in pairwise(heads)], headed=True)
        if found is not None:
            return found
    return None


def _table(rows: Sequence[list[Word]], first: int, gaps: Sequence[tuple[float, float]], *, headed: bool) -> Columns | None:
    free = [[gap] for gap in gaps]
    last = first
    while last < len(rows):
        row = rows[last]
        if last > first:
            alone = row[0].bold and row[-1].x1 < gaps[0][1]
            if (
                alone
                or max(w.size for w in row) > 1.15 * rows[first][0].size + 1
                or row[0].top - rows[last - 1][0].bottom > 4 * row[0].size
            ):
                break
        narrowed = [_subtract(pieces, row) for pieces in free]
        if not all(narrowed):
            break
        free, last = narrowed, last + 1
    widest = [max(pieces, key=lambda piece: piece[1] - piece[0]) for pieces in free]
    edges = [(low + high) / 2 for low, high in widest]
    columns = [[bisect_right(edges, (w.x0 + w.x1) / 2) for w in row] for row in rows[first:last]]
    while len(columns) > 1 and set(columns[-1]) == {0} and len(set(columns[-2])) == 1:
        columns.pop()
    heads = 1 if headed else 0
    while headed and heads < len(columns) and all(w.bold for row in rows[first : first + heads + 1] for w in row):
        heads += 1  # heads of two lines
    if sum(len(set(places)) > 1 for places in columns[heads:]) < 2:
        return None
    body = rows[first : first + len(columns)]
    groups = _logical_rows(body[heads:], columns[heads:], heads)
    ends = [
        max((w.x1 for row, places in zip(body, columns, strict=True) for w, c in zip(row, places, strict=True) if c == n), default=0.0)
        for n in range(len(edges) + 1)
    ]
    texts: list[list[str]] = []
    for group in [list(range(heads)), *groups] if headed else groups:
        cells: list[list[Word]] = [[] for _ in range(len(edges) + 1)]
        for index in group:
            for word, column in zip(body[index], columns[index], strict=True):
                cells[column].append(word)
        texts.append([cell_text(cell, end) for cell, end in zip(cells, ends, strict=True)])
    return Columns(first, first + len(columns), texts, widest)


def _subtract(gaps: list[tuple[float, float]], row: list[Word]) -> list[tuple[float, float]]:
    for word in row:
        a, b = word.x0 - 0.1 * word.size, word.x1 + 0.1 * word.size
        gaps = [
            piece for low, high in gaps for piece in ((low, min(high, a)), (max(low, b), high)) if piece[1] - piece[0] > 0.5 * word.size
        ]
    return gaps


def _logical_rows(rows: Sequence[list[Word]], columns: Sequence[list[int]], offset: int) -> list[list[int]]:
    """Visual rows grouped to table rows: by wider gaps, or where there are none, by the rows that start several cells."""
    fullest = max({column for places in columns for column in places}, key=lambda c: sum(c in places for places in columns))
    bases = [row[places.index(fullest)].base for row, places in zip(rows, columns, strict=True) if fullest in places]
    steps = sorted(b - a for a, b in pairwise(bases))
    size = rows[0][0].size
    usual = steps[len(steps) // 5] - 0.97 * size if steps else 0.0
    wide: list[bool] = []
    low = max(w.bottom for w in rows[0])
    for row in rows[1:]:
        wide.append(min(w.top for w in row) - low > usual + 0.25 * size)
        low = max(low, max(w.bottom for w in row))
    if any(wide):
        starts = [True, *wide]
    else:
        most = max(len(set(places)) for places in columns)
        starts = [0 in places and len(set(places)) >= max(2, most - 1) for places in columns]
    groups: list[list[int]] = []
    for index, start in enumerate(starts, offset):
        if start or not groups:
            groups.append([index])
        else:
            groups[-1].append(index)
    return groups


def join_split_row(above: Sequence[Sequence[str | Covered]], below: Sequence[Sequence[str | Covered]]) -> list[list[str | Covered]] | None:
    """The last row of a table with the rest of it that was pushed to the next page.

    Args:
        above: Rows at the foot of a page.
        below: Rows at the head of the next.

    Returns:
        The rows of `above` with the first row of `below` joined to its last; None unless a sentence visibly runs on in a cell
        (or stops short in the only cell that has more) and the first cell of the second page is empty or runs on too.
    """
    if not above or not below or len(above[-1]) != len(below[0]):
        return None
    pairs = [
        (before, after) for before, after in zip(above[-1], below[0], strict=True) if isinstance(before, str) and isinstance(after, str)
    ]
    if len(pairs) < len(below[0]):
        return None
    runs_on = [bool(before) and after[:1].islower() and not ENDED.search(before) for before, after in pairs]
    alone = [bool(before) and not ENDED.search(before) for before, after in pairs if after]
    if not (any(runs_on) or alone == [True]) or (pairs[0][1] and not runs_on[0]):
        return None
    return [*map(list, above[:-1]), [join_lines([before, after]) if before and after else before or after for before, after in pairs]]
