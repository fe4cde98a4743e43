"""Things that an assessor may want to know before reading. They are told, not judged, and nothing follows from them.

- `uncited_artifact`: a file was uploaded as an artifact and no row of the self-analysis names it. A caption track beside a
  cited video is part of it. Without a row that names any file nothing is said.
- `same_place`: three or more details point to one page (slide, heading, time), or half of all details to one whole
  document. That may be right, since a good page can show several things.
- `language`: a part or an artifact is, wholly or in a part that matters, in another language than English. The search
  knows English only, so its asks may be missed there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

from mcscreen.document import Document
from mcscreen.locators import Locator, Range, parse_locator
from mcscreen.portfolio.artifacts import companions, find_mentions, resolve_artifact
from mcscreen.results import Citation, Evidence, Notice
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, Section, Submission
from mcscreen.tongues import language_of, length_of, name_of

__all__ = ["check"]

_TIE = 0.03
_DETAILS_A_PLACE = 3
_SHARE_OF_DETAILS = 0.5
_PAGES_OF_A_PLACE = 3
"""A citation of more pages than these points to a chapter, not to a page."""

_CHUNK = 60
"""Words that are judged at a time."""

_CHUNKS = 200
_MUCH = 100
"""Words in another language that are told even where most of a text is English."""

_NAMES_SHOWN = 6


def check(submission: Submission, sections: Sequence[Section], citations: Sequence[Citation], rubric: Rubric) -> tuple[Notice, ...]:
    """All notices, in the order of the kinds above.

    Args:
        submission: What was uploaded.
        sections: Which stretch of which document is which part.
        citations: As `mcscreen.checks.citations.check` gives them.
        rubric: Names the parts; its number of details is what "half of all details" is taken from.
    """
    own = frozenset(s.document for s in sections if s.part != ARTIFACT)
    rows = [(c, _meant(c, submission.documents, own)) for c in citations if c.row is not None]
    return (
        *_uncited(submission.documents, sections, rows),
        *_same_place(submission.documents, rows, rubric),
        *_languages(submission.documents, sections, rubric),
    )


def _meant(citation: Citation, documents: Sequence[Document], own: frozenset[int]) -> list[int]:
    """Documents that a row's artifact means, the best first."""
    found = resolve_artifact(citation.artifact, documents, own) if citation.artifact.strip() else ()
    return [c.document for c in found if c.score >= found[0].score - _TIE]


def _uncited(documents: Sequence[Document], sections: Sequence[Section], rows: Sequence[tuple[Citation, list[int]]]) -> Iterator[Notice]:
    cited = {n for _, found in rows for n in found}
    if not cited:
        return
    for citation, _ in rows:
        text = " \n ".join((citation.artifact, citation.locator, citation.explanation))[:5_000]
        cited.update(n for _, _, n in find_mentions(text, documents))
    for number in range(len(documents)):
        tracks = companions(number, documents)
        if tracks and cited & {number, *tracks}:
            cited.update((number, *tracks))
    unknown = sum(1 for citation, found in rows if citation.artifact.strip() and not found)
    for number in dict.fromkeys(s.document for s in sections if s.part == ARTIFACT):
        if number not in cited:
            message = "uploaded as an artifact; no row of the self-analysis names it"
            if unknown:
                message += f" ({unknown} row{'s name' if unknown > 1 else ' names'} a file that was not recognised)"
            yield Notice(check="uncited_artifact", subject=documents[number].name, message=message)


def _same_place(documents: Sequence[Document], rows: Sequence[tuple[Citation, list[int]]], rubric: Rubric) -> Iterator[Notice]:
    places: dict[tuple[int, str], dict[str, Citation]] = {}
    for citation, found in rows:
        if found and citation.status not in ("artifact_missing", "out_of_range", "no_locator"):
            for place in _places(parse_locator(citation.locator), documents[found[0]]):
                places.setdefault((found[0], place), {}).setdefault(citation.facet or citation.detail.casefold(), citation)
    labels = {d.id: d.label or d.text for d in rubric.details}
    for (number, place), by_detail in places.items():
        whole = not place
        if len(by_detail) < 2 or len(by_detail) < (_SHARE_OF_DETAILS * len(labels) if whole else _DETAILS_A_PLACE):
            continue
        names = [labels.get(c.facet or "", c.detail) for c in by_detail.values()]
        shown = ", ".join(f"“{n}”" for n in names[:_NAMES_SHOWN]) + (f" and {len(names) - _NAMES_SHOWN} more" if len(names) > 6 else "")
        message = f"{place or 'the whole document'} is cited for {len(names)} details: {shown}"
        evidence = next((c.evidence[:1] for c in by_detail.values() if c.evidence), ())
        yield Notice(check="same_place", subject=documents[number].name, message=message, evidence=evidence)


