"""Paragraphs, and the order of everything on a page.

A break between two lines needs evidence (a gap, an indent, a bullet, a change of type, a line that ended early), and a
sentence that visibly runs on outweighs weak evidence. `arrange` puts a page together; what is no running text (tables,
form fields) takes part as an `Inset`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mcscreen.document import Covered
from mcscreen.extractors.pdf.columns import Region, regions
from mcscreen.extractors.pdf.tables import borderless_table
from mcscreen.extractors.pdf.words import BULLET, ENDED, RTL, Line, Word, join_lines, marked, rows_of

__all__ = ["Inset", "Paragraph", "arrange", "paragraphs"]


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together.

    Attributes:
        bullet: Whether it starts with a list mark; a bullet is taken off the text, a typed dash or number is not.
        lines: Number of lines.
    """

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool
    bullet: bool
    lines: int


@dataclass(slots=True)
class Inset:
    """Something with a box that is no running text: a table or a typed form field.

    Attributes:
        rows: Texts of the table's cells, or one row of one cell.
        is_table: Whether it is a table.
        gaps: White strips between the columns of a table without rules.
    """

    x0: float
    x1: float
    top: float
    bottom: float
    rows: Sequence[Sequence[str | Covered]]
    is_table: bool = True
    gaps: Sequence[tuple[float, float]] = ()


def arrange(words: Sequence[Word], insets: Sequence[Inset] = (), carried: Sequence[tuple[float, float]] = ()) -> list[Paragraph | Inset]:
    """A page's paragraphs, tables and form fields in reading order.

    Args:
        words: Words that are in no inset.
        insets: Ruled tables and form fields.
        carried: Column gaps of a table without rules that ended the page before.
    """
    if not words:
        return sorted(insets, key=lambda inset: inset.top)
    left, right = min(w.x0 for w in words), max(w.x1 for w in words)
    wide = sorted((i for i in insets if i.x1 - i.x0 > 0.55 * (right - left)), key=lambda inset: inset.top)
    narrow = sorted((i for i in insets if i.x1 - i.x0 <= 0.55 * (right - left)), key=lambda inset: inset.top)
    placed: list[Paragraph | Inset] = []
    rest = list(words)
    for inset in wide:
        middle = (inset.top + inset.bottom) / 2
        placed += _flow([w for w in rest if w.middle < middle], narrow, carried if not placed else ())
        rest = [w for w in rest if w.middle >= middle]
        placed.append(inset)
    placed += _flow(rest, narrow, carried if not placed else ())
    for inset in narrow:
        above = [n for n, p in enumerate(placed) if p.bottom <= inset.top + 2 and p.x0 < inset.x1 and p.x1 > inset.x0]
        below = [n for n, p in enumerate(placed) if p.top >= inset.bottom - 2]
        placed.insert(above[-1] + 1 if above else below[0] if below else len(placed), inset)
    return placed


def _flow(words: list[Word], insets: Sequence[Inset], carried: Sequence[tuple[float, float]] = ()) -> list[Paragraph | Inset]:
    if not words:
        return []
    rows = rows_of(words)
    table = borderless_table(rows, carried)
    if table is not None:
        inside = [w for row in rows[table.first : table.last] for w in row]
        left, right = min(w.x0 for w in inside), max(w.x1 for w in inside)
        box = Inset(left, right, min(w.top for w in inside), max(w.bottom for w in inside), table.texts, gaps=table.gaps)
        above, below = [w for row in rows[: table.first] for w in row], [w for row in rows[table.last :] for w in row]
        return [*_flow(above, insets), box, *_flow(below, insets)]
    flow: list[Paragraph] = []
    cut = regions(words)
    margin = max(w.x1 for w in words) if len(cut) == 1 else None
    for region in cut:
        barriers = [i.top for i in insets if i.is_table and any(i.x0 < w.x1 and i.x1 > w.x0 for w in region.words)]
        found = paragraphs(region, margin, barriers)
        if flow and found and not region.stored and _continues(flow[-1], found[0]):
            found[0].text = join_lines([flow.pop().text, found[0].text])
        flow += found
    return list(flow)


def _continues(before: Paragraph, after: Paragraph) -> bool:
    """Whether a paragraph at the foot of a column goes on at the head of the next."""
    alike = abs(before.size - after.size) < 0.05 * after.size and before.bold == after.bold
    return alike and after.bottom < before.bottom and after.text[:1].islower() and not ENDED.search(before.text)


