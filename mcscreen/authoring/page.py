"""Finding a micro-credential in the lines of its page: title, overview, outcomes, parts, minimums, questions.

Issuers agree on the substance and on nothing else: "Part 1. Overview Questions", "PART ONE", "Written Narrative", numbered
or bulleted or not. So the page is cut at the headings that are known from their words, each stretch is read as a list by
the mark of its first item, and what is not understood is told in `notes` instead of being guessed in silence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mcscreen.authoring.asks import sentences
from mcscreen.authoring.lines import Line, page_lines
from mcscreen.document import Document
from mcscreen.errors import RubricError

__all__ = ["Page", "PageItem", "PagePart", "PartKind", "minimum_words", "read_page"]

PartKind = Literal["narrative", "portfolio", "reflection"]


@dataclass(frozen=True, slots=True)
class PageItem:
    """An outcome or a question, with what the page lists below it."""

    text: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PagePart:
    """One part of what is to be submitted.

    Attributes:
        items: Questions of a narrative; listed demands of the others.
        prose: Paragraphs that belong to no item, in order.
        minimum: Words, or None where the page names none.
        counted: The page's words that the minimum was read from.
    """

    title: str
    kind: PartKind
    items: tuple[PageItem, ...]
    prose: tuple[str, ...]
    minimum: int | None
    counted: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a micro-credential's page says."""

    title: str
    overview: str
    outcomes: tuple[PageItem, ...]
    parts: tuple[PagePart, ...]
    notes: tuple[str, ...]


_NUMBER = r"(?:\d|one|two|three|four|five|i{1,3}|iv|v)"
_PART = re.compile(rf"(?:part|section|component)\s*({_NUMBER})\b\s*[.:)–—-]*\s*(.*)$", re.IGNORECASE)
_AFTER_PART = re.compile(r"(?:$|[A-Z0-9(\"“])")
_TITLES = (
    r"overview questions?|(?:written |responsive |professional )?narrative(?: questions| response)?|guiding questions|context questions|"
    r"(?:artifacts?|artefacts?)(?: portfolio| and evidence| & evidence)?|evidence ?(?:/|and|&) ?arti?[ef]?acts?|"
    r"evidence(?: of (?:learning|practice)| portfolio| self-analysis)?|(?:evidence |artifact )?portfolio(?: of evidence)?|"
    r"work (?:samples?|examples?|products?)(?: ?(?:/|and|&) ?artifacts?)?|skill demonstration(?: product)?(?: with self-analysis)?|"
    r"(?:written |personal |final |practitioner )?reflection(?: (?:&|and) application| statement| questions| essay| summary)?"
)
_BARE_PART = re.compile(rf"(?:{_TITLES})\s*(?:[(\[–—:,-].*)?$", re.IGNORECASE)
_OUTCOMES = re.compile(
    r"(?i:(?:the\s+)?(?:(?:essential|learning|key|core|expected|targeted|program|professional|micro-?credential|intended)\s+)*"
    r"(?:outcomes|competencies|competency statements|EOs|method components|skills you will (?:demonstrate|show)))"
    r"(?=[A-Z]|\s*$|\s*[:.(–—-])"
)
_RUN_INTO = re.compile(r"(?:The\s+)?(?:Essential|Learning|Key|Core|Expected)\s+(?:Outcomes|Competencies)\s+(?=[A-Z])")
_PROMISE = re.compile(
    r"what you(?:['’]?ll| will) (?:show|demonstrate|learn|be able to do)|"
    r"(?:you|candidates|participants|educators|practitioners) will (?:be able to|demonstrate|show)\b.*:$|"
    r"(?!.*(?:portfolio|artifact|evidence|submit)).*\b(?:following|these|has|includes)\b.*\b(?:outcomes|competencies):?$|"
    r"the (?:\w+ )?(?:outcomes|competencies)\b.*\b(?:follows|below|are|include):?$",
    re.IGNORECASE,
)
_OVERVIEW = re.compile(
    r"(?:overview|description|summary|introduction|purpose|about(?: this| the)?(?: micro-?credential| course| badge| credential)?)"
    r"(?:\s*[:.–—-]+\s*|\s*$)(.*)$",
    re.IGNORECASE,
)
_REQUIREMENTS = re.compile(
    r"(?:requirements?|submission(?: requirements| guidelines)?|what (?:to|you(?:['’]ll| will)?) submit|how to earn|evidence required|"
    r"your submission|assessment(?: requirements)?)\b",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"(?:purchase|order form|checkout|enrol|register|related|you may also|customers|reviews?\b|faq|frequently asked|contact\b|privacy|"
    r"terms\b|©|copyright|subscribe|newsletter|companion|further reading|supporting research|references\b|resources\b|scoring|"
    r"how (?:it|this|your|you).*(?:scored|assessed|graded)|follow us|all rights|site ?map|accessibility|ready to|"
    r"(?:other|more) micro-?credentials|stack\b|renewal|duration|audience|who (?:is|should)|prerequisites?|professional development credit|"
    r"estimated time|time (?:commitment|to complete)|credits?\b|issuer|delivery)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b[Tt]he ([A-Z][\w'’&,-]*(?: (?:[A-Z][\w'’&-]*|of|and|the|for|in|to|a|with|through))*) [Mm]icro-?[Cc]redential")
