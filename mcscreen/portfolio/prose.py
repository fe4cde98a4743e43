"""Part 2 rows that are written as text: labelled lines, lists, sentences.

Not every candidate uses a table. Some write a block of lines a detail ("Artifact: … Location: … Explanation: …"), some a
heading a detail with a paragraph below, some one sentence: "EO 2: see Staff Handbook p. 14, which shows …". All three are
read in one pass over the paragraphs. A labelled line fills a field of the open row; a heading that names a detail or an
outcome says what the following is about; and in plain text a row is a named file with a place in it, or a place after a
name in capitals. What follows without a name or place of its own belongs to the explanation above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from mcscreen.document import Block, Document, Place
from mcscreen.locators import find_locators, parse_locator
from mcscreen.portfolio.artifacts import EXTENSION, VIDEO, find_mentions
from mcscreen.portfolio.details import likeness, named_outcome, names_number
from mcscreen.portfolio.fields import Field, RawRow, field_of, is_title
from mcscreen.rubric import Rubric

__all__ = ["Cited", "cited_in", "read_prose"]

_LONGEST = 6_000
"""Characters of one paragraph that are searched for files and places."""

_HEADING = 0.4
"""Likeness from which a heading is taken for the name of a detail; what is no heading needs 0.6."""

_LINE_LABEL = re.compile(r"\s*(?:[-*•·▪]\s*)?(?:\d{1,2}[.)]\s*)?([A-Za-z][A-Za-z /()'’#&,-]{0,60}?)\s*(?::|\s[–—-]\s)\s*")
_INNER_LABEL = re.compile(
    r"(?:(?<=[.;|,)/\]–—])\s*|\s\|\s*)((?:EO |outcome |essential outcome )?details?|artifacts?|artefacts?|evidence|file(?: name)?"
    r"|documents?|locations?|locator|where(?: to (?:look|find(?: it)?))?|pages?|slides?|time ?stamps?|explanation|rationale|analysis"
    r"|description|how (?:it|this)[\w ]{0,30}|why)\s*:\s*",
    re.I,
)
_PREFIX = re.compile(r"\s*(.{1,100}?)\s*(?::(?!\d)|\s[–—-]\s|\.\s|\)\s|\]\s|\n)\s*", re.S)
_TAG_INSIDE = re.compile(r"\b(?:EO|essential\s+outcome|outcome)s?\s*#?\d{1,2}(?:\s?[.-]?\s?(?:[a-h]|\d))?\b", re.I)
_NAME_BEFORE = re.compile(
    r"((?:[A-Z][\w'’&]*|\d{4})(?:[ _-]+(?:(?:of|and|the|for|to|in|on|a)\s+)?(?:[A-Z0-9][\w'’&]*))*)"
    r"[\s\"”’,:;(\[–—-]*(?:(?:on|at|see|is)\s+)?(?:the\s+)?$"
)
_NAME_AFTER = re.compile(
    r"\W*(?:of|in|from|on)\s+(?:the|our|my|this)?\s*[\"“]?([A-Z][\w'’&]*(?:[ _-]+(?:(?:of|and|the|for|to|in|a)\s+)?[A-Z0-9][\w'’&]*)*)"
)
_OPENERS = re.compile(
    r"^(?:See|In|On|At|The|Our|My|From|Please|Refer|Look|Here|Also|And|This|Page|Slide|EO|Artifact:?|Evidence:?|Outcome)\s+(?=\S)"
)
_POINTERS = re.compile(
    r"\b(?:please|see|refer to|look at|look in|found|shown|located|as|also|in|on|at|the|our|my|of|from|and|is|are)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Cited:
    """A file and a place in it, as a stretch of text names them; positions are relative to the text."""

    artifact: str
    locator: str
    start: int
    end: int


def cited_in(text: str, documents: Sequence[Document]) -> list[Cited]:
    """Files and places that a text names, in order; a place goes to the file named just before it, or just after ("p. 3 of …")."""
    text = text[:_LONGEST]
    mentions = [(start, end, text[start:end], index) for start, end, index in find_mentions(text, documents)]
    places = [span for span in find_locators(text) if all(span[1] <= s or span[0] >= e for s, e, _, _ in mentions)]
    found: list[Cited] = []
    used: set[int] = set()
    for start, end in places:
        following = next(
            (
                m
                for m in mentions
                if m[0] >= end and re.fullmatch(r"\W*(?:(?:of|in|from|on)\s+)?(?:(?:the|our|my)\s+)?\W*", text[end : m[0]])
            ),
            None,
        )
        before = [m for m in mentions if m[1] <= start]
        mention = (
            following if following and (not before or re.match(r"\W*(?:of|in|from)\b", text[end:])) else before[-1] if before else following
        )
        if mention:
            name, left, right, index = mention[2], mention[0], mention[1], mention[3]
            only_times = _only_times(text[start:end])
            if only_times and documents[index].seconds is None and documents[index].name.rpartition(".")[2].casefold() not in VIDEO:
                continue
            used.add(left)
            cited = Cited(name, text[start:end], min(left, start), max(right, end))
        else:
            after = _NAME_AFTER.match(text, end)
            head = _NAME_BEFORE.search(text[max(0, start - 120) : start])
            if after:
                cited = Cited(after[1].strip(), text[start:end], start, after.end())
            elif head and (name := _without_opener(head[1])):
                cited = Cited(name, text[start:end], max(0, start - 120) + head.start(1) + head[1].rindex(name), end)
            else:
                continue
        if found and found[-1].artifact == cited.artifact and mention:
            last = found[-1]
            found[-1] = Cited(last.artifact, f"{last.locator}; {cited.locator}", min(last.start, cited.start), max(last.end, cited.end))
        else:
            found.append(cited)
    found += [
        Cited(name, "", start, end) for start, end, name, _ in mentions if start not in used and all(name != c.artifact for c in found)
    ]
    return sorted(found, key=lambda c: c.start)


def _only_times(text: str) -> bool:
    place = parse_locator(text)
    return bool(place.seconds) and not (place.pages or place.slides or place.sheets or place.cells or place.rows or place.paragraphs)


def _without_opener(name: str) -> str:
    while (cut := _OPENERS.sub("", name)) != name:
        name = cut
    return (
        ""
        if re.fullmatch(r"(?:See|In|On|At|The|Our|My|From|Page|Slide|Also|And|This|EO|I|It|We)?\W*\d*", name) or is_title(name)
        else name.strip()
    )


@dataclass(slots=True)
class _Open:
    """The row that is being filled."""

    row: RawRow
    filled: set[Field] = field(default_factory=set)


class _Reader:
    def __init__(self, document: Document, index: int, documents: Sequence[Document], rubric: Rubric) -> None:
        self.document, self.index, self.documents, self.rubric = document, index, documents, rubric
        self.rows: list[RawRow] = []
        self.context = ""
        self.detail = ""
        self.open: _Open | None = None
        self.tail: list[int] = []

    def new(self, start: int, place: Place, detail: str | None = None) -> _Open:
        self.close()
        text = self.detail if detail is None else detail
        self.open = _Open(RawRow(text, "", "", "", self.context, self.index, start, start, place))
        return self.open

    def close(self) -> None:
        if self.open and self.open.filled & {"artifact", "locator"}:
            self.rows.append(self.open.row)
        self.open = None
        self.tail = []

    def labelled(self, name: Field, value: str, start: int, end: int, place: Place) -> None:
        if name == "detail":
            self.detail = value
            if _names_only_outcome(value, self.rubric):
                self.context = value
            self.new(start, place).filled.add("detail")
        elif (
            self.open is None
            or (name in self.open.filled and name != "explanation")
            or (name == "artifact" and "explanation" in self.open.filled)
        ):
            self.new(start, place)
        assert self.open is not None
        if name in ("artifact", "locator", "explanation"):
            self.open.filled.add(name)
            self.open.row = _with(self.open.row, name, value)
        self.open.row = replace(self.open.row, end=end)

    def plain(self, value: str, start: int, end: int, place: Place, heading: bool) -> None:
        words = len(value.split())
        cites = cited_in(value, self.documents)
        if not cites and (heading or words <= 30) and self.names_something(value, heading):
            return
        if cites and not (self.open and "artifact" in self.open.filled and "locator" in self.open.filled):
            if self.open and self.open.filled == {"artifact"} and all(not c.locator for c in cites):
                self.more(value, end)
                return
            self.cite(value, cites, start, end, place)
        elif self.open and self.open.filled - {"detail"}:
            self.more(value, end)
        elif self.tail and words >= 3:
            for n in self.tail:
                self.rows[n] = self.rows[n].continued(value, end)

    def more(self, value: str, end: int) -> None:
        assert self.open is not None
        self.open.filled.add("explanation")
        self.open.row = self.open.row.continued(value, end)

    def names_something(self, value: str, heading: bool) -> bool:
        """Whether a line is a title that names a detail or an outcome; sets what follows under it."""
        title = heading or re.search(r"[.!?]\s*$", value) is None or names_number(value, self.rubric)
        if not title:
            return False
        if _names_only_outcome(value, self.rubric):
            self.close()
            self.context, self.detail = value, ""
            return True
        if likeness(value, self.rubric) >= 0.6 or (heading and names_number(value, self.rubric)):
            self.close()
            self.detail = value
            return True
        if heading:
            # Above a citation two words of a long detail are enough, because nothing else stands there.
            self.close()
            self.detail = value if likeness(value, self.rubric) >= _HEADING else ""
        return heading

    def cite(self, value: str, cites: list[Cited], start: int, end: int, place: Place) -> None:
        detail, rest_at = self.wording(value, cites[0].start)
        if not detail and not any(c.locator for c in cites):
            return
        self.close()
        wording = detail or value[: cites[0].start].strip() or value[:200]
        texts = _explanations(value, cites, rest_at)
        for cited, text in zip(cites, texts, strict=True):
            self.tail.append(len(self.rows))
            self.rows.append(RawRow(wording, cited.artifact, cited.locator, text, self.context, self.index, start, end, place))

    def wording(self, value: str, before: int) -> tuple[str, int]:
        """What names the detail of a citing paragraph, and where the rest begins."""
        prefix = _PREFIX.match(value)
        if prefix and prefix.end(1) <= before and (names_number(prefix[1], self.rubric) or likeness(prefix[1], self.rubric) >= 0.6):
            return prefix[1], prefix.end()
        if prefix and prefix.end(1) <= before and named_outcome(prefix[1], self.rubric):
            return prefix[1], prefix.end()
        head = value[:before].strip(" ,:;(-–—")
        if head and names_number(head, self.rubric):
            return head, before
        inside = _TAG_INSIDE.search(value)
        if inside:
            return inside[0], 0
        if head and likeness(head, self.rubric) >= 0.6:
            return head, before
        return self.detail, 0


def read_prose(document: Document, index: int, blocks: Sequence[Block], documents: Sequence[Document], rubric: Rubric) -> list[RawRow]:
    """Rows that paragraphs, headings and list items hold.

    Args:
        document: Where the blocks stand.
        index: Its index in the submission.
        blocks: What is to be read, in order; cells of tables that were read as tables should be left out.
        documents: All files, for recognising their names.
        rubric: For recognising details and outcomes.
    """
    reader = _Reader(document, index, documents, rubric)
    for block in blocks:
        for name, value, start, end in _segments(document.text_of(block), block.start):
            if name is None:
                reader.plain(value, start, end, block.place, block.kind == "heading")
            else:
                reader.labelled(name, value, start, end, block.place)
    reader.close()
    return reader.rows


def _with(row: RawRow, name: Field, value: str) -> RawRow:
    if name == "artifact":
        return replace(row, artifact=f"{row.artifact} {value}".strip())
    if name == "locator":
        return replace(row, locator=f"{row.locator} {value}".strip())
    return replace(row, explanation=f"{row.explanation} {value}".strip())


def _segments(text: str, offset: int) -> Iterator[tuple[Field | None, str, int, int]]:
    """A paragraph cut where a label begins: field or None, text without the label, start and end in the document."""
    cuts: list[tuple[int, int, Field]] = []
    position = 0
    for line in text.split("\n"):
        head = _LINE_LABEL.match(line)
        if head and is_title(head[1]) and (name := field_of(head[1])) not in (None, "number"):
            cuts.append((position, position + head.end(), name))
        for inner in _INNER_LABEL.finditer(line[:_LONGEST]):
            name = field_of(inner[1])
            if name not in (None, "number") and (cuts and cuts[-1][0] >= position):
                cuts.append((position + inner.start(), position + inner.end(), name))
        position += len(line) + 1
    if not cuts:
        yield None, " ".join(text.split()), offset, offset + len(text)
        return
    if cuts[0][0] > 0 and text[: cuts[0][0]].strip():
        yield None, " ".join(text[: cuts[0][0]].split()), offset, offset + cuts[0][0]
    for n, (start, begin, name) in enumerate(cuts):
        end = cuts[n + 1][0] if n + 1 < len(cuts) else len(text)
        yield name, " ".join(text[begin:end].split()).rstrip(" |;/"), offset + start, offset + len(text[:end].rstrip())


def _names_only_outcome(value: str, rubric: Rubric) -> bool:
    if named_outcome(value, rubric) is None:
        return False
    return not names_number(value, rubric) and likeness(value, rubric) < 0.8


def _explanations(value: str, cites: Sequence[Cited], rest_at: int) -> list[str]:
    """What each citation is explained by: the text after it, and before it where that says something."""
    texts: list[str] = []
    for n, cited in enumerate(cites):
        stop = cites[n + 1].start if n + 1 < len(cites) else len(value)
        texts.append(value[cited.end : stop].strip(" ,;:()[]-–—"))
    head = value[rest_at : cites[0].start].strip(" ,;:()[]-–—") if cites[0].start > rest_at else ""
    if len(_POINTERS.sub(" ", head).split()) >= 3:
        texts[0] = f"{head} {texts[0]}".strip()
    for n in range(len(texts) - 2, -1, -1):
        if len(_POINTERS.sub(" ", texts[n]).split()) < 3:
            texts[n] = texts[n + 1]
    # A sentence may stand before its only place: "Every adult signs the roster (Handbook, p. 3)."
    if len(texts[-1].split()) < 3 and len(cites) > 1:
        texts[-1] = texts[-2]
    return [re.sub(rf"^\.?(?:{EXTENSION})?\W+(?=\w)", "", t) if t.startswith(".") else t for t in texts]
