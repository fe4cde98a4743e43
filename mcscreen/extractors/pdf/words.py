"""Words on a page, and the lines they stand on.

A PDF stores ink, not text: words come in any order and a line knows nothing of its paragraph. Everything in this package
but `pages` works on these word boxes alone, so that it can be tested with words typed by hand.

Coordinates are points from the top left corner of the page, text upright.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["BULLET", "ENDED", "RTL", "Line", "Word", "cell_text", "join_lines", "marked", "rows_of", "split_wide"]

BULLET = re.compile(r"^[•◦▪▫●○■□‣➢➤❖✓✔✦·∙⁃\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc]\s*(?=\S)")
_DASH = re.compile(r"^[-–—*]\s+(?=\S)")
_NUMBER = re.compile(r"^\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{2,4})[.)]\s+\S")
ENDED = re.compile(r"""[.!?:;…]["'”’)\]]*$""")
RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


@dataclass(slots=True)
class Word:
    """A word with its place.

    Attributes:
        base: Baseline, in points from the top.
        size: Type size in points.
        order: Position in the file's own order.
    """

    text: str
    x0: float
    x1: float
    base: float
    size: float
    bold: bool = False
    order: int = 0

    @property
    def top(self) -> float:
        """Upper edge."""
        return self.base - 0.75 * self.size

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.base + 0.22 * self.size

    @property
    def middle(self) -> float:
        """Half-way between the edges."""
        return self.base - 0.265 * self.size


@dataclass(slots=True)
class Line:
    """Words on one baseline, with the box around them and the type of most of them."""

    words: list[Word]
    text: str = ""
    x0: float = 0.0
    x1: float = 0.0
    base: float = 0.0
    size: float = 0.0
    bold: bool = False

    def __post_init__(self) -> None:
        largest = max(self.words, key=lambda w: len(w.text) * w.size)
        self.text = " ".join(w.text for w in self.words)
        self.x0, self.x1 = min(w.x0 for w in self.words), max(w.x1 for w in self.words)
        self.base, self.size = largest.base, largest.size
        self.bold = sum(len(w.text) for w in self.words if w.bold) > 0.9 * sum(len(w.text) for w in self.words)


def rows_of(words: Iterable[Word]) -> list[list[Word]]:
    """Words grouped by baseline, from the top; each row from left to right (in stored order where it holds right-to-left text)."""
    rows: list[list[Word]] = []
    lead: Word | None = None
    for word in sorted(words, key=lambda w: (w.base, w.x0)):
        if lead is not None:
            shared = min(lead.bottom, word.bottom) - max(lead.top, word.top)
            if shared > 0.55 * 0.97 * min(lead.size, word.size):
                rows[-1].append(word)
                lead = word if word.size > lead.size else lead
                continue
        rows.append([word])
        lead = word
    for row in rows:
        rtl = any(RTL.search(w.text) for w in row)
        row.sort(key=lambda w: w.order if rtl else w.x0)
    return rows


def split_wide(row: Sequence[Word], factor: float = 1.2) -> list[list[Word]]:
    """A row cut where the space between two words is wider than `factor` times the type size."""
    parts: list[list[Word]] = []
    for word in row:
        if parts and word.x0 - parts[-1][-1].x1 <= factor * max(word.size, parts[-1][-1].size):
            parts[-1].append(word)
        else:
            parts.append([word])
    return parts


def join_lines(texts: Iterable[str]) -> str:
    """Lines joined with spaces; a word divided by a hyphen at a line end is joined and marked for `hyphens.mender`."""
    joined = ""
    for text in texts:
        if joined.endswith("\u00ad"):
            joined = joined[:-1] + text
        elif joined.endswith(("-", "‐")) and len(joined) > 1 and joined[-2].isalpha() and text[:1].islower():
            joined = f"{joined[:-1]}-\u00ad{text}"
        else:
            joined = f"{joined} {text}" if joined else text
    return joined


def marked(text: str) -> int:
    """2 for a certain list mark, 1 for one that may also be running text, 0 for none."""
    return 2 if BULLET.match(text) else 1 if _DASH.match(text) or _NUMBER.match(text) else 0


def cell_text(words: Iterable[Word], right: float) -> str:
    """Text of one table cell: line wraps become spaces; a wide gap or a list mark keeps its line break.

    In a narrow cell a word that does not fit is broken without a hyphen ("Plan_Bin", "der"). Where that may have happened,
    the space is marked with a word joiner for `hyphens.mender`; undecided it reads as a space.

    Args:
        words: Words of the cell.
        right: Where its lines have to end, in points.
    """
    lines = [Line(row) for row in rows_of(words)]
    steps = sorted(b.base - a.base for a, b in pairwise(lines))
    groups: list[list[str]] = []
    for number, line in enumerate(lines):
        last = lines[number - 1]
        wide = number and steps and line.base - last.base > 1.5 * max(steps[len(steps) // 5], line.size)
        if groups and not wide and marked(line.text) != 2:
            full = len(last.words) == 1 and right - last.x1 < 1.1 * (last.x1 - last.x0) / len(last.text)
            groups[-1].append(f"\u2060{line.text}" if full and not last.text.endswith("-") else line.text)
        else:
            groups.append([line.text])
    return "\n".join(join_lines(group) for group in groups)