_MOST_HEADING_WORDS = 10
_MOST_CHARACTERS = 400_000
_MOST_OUTCOMES = 40
_INTRODUCES = re.compile(r"(?:following|below|these (?:\w+ )?(?:outcomes|questions|competencies)|able to|will)\b|:$", re.IGNORECASE)

_FOR_EACH = re.compile(
    r"words?\b[^.]{0,20}\b(?:for each|for every|per|each)\b[^.]{0,20}\b(?:question|response|answer|prompt)"
    r"|\b(?:each|every) (?:response|answer)\b[^.]{0,40}\bwords?\b",
    re.IGNORECASE,
)
_WORDED = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
}
_LEADS_IN = re.compile(r"\b(?:following|below|outcomes|competencies|questions|able to|answer|respond)\b|\?$", re.IGNORECASE)
_ASKS = re.compile(
    r"(?:what|which|how|why|where|when|who|whose|in what|to what|describe|explain|discuss|give|tell|reflect|identify|compare|analy[sz]e|"
    r"share|summari[sz]e|outline|do|does|did|is|are|was|were|have|has)\b",
    re.IGNORECASE,
)
_COUNT = rf"(\d{{1,3}}(?:[,. ]\d{{3}})+|\d{{2,5}}|(?:{'|'.join(_WORDED)})[ -](?:hundred|thousand))"
_TO = r"(?:\s*(?:-|–|—|to|and)\s*\d[\d,]*)?"
_LEAST = r"(?:minimum|min\.?|at least|no (?:fewer|less|shorter) than|not (?:fewer|less) than|(?<!no )(?<!not )more than)"
_BETWEEN = r"\W{0,3}(?:(?:length|word|count|is|of|a|total)\W{1,3}){0,4}"
_MINIMUMS = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        rf"{_LEAST}{_BETWEEN}{_COUNT}\s*-?\s*words?",
        rf"{_COUNT}\s*\+\s*words?",
        rf"{_COUNT}\s*-?\s*words?\W{{0,3}}(?:or more|or longer|minimum|min\b|at (?:the )?least|and up)",
        rf"minimum (?:word count|words|number of words|length)\W{{0,3}}(?:is |of )?{_COUNT}",
        rf"word count\W{{0,3}}(?:at least |minimum |min\.? )?{_COUNT}\s*(?:words? )?(?:\+|or more|minimum|min\b)",
        rf"(?:between|from)\s+{_COUNT}{_TO}\s*-?\s*words?",
        rf"{_COUNT}\s*(?:-|–|—|to)\s*\d[\d,]*\s*-?\s*words?",
    )
)
_ANY_COUNT = re.compile(rf"{_COUNT}\s*-?\s*words?\b", re.IGNORECASE)


def minimum_words(text: str) -> tuple[int | None, str]:
    """The least number of words that a text demands, and the words that say so.

    Understands "(1,000-word minimum)", "a minimum of 500 words", "500 words or more", "at least five hundred words", "500+ words"
    and ranges. A bare "(500 words)", "up to 500 words" and "about 500 words" demand no minimum.
    """
    for pattern in _MINIMUMS:
        match = pattern.search(text)
        if match:
            return _number(match.group(1)), " ".join(match.group().split())
    return None, ""


