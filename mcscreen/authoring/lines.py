"""The lines of a micro-credential page: unwrapped, told apart by their list marks, and rid of what a shop puts around them.

A page arrives as text pasted from a browser, as saved HTML or as a printed PDF. Lists have lost or kept their numbers,
paragraphs may be broken at 72 characters, and a cookie banner stands above the title. `mcscreen.authoring.page` finds the
micro-credential in these lines; here they are only made comparable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mcscreen.document import Document

__all__ = ["Line", "page_lines", "split_inline"]


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, heading or list item of a page.

    Attributes:
        text: Without its list mark.
        mark: Class of the list mark: "number", "letter", "roman", "bullet", "label" ("EO1:", "Question 2 -"), "sub" ("1.2", "EO1.b"),
            "item" (a list item whose mark the file does not hold); "" for none.
        heading: Whether the file says that it is a heading.
        level: Heading level or list depth, from 1; 0 where unknown.
        full: The text with its mark.
    """

    text: str
    mark: str = ""
    heading: bool = False
    level: int = 0
    full: str = ""

    @property
    def words(self) -> int:
        """Number of words, by spaces."""
        return len(self.text.split())


_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("sub", re.compile(r"(?:EO|LO|Q)?\s?\d{1,2}(?:\.\d{1,2}\b\.?|\.?[a-h]\b)[.:)]?\s*[-–—]?\s+(?=\S)", re.IGNORECASE)),
    (
        "label",
        re.compile(
            r"(?:(?:essential|learning|key)\s+)?(?:outcome|competency|objective|question|prompt|EO|LO|Q)\s*#?\s*(?:\d{1,2}|one|two|three|four|five|six)"
            r"(?:\s*[.:)–—-]+\s*|\s+(?=[A-Z])|$)",
            re.IGNORECASE,
        ),
    ),
    ("number", re.compile(r"(?:\(\d{1,2}\)|\d{1,2}[.)])(?:\s+|(?=[A-Z])|$)")),
    ("roman", re.compile(r"\(?(?:i{1,3}|iv|vi{0,3})[.)](?:\s+|$)")),
    ("letter", re.compile(r"\(?[a-hA-H][.)](?:\s+|$)")),
    ("bullet", re.compile(r"(?:[•●▪◦‣·○■□➢✓✔\uf0b7*]\s*|[-–—]\s+|o\s+(?=[A-Z]))(?=\S)|[•●▪◦‣·○■\uf0b7]$")),
)
_ENDS = re.compile(r"[.?!:;][\"'”’)\]]*$")
_NOISE = re.compile(
    r"(?:skip to|home$|menu$|search$|log ?in|sign (?:in|up)|my account|(?:view |your )?cart\b|add to (?:cart|bag|basket|wish)|buy now|"
    r"accept (?:all|cookies)|reject all|cookie|we use cookies|manage (?:preferences|cookies)|share (?:on|this)|tweet$|print (?:this )?page|"
    r"price\b|sale price|quantity\b|qty\b|in stock|sku\b|\$\s?\d|usd\b|page \d+(?: of \d+)?$|return to|back to|previous$|next$|"
    r"this (?:web)?site uses cookies|by continuing|download (?:the )?pdf)",
    re.IGNORECASE,
)
_CRUMBS = re.compile(r"^[^.?!>»›]{1,60}(?:\s[>»›]\s[^.?!>»›]{1,60})+$|^[^.?!/|]{1,60}(?:\s[/|]\s[^.?!/|]{1,60}){2,}$")
_NUMBERS = tuple(str(n) for n in range(1, 20))
_RUN_ON: tuple[tuple[str, Sequence[str]], ...] = (
    (r"(?:(?<=\s)|^)\(?{}\)\s+(?=\S)", _NUMBERS),
    (r"(?:(?<=[:.?!;]\s)|^){}\.\s+(?=[A-Z])", _NUMBERS),
    (r"(?:(?<=\s)|^)\({}\)\s+(?=\S)", "abcdefgh"),
)
_OPENS = re.compile(
    r"(?:Part|PART|Section|SECTION|Component|COMPONENT)\s(?:\d|One|ONE|Two|TWO|Three|THREE|I{1,3})\b\s*(?:[.:)–—(-]|$)"
    r"|(?:Essential|ESSENTIAL|Learning|LEARNING)\s(?:Outcomes|OUTCOMES)|(?:Requirements|REQUIREMENTS|Overview|OVERVIEW)\s*(?:[:–—-]|$)"
)
_RUN_IN_HEADING = re.compile(
    r"(?<=[.?!)\"”:])\s+(?=(?:Part|PART)\s(?:\d|ONE|TWO|THREE|One|Two|Three)\s?[.:–—-]\s+[A-Z]"
    r"|(?:Essential|Learning) Outcomes\s?(?::|[A-Z]))"
)
_MOST_NOISE_WORDS = 25
_LONG = 40
_WIDEST_WRAP = 125


