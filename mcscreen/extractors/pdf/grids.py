"""Ruled tables from drawn lines: geometry only, no PDF library.

A table in a PDF is nothing but strokes. The lines of a page are joined and snapped, lines that cross form a frame, the
frame's lines span a grid, and grid positions with no line between them are one cell. This takes milliseconds where a
general layout reader takes a quarter of a second a page, keeps merged cells, and is bounded whatever was drawn.

Coordinates are points from the top left corner of the page.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mcscreen.document import Covered

__all__ = ["Grid", "Stroke", "find_grids"]

_SNAP = 3.0
"""Distance in points below which two lines are one (a double rule, two cells' borders)."""
_SHORTEST = 7.0
_MOST_CROSSINGS = 250_000
_MOST_POSITIONS = 5_000


class Stroke(NamedTuple):
    """A straight line along an axis, in points: at height `at` from `low` to `high`, or upright at `at`."""

    upright: bool
    at: float
    low: float
    high: float


@dataclass(slots=True)
class Grid:
    """Cells between lines.

    Attributes:
        xs: Positions of the upright lines, left to right.
        ys: Heights of the level lines, top to bottom.
        owners: For every grid position the top left position of the cell it belongs to.
    """

    xs: list[float]
    ys: list[float]
    owners: list[list[tuple[int, int]]]

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """The cell at a point, as row and column of its top left position; None outside the grid."""
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        if 0 <= column < len(self.xs) - 1 and 0 <= row < len(self.ys) - 1:
            return self.owners[row][column]
        return None

    def span(self, cell: tuple[int, int]) -> tuple[float, float]:
        """Left and right edge of a cell."""
        row = self.owners[cell[0]]
        last = max(c for c, owner in enumerate(row) if owner == cell)
        return self.xs[cell[1]], self.xs[last + 1]

    def rows(self, texts: dict[tuple[int, int], str]) -> list[list[str | Covered]]:
        """The table as rows of texts, without empty rows and columns."""
        rows: list[list[str | Covered]] = []
        for r, owners in enumerate(self.owners):
            row: list[str | Covered] = []
            for c, owner in enumerate(owners):
                text = texts.get(owner, "")
                beside = c > 0 and owners[c - 1] == owner
                row.append(text if not text or owner == (r, c) else Covered.LEFT if beside else Covered.ABOVE)
            rows.append(row)
        written = [[isinstance(text, str) and text for text in row] for row in rows]
        kept = [c for c in range(len(self.xs) - 1) if any(row[c] for row in written)]
        return [[row[c] for c in kept] for row, said in zip(rows, written, strict=True) if any(said)]

    def is_table(self, counts: dict[tuple[int, int], int]) -> bool:
        """Whether the filled cells look like a table and not like a frame, a chart or a page divided by a rule.

        Args:
            counts: Number of words of every cell that has any.
        """
        cells = {owner for owners in self.owners for owner in owners}
        if len({c for _, c in counts}) < 2 or len(counts) < max(2, 0.2 * len(cells)):
            return False
        return len({r for r, _ in cells}) > 1 or max(counts.values()) <= 120


def find_grids(strokes: Iterable[Stroke]) -> list[Grid] | None:
    """Grids of at least two columns, from the top; None when there are too many lines to look at (a drawing)."""
    level = _joined([s for s in strokes if not s.upright])
    upright = _joined([s for s in strokes if s.upright])
    if len(level) * len(upright) > _MOST_CROSSINGS:
        return None
    parents = list(range(len(level) + len(upright)))
    for i, h in enumerate(level):
        for j, v in enumerate(upright, len(level)):
            if v.low - _SNAP <= h.at <= v.high + _SNAP and h.low - _SNAP <= v.at <= h.high + _SNAP:
                parents[_root(parents, i)] = _root(parents, j)
    frames: defaultdict[int, list[Stroke]] = defaultdict(list)
    for i, stroke in enumerate([*level, *upright]):
        frames[_root(parents, i)].append(stroke)
    grids = [grid for frame in frames.values() if (grid := _grid(frame)) is not None]
    return sorted(grids, key=lambda grid: (grid.ys[0], grid.xs[0]))


def _root(parents: list[int], i: int) -> int:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


def _snapped(values: Iterable[float]) -> list[float]:
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][0] <= _SNAP:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(group) / len(group) for group in groups]


def _joined(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Strokes on one line that touch made one (dashes too); short ones dropped."""
    places = _snapped(s.at for s in strokes)
    lines: defaultdict[int, list[Stroke]] = defaultdict(list)
    for stroke in strokes:
        lines[_nearest(places, stroke.at)].append(stroke)
    joined: list[Stroke] = []
    for place, pieces in lines.items():
        pieces.sort(key=lambda s: s.low)
        low, high = pieces[0].low, pieces[0].high
        for piece in [*pieces[1:], Stroke(False, 0.0, float("inf"), float("inf"))]:
            if piece.low <= high + _SNAP:
                high = max(high, piece.high)
                continue
            if high - low >= _SHORTEST:
                joined.append(Stroke(pieces[0].upright, places[place], low, high))
            low, high = piece.low, piece.high
    return joined


def _nearest(places: Sequence[float], value: float) -> int:
    i = bisect_right(places, value)
    return min((n for n in (i - 1, i) if 0 <= n < len(places)), key=lambda n: abs(places[n] - value))


def _grid(frame: list[Stroke]) -> Grid | None:
    level, upright = [s for s in frame if not s.upright], [s for s in frame if s.upright]
    if not level or not upright:
        return None
    # Tables are often left open at the sides: where the lines reach on, the grid does too.
    xs = _snapped([*(s.at for s in upright), *_open_ends(level, [s.at for s in upright])])
    ys = _snapped([*(s.at for s in level), *_open_ends(upright, [s.at for s in level])])
    wide, high = len(xs) - 1, len(ys) - 1
    if wide < 2 or high < 1 or wide * high > _MOST_POSITIONS:
        return None
    walls = _covers(upright, xs)
    floors = _covers(level, ys)
    parents = list(range(wide * high))
    for r in range(high):
        for c in range(wide):
            if c + 1 < wide and not walls(c + 1, (ys[r] + ys[r + 1]) / 2):
                parents[_root(parents, r * wide + c + 1)] = _root(parents, r * wide + c)
            if r + 1 < high and not floors(r + 1, (xs[c] + xs[c + 1]) / 2):
                parents[_root(parents, (r + 1) * wide + c)] = _root(parents, r * wide + c)
    first: dict[int, tuple[int, int]] = {}
    owners: list[list[tuple[int, int]]] = [
        [first.setdefault(_root(parents, r * wide + c), (r, c)) for c in range(wide)] for r in range(high)
    ]
    return Grid(xs, ys, owners)


def _open_ends(strokes: Sequence[Stroke], crossing: Sequence[float]) -> list[float]:
    low, high = min(s.low for s in strokes), max(s.high for s in strokes)
    ends = [low] if low < min(crossing) - 4 * _SNAP else []
    return [*ends, high] if high > max(crossing) + 4 * _SNAP else ends


def _covers(strokes: Sequence[Stroke], places: Sequence[float]) -> Callable[[int, float], bool]:
    at: defaultdict[int, list[Stroke]] = defaultdict(list)
    for stroke in strokes:
        at[_nearest(places, stroke.at)].append(stroke)
    return lambda place, along: any(s.low - _SNAP <= along <= s.high + _SNAP for s in at[place])