def read_page(document: Document) -> Page:
    """What a micro-credential's page says.

    Args:
        document: The page as any reader gives it.

    Raises:
        RubricError: When the page could not be read or no outcome is found on it; the message says what was looked for and which
            headings were seen.
    """
    if not document.readable or not document.text.strip():
        raise RubricError(
            f"{document.name}: the page cannot be read ({document.status}{': ' + document.reason if document.reason else ''})"
        )
    if len(document.text) > _MOST_CHARACTERS:
        raise RubricError(f"{document.name}: {len(document.text):,} characters are too many for a micro-credential's page")
    lines = page_lines(document)
    numbered = sum(1 for line in lines if _part_number(line)) > 1
    cuts = [(i, name) for i, line in enumerate(lines) if (name := _section(line, numbered=numbered))]
    stretches = [
        (name, lines[start], lines[start + 1 : end])
        for (start, name), end in zip(cuts, [c[0] for c in cuts[1:]] + [len(lines)], strict=False)
    ]
    notes: list[str] = []
    outcomes = _outcomes(stretches, lines)
    if not outcomes:
        seen = [
            line.full[:80] for line in lines if line.heading or (line.words <= _MOST_HEADING_WORDS and not line.mark and not _ends(line))
        ][:25]
        raise RubricError(
            f"{document.name}: found no outcomes. Looked for a heading such as 'Essential Outcomes', 'Learning Outcomes' or 'Competencies' "
            f"followed by a list, and for lines such as 'EO1: ...' or 'Outcome 1 - ...'. Headings seen: {'; '.join(seen) or 'none'}"
        )
    if len(outcomes) > _MOST_OUTCOMES:
        raise RubricError(
            f"{document.name}: found {len(outcomes)} outcomes, more than any micro-credential has; cut the page down to its body"
        )
    parts = _parts(stretches, notes)
    if not parts:
        notes.append("no part was found: looked for 'Part 1', 'Overview Questions', 'Artifacts', 'Reflection' and the like")
    overview = _overview(stretches, lines)
    if not overview:
        notes.append("no overview was found")
    title = _title(lines, cuts[0][0] if cuts else 0)
    if not title:
        notes.append("no title was found")
    return Page(title or "Untitled micro-credential", overview, tuple(outcomes), tuple(parts), tuple(notes))


_Stretch = tuple[str, Line, list[Line]]


def _section(line: Line, *, numbered: bool) -> str:
    """Name of the section that a line opens; "" for none, "other" for a heading that closes one."""
    text = line.full if line.mark in ("", "item") else line.text
    short = line.words <= _MOST_HEADING_WORDS
    if _part_number(line):
        return "part"
    if line.mark in ("label", "sub"):
        return ""
    if _OUTCOMES.match(text) or _RUN_INTO.match(text) or (_PROMISE.match(text) and (line.heading or short)):
        return "outcomes" if not line.mark or line.heading or short else ""
    if line.mark and not line.heading:
        return ""
    if short and _BARE_PART.match(text) and not _ends(line):
        return "title" if numbered else "part"
    match = _OVERVIEW.match(text)
    if match and (short or len(match.group(1).split()) > 5):
        return "overview"
    if short and not _ends(line) and _REQUIREMENTS.match(text):
        return "requirements"
    if short and not text.endswith("?") and _STOP.match(text):
        return "other"
    heading = line.heading and line.level in (0, 1, 2) and short and not line.mark
    return "other" if heading and not _LEADS_IN.search(text) else ""


def _part_number(line: Line) -> str:
    match = _PART.match(line.full)
    if not match or not _AFTER_PART.match(match.group(2)):
        return ""
    return match.group(1).lower()


def _ends(line: Line) -> bool:
    return bool(re.search(r"[.?!;]$", line.text))


def _outcomes(stretches: Sequence[_Stretch], lines: Sequence[Line]) -> list[PageItem]:
    found: list[PageItem] = []
    for name, head, body in stretches:
        if name != "outcomes":
            continue
        rest = _OUTCOMES.sub("", head.full, count=1) if _OUTCOMES.match(head.full) else _RUN_INTO.sub("", head.full, count=1)
        rest = rest.lstrip(" :.–—-")
        items, _ = _items([*([Line(rest, full=rest)] if rest else []), *body], unmarked=True)
        if len(items) > len(found):
            found = items
    if not found:
        labelled = [
            line
            for line in lines
            if line.mark == "label" and re.match(r"(?:\w+\s+)?(?:EO|LO|outcome|competency)", line.full, re.IGNORECASE)
        ]
        found = [PageItem(line.text) for line in labelled if line.text]
    return found


def _items(body: Sequence[Line], *, unmarked: bool) -> tuple[list[PageItem], list[str]]:
    """The items of a list and the paragraphs around them; with `unmarked`, paragraphs are items where nothing is marked."""
    top = next((line for line in body if line.mark), None)
    if top is None:
        plain = [line for line in body if not line.heading]
        if not unmarked:
            return [], [line.text for line in plain]
        intro = [line for line in plain[:1] if _INTRODUCES.search(line.text) and (line.text.endswith(":") or len(plain) > 2)]
        told = [line.text for line in plain[len(intro) :] if line.words > 2]
        return [PageItem(t) for t in told], [line.text for line in intro]
    items: list[PageItem] = []
    prose: list[str] = []
    remaining = sum(1 for line in body if _on_top(line, top))
    for line in body:
        if _on_top(line, top):
            remaining -= 1
            items.append(PageItem(line.text))
        elif line.mark and items:
            items[-1] = replace(items[-1], below=(*items[-1].below, line.text))
        elif items and (top.mark == "label" or remaining) and not line.heading and (remaining or not _ends_item(items, line)):
            items[-1] = replace(items[-1], text=_joined(items[-1].text, line.text))
        elif not line.heading:
            prose.append(line.text)
    return items, prose