def paragraphs(region: Region, right: float | None = None, barriers: Sequence[float] = ()) -> list[Paragraph]:
    """The region's lines joined to paragraphs.

    Args:
        region: Words of one column.
        right: Right margin in points, where the region alone has too few lines to tell.
        barriers: Heights at which something else stands (a table), so that no paragraph runs across.
    """
    lines = _lines(region)
    if not lines:
        return []
    steps = sorted(
        b.base - a.base for a, b in pairwise(lines) if abs(a.size - b.size) < 0.1 * a.size and 0.85 * b.size < b.base - a.base < 3 * b.size
    )
    step = steps[len(steps) // 5] if steps else 1.2 * lines[0].size
    margins: dict[int, float] = {}
    for size, group in _by_size(lines).items():
        ends = sorted(line.x1 for line in group)
        margins[size] = ends[int(0.95 * (len(ends) - 1) + 0.5)]
        if right is not None and len(group) < 4:
            margins[size] = max(margins[size], right)
    groups: list[list[Line]] = []
    for line in lines:
        if groups and not _breaks(groups[-1], line, step, margins[round(groups[-1][-1].size)], barriers, region.stored):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_paragraph(group) for group in groups]


def _by_size(lines: list[Line]) -> dict[int, list[Line]]:
    sizes: defaultdict[int, list[Line]] = defaultdict(list)
    for line in lines:
        sizes[round(line.size)].append(line)
    return sizes


def _lines(region: Region) -> list[Line]:
    if not region.stored:
        return [Line(row) for row in region.rows or rows_of(region.words)]
    lines: list[list[Word]] = []
    for word in region.words:
        last = lines[-1][-1] if lines else None
        if last and abs(word.middle - last.middle) < 0.5 * max(word.size, last.size):
            rtl = bool(RTL.search(word.text) or RTL.search(last.text))
            gap = word.x0 - last.x1
            if rtl or -0.5 * word.size < gap < 1.5 * word.size:
                lines[-1].append(word)
                continue
        lines.append([word])
    return [Line(line) for line in lines]


def _breaks(group: list[Line], line: Line, step: float, margin: float, barriers: Sequence[float], stored: bool) -> bool:
    """Whether `line` begins a new paragraph after the lines of `group`."""
    last = group[-1]
    down = line.base - last.base
    size = max(1.0, line.size)
    if any(last.base < y < line.base for y in barriers):
        return True
    ended = bool(ENDED.search(last.text))
    runs_on = not ended and line.text[:1].islower()
    if down < -0.5 * size or (stored and abs(down) <= 0.5 * size):  # back up: the next column, or the next cell of a row
        return not runs_on or stored
    if abs(line.size - last.size) > 0.09 * max(line.size, last.size) and not (runs_on and len(last.text) > 40):
        return True
    if stored and (line.x0 > last.x1 or line.x1 < last.x0):
        return True
    room = margin - last.x1 - line.words[0].x1 + line.words[0].x0 - 0.8 * size  # what stays free had the next word been set here
    if line.bold != last.bold and not (runs_on and room < 0):
        return True
    mark = marked(line.text)
    if mark == 2:
        return True
    listed = marked(group[0].text) > 0
    shift = line.x0 - last.x0
    early = room > 0 and not runs_on
    if mark == 1 and (ended or early or down > 1.15 * step or (listed and abs(line.x0 - group[0].x0) < 0.3 * size)):
        return True
    if down > 2.3 * max(step, size):
        return True
    if down > 1.28 * step:
        return not runs_on or down > 1.7 * step
    if runs_on:
        return False
    if early and (ended or room > 0.12 * (margin - min(x.x0 for x in group))):
        return True
    if shift > 0.8 * size and not listed and (ended or len(group) > 1):  # first-line indent
        return ended
    return shift < -0.8 * size and ended and (listed or len(group) > 1)  # back to the margin after a list item or quotation


def _paragraph(group: list[Line]) -> Paragraph:
    text = join_lines(line.text for line in group)
    mark = marked(text)
    if mark:
        # A bullet is type, a dash is typed: word processors count the dash as a word, and so do the people who wrote it.
        text = BULLET.sub("", text)
    sizes = Counter[float]()
    for line in group:
        sizes[line.size] += len(line.text)
    return Paragraph(
        text=text,
        x0=min(line.x0 for line in group),
        x1=max(line.x1 for line in group),
        top=min(line.base - 0.75 * line.size for line in group),
        bottom=max(line.base + 0.22 * line.size for line in group),
        size=sizes.most_common(1)[0][0],
        bold=all(line.bold for line in group),
        bullet=mark > 0,
        lines=len(group),
    )
