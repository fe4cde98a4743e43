"""What a candidate's "where to look" says: pages, slides, cells, times, headings.

People write places for people: "pp. 4-5", "page two", "the first two slides", "0:18-1:26", 'tab "Attendance" B4:D9'. A
`Locator` is such a text taken apart into ranges that a check can look up. Nothing is invented: what is not understood
stays in `leftover`, and a bare "3" stays a number without a unit, because only the cited file knows whether it counts
pages or slides.

The text is scanned by a list of patterns, the most specific first; what one pattern has taken is closed to the next.
So "1:02:15" is never read as "1:02", and the 12 of "page 3 of 12" is never a page of its own. `find_locators` gives the
stretches instead of their meaning, for places that stand inside an artifact's name or in running prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Literal

__all__ = ["LAST", "Locator", "Range", "find_locators", "parse_locator"]

Range = tuple[int, int]
"""First and last number, both included."""

LAST = -1
"""Stands for "the last one" in a `Range`; -2 for the last but one, and so on."""

_Kind = Literal["page", "slide", "row", "paragraph", "sheet", "cell", "time", "heading", "whole"]
_Time = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Locator:
    """A place inside an artifact, taken apart.

    Attributes:
        text: What was parsed.
        pages: Page ranges.
        slides: Slide ranges.
        rows: Row ranges of a sheet or table.
        paragraphs: Paragraph ranges.
        numbers: Ranges without a unit ("3", "4-5"): pages or slides, as the artifact has them.
        sheets: Names (or numbers) of worksheets.
        cells: Cell ranges in capitals ("B4:D9"), whole columns as "C:C".
        seconds: Time ranges in seconds; a single moment has equal ends; `inf` is "until the end".
        headings: Names of headings or numbered sections ("Section 2", "Safe Rooms").
        whole: Whether the whole artifact is meant.
        leftover: What was not understood, without joining words.
    """

    text: str
    pages: tuple[Range, ...] = ()
    slides: tuple[Range, ...] = ()
    rows: tuple[Range, ...] = ()
    paragraphs: tuple[Range, ...] = ()
    numbers: tuple[Range, ...] = ()
    sheets: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    seconds: tuple[tuple[float, float], ...] = ()
    headings: tuple[str, ...] = ()
    whole: bool = False
    leftover: str = ""

    @property
    def understood(self) -> bool:
        """Whether at least one place was recognised."""
        return bool(
            self.pages
            or self.slides
            or self.rows
            or self.paragraphs
            or self.numbers
            or self.sheets
            or self.cells
            or self.seconds
            or self.headings
            or self.whole
        )


_LONGEST = 4_000
"""Characters that are scanned: a longer text is no place, and scanning takes more than linear time."""


@dataclass(frozen=True, slots=True)
class _Hit:
    kind: _Kind
    start: int
    end: int
    ranges: tuple[Range, ...] = ()
    names: tuple[str, ...] = ()
    times: tuple[_Time, ...] = ()
    spoken: bool = False


_UNITS_BELOW_TWENTY = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_ORDINALS = (
    *("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth"),
)
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_VALUES = {word: n for n, word in enumerate(_UNITS_BELOW_TWENTY)} | {word: n for n, word in enumerate(_ORDINALS)} | _TENS
_DIGIT_WORD = "|".join(_UNITS_BELOW_TWENTY[1:10])
_NUMBER_WORD = "|".join(sorted((*_UNITS_BELOW_TWENTY[1:], *_TENS), key=len, reverse=True))
_N = rf"(?:\d{{1,4}}|(?:{'|'.join(_TENS)})[- ](?:{_DIGIT_WORD})|(?:{_NUMBER_WORD}))(?!(?!ff?\b|[a-e]\b)\w|\.\d|:\d|%)"
_TO = r"\s*(?:-|–|—|−|‑|\bto\b|\bthrough\b|\bthru\b|\buntil\b)\s*"
_AND = r"(?:\s*,\s*(?:and\s+|&\s*)?|\s*;\s*|\s+and\s+|\s*&\s*|\s*\+\s*)"
# A number that continues a list must not open something else: "p. 3 and 4 students", "p. 3, 2:15".
_ALONE = r"(?!\s*(?!(?:and|or|to|through|of|in|on|for|at|with|as|shows?|the|pages?|pp?|slides?|see|which|where)\b)[A-Za-z]{2,})"
_NTH = rf"(?:{'|'.join(_ORDINALS[1:])}|\d{{1,3}}(?:st|nd|rd|th))"
_SIGN = r"(?:\(s\))?\s*(?:nos?\.|numbers?|nr\.?|#|№|:)?\s*"

_UNITS: tuple[tuple[_Kind, str], ...] = (
    ("page", r"(?:pages?|pags?\.?|pgs?\.?|pp?\.?|págs?\.?|páginas?|seiten?)"),
    ("slide", r"(?:slides?|slds?\.?|sl\.|diapositivas?)"),
    ("row", r"(?:rows?)"),
    ("paragraph", r"(?:paragraphs?|paras?\.?|¶+)"),
)


def _listed(unit: str) -> re.Pattern[str]:
    again = rf"(?:{unit}{_SIGN})?"
    end = rf"(?:{_TO}(?:{again}{_N}{_ALONE}|(?:the\s+)?end\b)|\s?ff?\b\.?|\s+(?:and\s+)?(?:onwards?|on|following)\b)?"
    total = r"(?:\s*(?:of|/|out of)\s*\d{1,4}\b)?"
    return re.compile(rf"(?<![A-Za-z]){unit}{_SIGN}({_N}{end}(?:{_AND}{again}{_N}{_ALONE}{end}){{0,40}}){total}", re.I)


_LISTS = tuple((kind, _listed(unit)) for kind, unit in _UNITS)
_ITEM = re.compile(
    rf"({_N})(?:{_TO}(?:[^\W\d]{{1,9}}\.?{_SIGN}(?={_N}))?(?:({_N})|((?:the\s+)?end\b))|\s?(ff?)\b|\s+(?:and\s+)?(onwards?|on|following)\b)?",
    re.I,
)
_BARE = re.compile(
    rf"^\W{{0,9}}((?:\d{{1,3}}(?!\d)|{_NUMBER_WORD})(?:{_TO}\d{{1,3}})?(?:{_AND}\d{{1,3}}(?:{_TO}\d{{1,3}})?){{0,40}})[^\w%]{{0,9}}$", re.I
)

_POSITION = re.compile(
    rf"\b(?:the\s+)?(?:((?:{_NTH})(?:(?:{_AND}|{_TO})(?:the\s+)?(?:{_NTH}))*)|((?:(?:second|next)[\s-]to[\s-])?last|final|closing|back)|(front|cover|title|opening))"
    rf"(?:\s+({_N}))?[\s-]+(pages?|slides?|rows?|para(?:graph)?s?)\b",
    re.I,
)
_ALL = re.compile(
    r"\b(?:(?:the\s+)?(?:whole|entire|complete|full)\s+(?:[a-z]+\s+)?"
    r"(?:document|doc|file|artifact|artefact|video|clip|recording|deck|slide ?show|presentation"
    r"|handbook|plan|packet|thing|pdf|spreadsheet|workbook|sheet|page)"
    r"|throughout(?:\s+the\s+(?:document|file|video))?|in its entirety|cover to cover|passim|every\s+(?:page|slide|tab|sheet)"
    rf"|all\s+(?:of\s+(?:it|the\s+)?)?(?:the\s+)?(?:{_N}\s+)?(?:pages|slides|sheets|tabs|document)?)(?=\W|$)",
    re.I,
)
_ALL_ALONE = re.compile(r"^\W*(?:all|(?:the\s+)?(?:entire|whole|full|complete)(?:ty| thing)?|everything|all of it)\W*$", re.I)

_CLOCK = r"\d{1,3}:\d{2}(?::\d{2}){0,2}(?:[.,]\d{1,3})?(?![\d:])"
_DAYTIME = r"(?!\s*(?:[ap]\.?\s?m\b|o['’]clock))"
_TIMES = re.compile(
    rf"(?<![\d:])({_CLOCK}){_DAYTIME}(?:{_TO}(?:({_CLOCK}){_DAYTIME}|((?:the\s+)?end\b)|(\d{{2}})(?![\d:%]))|(\s*\+|\s+(?:and\s+)?onwards?\b))?",
    re.I,
)
_BETWEEN = re.compile(rf"\s+and\s+({_CLOCK})", re.I)
_HOURS, _MINUTES, _SECONDS = r"(?:hours?|hrs?\.?|h)", r"(?:minutes?|mins?\.?|min\.?|m|minutos?)", r"(?:seconds?|secs?\.?|s)"
_LENGTH = (
    rf"(?:\d{{1,2}}\s*{_HOURS}(?![a-z])[,\s]*(?:and\s+)?(?:\d{{1,3}}\s*{_MINUTES}(?![a-z]))?[,\s]*(?:and\s+)?(?:\d{{1,2}}\s*{_SECONDS}(?![a-z]))?"
    rf"|{_N}[\s-]*{_MINUTES}(?![a-z])(?:[,\s]*(?:and\s+)?\d{{1,2}}\s*{_SECONDS}(?![a-z]))?"
    rf"|\d{{1,3}}{_MINUTES}\d{{1,2}}{_SECONDS}?(?![a-z])"
    rf"|\d{{1,3}}['’′]\s?\d{{1,2}}(?:[\"”″]|'')"
    rf"|(?:{_N}[\s-]*|\d{{1,4}}){_SECONDS}(?![a-z]))"
)
_SPOKEN = re.compile(rf"(?<![\w:])(first\s+)?({_LENGTH})(?:{_TO}({_LENGTH}))?(\s*mark\b|\s+in\b|\s+into\b)?", re.I)
_MINUTE_N = re.compile(rf"(?<![\w\x00]){_MINUTES}\s*({_N})(?:{_TO}({_N}))?", re.I)

_QUOTED = r"(?:[\"“”„«]([^\"“”„«»\n]{2,90})[\"“”»]|[‘']([^‘’'\n]{2,90})[’'](?!\w))"
_CELL = r"\$?[A-Z]{1,3}\$?[1-9]\d{0,5}"
_SHEET_BANG = re.compile(rf"(?:'([^'!\n]{{1,60}})'|\b([A-Za-z][\w.]*))!\s*({_CELL}(?:\s*:\s*{_CELL})?)")
_SHEET_NAMED = re.compile(
    r"\b(?i:(?:work)?sheets?|tabs?|hoja)\b\s*(?i:named|called|no\.|number|#)?\s*:?\s*"
    rf"(?:{_QUOTED}|(\d{{1,3}})\b|([A-Z][\w-]*(?:\s+[A-Z0-9][\w-]*){{0,6}}))"
)
_NAMED_SHEET = re.compile(rf"(?:{_QUOTED}|\b((?:[A-Z0-9][\w-]*\s+){{0,6}}[A-Z][\w-]*))\s+(?:tab|worksheet)\b")
_CELLS = re.compile(
    rf"\b({_CELL})\s*:\s*({_CELL})\b|\b(?i:cells?)\s+({_CELL})(?:(?:{_TO}|:)({_CELL}))?\b"
    rf"|\b(?i:columns?|cols?\.?)\s+([A-Z]{{1,2}})(?:{_TO}([A-Z]{{1,2}}))?\b"
)
_NUMBERED = re.compile(
    r"\b((?i:section|sec\.|appendix|chapter|ch\.|table|figure|fig\.|unit|module|step|goal|annex))\s+"
    r"(\d{1,2}(?:\.\d{1,2}){0,4}|[A-Z]|[IVX]{1,4})\b"
)
_UNDER = re.compile(
    r"\b(?:[Uu]nder|[Hh]eading|[Tt]itled|[Ee]ntitled|[Ll]abell?ed|[Ss]ection\s+(?:on|about|called|named|headed))\s*:?\s+"
    r"(?:the\s+)?(?:heading\s+|section\s+)?([A-Z][^\n,;()\x00]{1,70})"
)
_SECTION_OF = re.compile(r"\b(?:the\s+)?((?:[A-Z][\w'’-]*\s+){1,8})section\b")
_HEADING = re.compile(_QUOTED)
_JOINING = re.compile(
    r"\b(?:and|see|the|at|on|in|of|from|to|mark|around|about|starting|start|begins?|video|time|stamps?|timestamps?"
    r"|also|between|heading|titled|section|under)\b",
    re.I,
)


def parse_locator(text: str) -> Locator:
    """Take a place apart.

    Args:
        text: The candidate's words; a whole cell, or a stretch that `find_locators` gave.

    Returns:
        Every range in the order of its first mention; an empty text gives an empty locator.
    """
    hits = _scan(text)
    rest = text
    for hit in hits:
        rest = rest[: hit.start] + " " * (hit.end - hit.start) + rest[hit.end :]
    leftover = " ".join(re.sub(r"(?<!\w)[^\w\s]+|[^\w\s]+(?!\w)", " ", _JOINING.sub(" ", rest)).split())
    numbers: tuple[Range, ...] = ()
    bare = None if hits else _BARE.match(text)
    if bare:
        numbers, leftover = _ranges(bare[1]), ""

    def ranges(kind: _Kind) -> tuple[Range, ...]:
        return tuple(dict.fromkeys(r for hit in hits if hit.kind == kind for r in hit.ranges))

    def names(kind: _Kind) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n for hit in hits if hit.kind == kind for n in hit.names))

    return Locator(
        text=text,
        pages=ranges("page"),
        slides=ranges("slide"),
        rows=ranges("row"),
        paragraphs=ranges("paragraph"),
        numbers=numbers,
        sheets=names("sheet"),
        cells=names("cell"),
        seconds=tuple(dict.fromkeys(t for hit in hits for t in hit.times)),
        headings=names("heading"),
        whole=any(hit.kind == "whole" for hit in hits),
        leftover=leftover,
    )


def find_locators(text: str) -> tuple[tuple[int, int], ...]:
    """Stretches of a text that name a page, slide, sheet, cell, row, paragraph or time.

    Headings and "the whole document" are left out, because in prose every quoted word would be one, and so are plain
    lengths of time ("thirty minutes a day"). Neighbours parted by no more than a joining word come as one stretch.
    """
    spans: list[tuple[int, int]] = []
    for hit in _scan(text):
        if hit.kind in ("heading", "whole") or hit.spoken:
            continue
        if spans and re.fullmatch(r"[\s,;&/]*(?:(?:and|or|to|on|of|in)\b\s*)?", text[spans[-1][1] : hit.start], re.I):
            spans[-1] = (spans[-1][0], hit.end)
        else:
            spans.append((hit.start, hit.end))
    return tuple(spans)


def _scan(text: str) -> list[_Hit]:
    hits: list[_Hit] = []
    open_text = text[:_LONGEST]
    for find in (_sheets, _cells, _clock_times, _positions, _unit_lists, _spoken_times, _wholes, _headings):
        for hit in find(open_text):
            hits.append(hit)
            open_text = open_text[: hit.start] + "\x00" * (hit.end - hit.start) + open_text[hit.end :]
    return sorted(hits, key=lambda hit: hit.start)


def _sheets(text: str) -> Iterator[_Hit]:
    taken: list[tuple[int, int]] = []
    for m in _SHEET_BANG.finditer(text):
        taken.append(m.span())
        yield _Hit("sheet", m.start(), m.start(3), names=(m[1] or m[2],))
    for pattern in (_SHEET_NAMED, _NAMED_SHEET):
        for m in pattern.finditer(text):
            if all(m.end() <= start or m.start() >= end for start, end in taken):
                taken.append(m.span())
                yield _Hit("sheet", *m.span(), names=(next(g for g in m.groups() if g).strip(),))


def _cells(text: str) -> Iterator[_Hit]:
    for m in _CELLS.finditer(text):
        first, last = (m[1] or m[3] or m[5]).replace("$", ""), (m[2] or m[4] or m[6] or "").replace("$", "")
        if m[5]:
            last = last or first
        yield _Hit("cell", *m.span(), names=(f"{first}:{last}" if last else first,))


def _clock_times(text: str) -> Iterator[_Hit]:
    for m in _TIMES.finditer(text):
        start = _seconds_of_clock(m[1])
        end = inf if m[3] or m[5] else _seconds_of_clock(m[2]) if m[2] else start
        if m[4]:
            end = start - start % 60 + int(m[4])
        if (between := _BETWEEN.match(text, m.end())) and re.search(r"\bbetween\s+$", text[: m.start()], re.I):
            yield _Hit("time", m.start(), between.end(), times=((start, _seconds_of_clock(between[1])),))
            return
        yield _Hit("time", *m.span(), times=((min(start, end), max(start, end)),))


def _spoken_times(text: str) -> Iterator[_Hit]:
    for m in _SPOKEN.finditer(text):
        start = _seconds_of_words(m[2])
        end = _seconds_of_words(m[3]) if m[3] else start
        times = ((0.0, start),) if m[1] else ((min(start, end), max(start, end)),)
        yield _Hit("time", *m.span(), times=times, spoken=m[4] is None)
        text = text[: m.start()] + "\x00" * (m.end() - m.start()) + text[m.end() :]
    for m in _MINUTE_N.finditer(text):
        yield _Hit("time", *m.span(), times=((60.0 * _number(m[1]), 60.0 * _number(m[2] or m[1])),))


def _positions(text: str) -> Iterator[_Hit]:
    for m in _POSITION.finditer(text):
        kind = next(kind for kind, unit in _UNITS if re.fullmatch(unit, m[5], re.I))
        count = _number(m[4]) if m[4] else 1
        if m[2]:
            found: tuple[Range, ...] = ((-2, -2),) if " to " in m[2].casefold().replace("-", " ") else ((-count, LAST),)
        elif m[3]:
            found = ((1, count),)
        else:
            numbers = [_number(n) for n in re.findall(_NTH, m[1], re.I)]
            joined = len(numbers) == 2 and re.search(rf"{_NTH}{_TO}(?:the\s+)?{_NTH}", m[1], re.I)
            found = ((numbers[0], numbers[1]),) if joined else tuple((n, n + count - 1) for n in numbers)
        yield _Hit(kind, *m.span(), ranges=found)


def _unit_lists(text: str) -> Iterator[_Hit]:
    for kind, pattern in _LISTS:
        for m in pattern.finditer(text):
            yield _Hit(kind, *m.span(), ranges=_ranges(m[1]))


def _wholes(text: str) -> Iterator[_Hit]:
    if "\x00" not in text and (m := _ALL_ALONE.match(text)):
        yield _Hit("whole", *m.span())
        return
    for m in _ALL.finditer(text):
        if m[0].lower().strip() not in ("all", "all the"):
            yield _Hit("whole", *m.span())


def _headings(text: str) -> Iterator[_Hit]:
    for pattern in (_HEADING, _NUMBERED, _UNDER, _SECTION_OF):
        for m in pattern.finditer(text):
            name = f"{m[1]} {m[2]}" if pattern is _NUMBERED else next(g for g in m.groups() if g)
            yield _Hit("heading", *m.span(), names=(" ".join(name.replace("\x00", " ").split()).strip(" .:"),))
            text = text[: m.start()] + "\x00" * (m.end() - m.start()) + text[m.end() :]


def _ranges(text: str) -> tuple[Range, ...]:
    found: list[Range] = []
    for m in _ITEM.finditer(text):
        first = _number(m[1])
        if m[2]:
            last = _number(m[2])
            if last < first and m[1].isdigit() and m[2].isdigit() and len(m[2]) < len(m[1]):
                last = int(m[1][: -len(m[2])] + m[2])
            found.append((min(first, last), max(first, last)))
        elif m[4] and m[4].lower() == "f":
            found.append((first, first + 1))
        else:
            found.append((first, LAST if m[3] or m[4] or m[5] else first))
    return tuple(found)


def _number(word: str) -> int:
    word = word.lower()
    digits = re.match(r"\d+", word)
    if digits:
        return int(digits[0])
    return sum(_VALUES[w] for w in re.split(r"[-\s]+", word) if w in _VALUES)


def _seconds_of_clock(text: str) -> float:
    fields = [float(f.replace(",", ".")) for f in text.split(":")][:3]
    total = 0.0
    for value in fields:
        total = 60 * total + value
    return total


def _seconds_of_words(text: str) -> float:
    marked = re.match(r"(\d{1,3})['’′]\s?(\d{1,2})", text)
    if marked:
        return 60.0 * int(marked[1]) + int(marked[2])
    total = 0.0
    for m in re.finditer(rf"({_N}|\d{{1,3}})[\s-]*({_HOURS}|{_MINUTES}|{_SECONDS})?(?![a-z])", text, re.I):
        unit = (m[2] or "s").lower()
        total += _number(m[1]) * (3600 if unit[0] == "h" else 60 if unit[0] == "m" else 1)
    return total