def _on_top(line: Line, top: Line) -> bool:
    return line.mark == top.mark and (top.mark != "item" or not top.level or line.level <= top.level)


def _ends_item(items: Sequence[PageItem], line: Line) -> bool:
    """Whether an unmarked line after the last labelled item is no part of it: the other items have no such lines."""
    return len(items) < 2 or not any(". " in i.text.rstrip(".") or ": " in i.text for i in items[:-1]) or line.words > 60


def _joined(text: str, more: str) -> str:
    return f"{text} {more}" if re.search(r"[.?!:;,]$", text) else f"{text}: {more}"


def _parts(stretches: Sequence[_Stretch], notes: list[str]) -> list[PagePart]:
    gathered: list[tuple[str, list[Line]]] = []
    for position, (name, head, body) in enumerate(stretches):
        if name == "part":
            gathered.append((head.full, list(body)))
        elif name == "title" and gathered and position and stretches[position - 1][0] == "part" and not stretches[position - 1][2]:
            gathered[-1] = (f"{gathered[-1][0]} {head.full}", list(body))
        elif name == "title" and gathered:
            gathered[-1][1].extend([head, *body])
    parts: list[PagePart] = []
    for number, (head_text, body) in enumerate(gathered):
        part = _part(head_text, body, number, notes)
        if part is not None:
            parts.append(part)
    told = {p.title.lower() for p in parts if p.items or p.prose}
    parts = [p for p in parts if p.items or p.prose or p.title.lower() not in told]  # a table of contents names each part once more
    for index, part in enumerate(parts):
        if any(p.kind == part.kind for p in parts[:index]):
            notes.append(f"two parts look like a {part.kind}: {part.title!r} is the second")
    notes += [f"{p.title}: no questions were found in it" for p in parts if p.kind == "narrative" and not p.items]
    return parts


def _part(head: str, body: list[Line], number: int, notes: list[str]) -> PagePart | None:
    match = _PART.match(head)
    rest = (match.group(2) if match else head).strip()
    title, extra = _heading_and_rest(rest)
    if not title and body and not body[0].mark and body[0].words <= 8 and not _ends(body[0]):
        title, body = body[0].text, body[1:]
    if extra:
        body = [Line(extra, full=extra), *body]
    if not body and not title:
        return None
    everything = " ".join([rest, *(line.text for line in body)])
    kind = _kind(title) or _kind(everything) or ("narrative", "portfolio", "reflection")[min(number, 2)]
    items, prose = _items(body, unmarked=False)
    if kind == "narrative" and not items:
        items, prose = _plain_questions(prose)
    if kind == "narrative":
        items, prose = _questions_after(items, prose)
    least, counted = minimum_words(everything)
    each = bool(least) and bool(_FOR_EACH.search(everything))
    if least and each and len(items) > 1:
        notes.append(f"{title}: {counted!r} is asked of each of {len(items)} questions; the sum was taken as the part's minimum")
        least *= len(items)
    if not least and (vague := _ANY_COUNT.search(everything)):
        notes.append(f"{title}: the page says {vague.group()!r} but not that this is a minimum; none was taken")
    return PagePart(title or f"Part {number + 1}", kind, tuple(items), tuple(prose), least, counted)


def _heading_and_rest(text: str) -> tuple[str, str]:
    """A part's title and what is run into its line: "Narrative. Answer the following (500 words minimum)"."""
    enclosed = re.match(r"\(([^)]*)\)\s*[:.–—-]*\s*(.*)$", text)
    if enclosed:
        return _bare(enclosed.group(1).split(",")[0]), enclosed.group(2)
    match = re.match(rf"({_TITLES})\b", text, re.IGNORECASE)
    if len(text.split()) <= _MOST_HEADING_WORDS and not re.search(r"[.?!:]\s+\S", text):
        title = re.sub(r"\s*[(\[][^)\]]*words?[^)\]]*[)\]]\s*", " ", text, flags=re.IGNORECASE)
        return _bare(title), ""
    if match and (len(match.group()) == len(text) or not text[match.end()].isalnum()) and not re.match(r"\s+[a-z&]", text[match.end() :]):
        return _bare(match.group()), text[match.end() :].lstrip(" .:–—-")
    title, _, rest = text.partition(". ") if ". " in text else text.partition(": ")
    return (_bare(title), rest.strip()) if len(title.split()) <= _MOST_HEADING_WORDS else ("", text)