def page_lines(document: Document) -> list[Line]:
    """The lines of a page, in order, without navigation and shop furniture."""
    raw = [(line, first) for line, first in _raw_lines(document) if not _is_noise(line)]
    width = _wrap_width([line.full for line, _ in raw])
    lines: list[Line] = []
    waiting: Line | None = None
    last = ""
    for line, first in raw:
        if line.mark and not line.text:
            waiting = line
            continue
        if waiting is not None and not line.mark and not line.heading:
            line = replace(line, mark=waiting.mark, full=f"{waiting.full} {line.full}")
        elif lines and waiting is None and _continues(lines[-1], last, line, first, width):
            lines[-1] = replace(lines[-1], text=f"{lines[-1].text} {line.text}", full=f"{lines[-1].full} {line.full}")
            last = line.full
            continue
        waiting = None
        lines.append(line)
        last = line.full
    return [piece for line in lines for piece in split_inline(line)]


def split_inline(line: Line) -> list[Line]:
    """A paragraph that runs a numbered list on ("Answer these: 1) ... 2) ...") as its lines; otherwise the line itself."""
    for pattern, names in _RUN_ON:
        cuts: list[re.Match[str]] = []
        for name in names:
            found = re.compile(pattern.format(name)).search(line.full, cuts[-1].end() if cuts else 0)
            if not found:
                break
            cuts.append(found)
        if len(cuts) > 1:
            before = line.full[: cuts[0].start()].strip()
            ends = [c.start() for c in cuts[1:]] + [len(line.full)]
            items = [line.full[c.end() : end].strip(" ;") for c, end in zip(cuts, ends, strict=True)]
            head = [Line(before, full=before, heading=line.heading, level=line.level)] if before else []
            return head + [Line(re.sub(r"[,;]?\s+and$", "", t), "number", full=t) for t in items]
    return [line]


def _raw_lines(document: Document) -> Iterator[tuple[Line, bool]]:
    """Every line, and whether it is the first of its paragraph."""
    if not document.blocks:
        for paragraph in re.split(r"\n\s*\n", document.text.replace("\r\n", "\n")):
            for number, text in enumerate(paragraph.split("\n")):
                if text.strip():
                    yield _line(" ".join(text.split()), heading=False, item=False, level=0), number == 0
        return
    for block in document.blocks:
        if block.template:
            continue
        for number, text in enumerate(_RUN_IN_HEADING.sub("\n", document.text_of(block)).split("\n")):
            if text.strip():
                heading = block.kind == "heading"
                item = block.kind == "list_item" and number == 0
                if block.kind == "cell" and text.strip().isdigit():
                    text += "."
                yield _line(" ".join(text.split()), heading=heading, item=item, level=block.level), number == 0


def _line(full: str, *, heading: bool, item: bool, level: int) -> Line:
    plain = re.sub(r"^#{1,6}\s+", "", full)
    heading = heading or plain != full
    plain = re.sub(r"^\*\*(.+?)\*\*", r"\1", plain)
    for mark, pattern in _MARKS:
        match = pattern.match(plain)
        if match:
            return Line(plain[match.end() :].strip(), mark, heading, level, plain)
    return Line(plain, "item" if item else "", heading, level, plain)


def _is_noise(line: Line) -> bool:
    if _CRUMBS.match(line.full) and not line.mark:
        return True
    return not line.mark and len(line.full.split()) <= _MOST_NOISE_WORDS and bool(_NOISE.match(line.full))


def _wrap_width(lines: Sequence[str]) -> int:
    """Characters at which the page's lines were broken by hand or by a PDF; 0 when they were not."""
    lengths = sorted(len(t) for t in lines if len(t) > _LONG)
    if len(lengths) < 5 or lengths[-1] > _WIDEST_WRAP:
        return 0
    return lengths[-1] if sum(1 for n in lengths if n > 0.75 * lengths[-1]) >= 0.4 * len(lengths) else 0


def _continues(before: Line, last: str, line: Line, first: bool, width: int) -> bool:
    """Whether a line goes on with the paragraph before it, whose last unbroken line is `last`; `first`: a paragraph begins here."""
    if line.mark or line.heading or before.heading or not last or _OPENS.match(line.full):
        return False
    ended = bool(_ENDS.search(last))
    wrapped = bool(width) and len(last) + 1 + len(line.full.split()[0]) > width - 12
    if line.full[:1].islower() and not ended:
        return wrapped or not first or len(last) > _LONG
    return wrapped and (not first or not ended) and len(last) > 0.7 * width