def _places(locator: Locator, document: Document) -> list[str]:
    """Places that a citation points to, in words that are the same for the same place; "" for the whole document."""
    if locator.whole:
        return [""]
    unit = document.page_kind or "page"
    ranges = locator.slides or locator.pages or locator.numbers
    if ranges and document.seconds is None:
        numbers = _numbers(ranges, document.pages)
        if document.pages and document.pages > 1 and len(numbers) == document.pages:
            return [""]
        return [f"{unit} {n}" for n in numbers] if len(numbers) <= _PAGES_OF_A_PLACE else []
    if locator.seconds:
        if len(locator.seconds) == 1 and locator.seconds[0][0] == 0 and locator.seconds[0][1] in (inf, document.seconds):
            return [""]
        return [f"the time {_clock(a)}" + ("" if a == b else f" to {_clock(b)}") for a, b in locator.seconds[:_PAGES_OF_A_PLACE]]
    if locator.headings:
        return [f"“{' '.join(h.split())}”" for h in dict.fromkeys(h.casefold() for h in locator.headings[:_PAGES_OF_A_PLACE])]
    if locator.sheets or locator.cells or locator.rows:
        return [locator.text.strip().casefold()]
    return []


def _numbers(ranges: Sequence[Range], count: int | None) -> list[int]:
    found: dict[int, None] = {}
    for first, last in ranges:
        if first < 0 or last < 0:
            if count is None:
                continue
            first, last = (n + count + 1 if n < 0 else n for n in (first, last))
        found.update(dict.fromkeys(range(first, min(last, first + 10_000) + 1)))
    return list(found)


def _clock(seconds: float) -> str:
    if seconds == inf:
        return "the end"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def _languages(documents: Sequence[Document], sections: Sequence[Section], rubric: Rubric) -> Iterator[Notice]:
    for part in rubric.parts:
        stretches = [(documents[s.document], s.start, s.end) for s in sections if s.part == part.id]
        yield from _language(part.id, stretches, "the search knows English only, so what is asked here may be missed")
    for section in sections:
        if section.part == ARTIFACT:
            document = documents[section.document]
            yield from _language(document.name, [(document, section.start, section.end)], "")


def _language(subject: str, stretches: Sequence[tuple[Document, int, int]], consequence: str) -> Iterator[Notice]:
    words: dict[str, int] = {}
    first: dict[str, Evidence] = {}
    for document, start, end in stretches:
        for a, b in _chunks(document, start, end):
            text = document.text[a:b]
            code = language_of(text)
            if code is not None:
                words[code] = words.get(code, 0) + length_of(text)
                first.setdefault(code, _evidence(document, a, b))
    total = sum(words.values())
    foreign = sorted((c for c in words if c != "en"), key=lambda c: (-words[c], c))
    others = sum(words[c] for c in foreign)
    if not foreign or (others < total / 2 and others < _MUCH):
        return
    names = list(dict.fromkeys(name_of(c) for c in foreign[:3]))
    message = f"{'in' if others >= total / 2 else 'partly in'} {' and '.join(names)}, as far as can be told"
    yield Notice(
        check="language",
        subject=subject,
        message=f"{message}; {consequence}" if consequence else message,
        evidence=tuple(first[c] for c in foreign[:3]),
    )


def _chunks(document: Document, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches of whole blocks with some sixty words each, spread over the text where there are very many."""
    chunks: list[tuple[int, int]] = []
    begun: int | None = None
    last, words = start, 0
    for block in document.blocks:
        if block.start < start or block.end > end:
            continue
        begun = block.start if begun is None else begun
        last, words = block.end, words + length_of(document.text_of(block))
        if words >= _CHUNK:
            chunks.append((begun, last))
            begun, words = None, 0
    if begun is not None:
        chunks.append((begun, last))
    step = max(1, -(-len(chunks) // _CHUNKS))
    yield from chunks[::step]


def _evidence(document: Document, start: int, end: int) -> Evidence:
    block = next(b for b in document.blocks if b.start >= start)
    return Evidence.excerpt(block.place, document, start, end)