def _bare(title: str) -> str:
    title = re.sub(r"[\s.:–—-]+$", "", title.strip())
    return title.title() if title.isupper() else title


def _kind(text: str) -> PartKind | None:
    lowered = text.lower()
    if re.search(r"\breflecti", lowered) and not re.search(r"artifact|portfolio|self-analysis", lowered[:60]):
        return "reflection"
    if re.search(r"artifact|artefact|portfolio|evidence|work (?:sample|example|product)|demonstration|product", lowered):
        return "portfolio"
    if re.search(r"overview|question|narrative|context", lowered):
        return "narrative"
    return None


def _plain_questions(prose: Sequence[str]) -> tuple[list[PageItem], list[str]]:
    """Questions of a part without list marks: its paragraphs that ask, or the questions of its one paragraph."""
    after = 1 if prose and (prose[0].endswith(":") or (_LEADS_IN.search(prose[0]) and not _ASKS.match(prose[0]))) else 0
    asking = [p for p in prose[after:] if "?" in p or _ASKS.match(p)]
    if len(asking) > 1:
        return [PageItem(p) for p in asking], [p for p in prose if p not in asking]
    told = [s for p in prose for s in sentences(p)]
    asked = [s for s in told if s.endswith("?")]
    if asked:
        return [PageItem(s) for s in asked], [s for s in told if s not in asked]
    if after and len(prose) > after:
        return [PageItem(p) for p in prose[after:]], list(prose[:after])
    return [], list(prose)


def _questions_after(items: list[PageItem], prose: list[str]) -> tuple[list[PageItem], list[str]]:
    """Moves paragraphs that were listed among the questions but only say how long the answer must be."""
    kept = [i for i in items if not (minimum_words(i.text)[0] and "?" not in i.text and len(i.text.split()) < 25)]
    return kept, prose + [i.text for i in items if i not in kept]


def _overview(stretches: Sequence[_Stretch], lines: Sequence[Line]) -> str:
    for name, head, body in stretches:
        if name == "overview":
            match = _OVERVIEW.match(head.full)
            rest = match.group(1).strip() if match else ""
            text = "\n\n".join([*([rest] if rest else []), *(line.text for line in body if not line.heading and line.words > 5)])
            if text:
                return text
    first = next((i for i, line in enumerate(lines) if _section(line, numbered=True) in ("outcomes", "part")), len(lines))
    prose = [line for line in lines[:first] if not line.mark and not line.heading and line.words >= 15 and not _STOP.match(line.full)]
    return prose[0].text if prose else ""


def _title(lines: Sequence[Line], first: int) -> str:
    """The short line near the top that the page repeats most, or its first heading."""
    page = " ".join(line.full for line in lines).lower()
    best, most = "", 0.0
    for number, line in enumerate(lines[: max(first, 1) + 1]):
        text = _without_site(line.full)
        if line.mark or not text or len(text.split()) > 14 or _ends(line) or _section(line, numbered=True) not in ("", "other"):
            continue
        if _STOP.match(text) or text.endswith(":"):
            continue
        told = 3.0 * min(page.count(text.lower()) - 1, 3) + (2.0 if line.heading and line.level <= 1 else 1.0 if line.heading else 0.0)
        told += 1.0 / (2 + number) + (0.5 if len(text.split()) > 2 else 0.0)
        if told > most:
            best, most = text, told
    if not best:
        named = re.search(
            r"\b[Tt]he ([A-Z][\w'’&,-]*(?: (?:[A-Z][\w'’&-]*|of|and|the|for|in|to|a|with|through))*) Micro-?[Cc]redential",
            " ".join(x.full for x in lines),
        )
        best = named.group(1) if named else ""
    return best


def _without_site(text: str) -> str:
    text = re.split(r"\s+[|»]\s+", text)[0]
    text = re.sub(r"^micro-?credential\s*[:–—-]\s*", "", text, flags=re.IGNORECASE)
    return re.sub(r"\s+micro-?credential$", "", text, flags=re.IGNORECASE).strip()


def _number(text: str) -> int:
    words = re.split(r"[ -]", text.lower())
    if words[0] in _WORDED:
        return _WORDED[words[0]] * (1000 if words[-1] == "thousand" else 100)
    return int(re.sub(r"\D", "", text))
