"""Citations: does each row of the self-analysis name a file that was uploaded, a place that exists, and an explanation?

One result a row, in the order of the rows, and one for every detail of the rubric that no row names. When several things
are amiss the first of this list is reported, because each makes the next pointless to ask:

1. `artifact_missing`  no uploaded file goes by the name, or the row names none
2. `no_locator`        the row names no place (a page in the explanation counts as one, and is said)
3. `out_of_range`      the file has no such page, slide, row or time
4. `no_explanation`    nothing but a pointer, a copy of the detail, or fewer than three words of its own
5. `cannot_verify`     the place cannot be looked up: a scan, a video without captions, a file without pages, a link
6. `unrelated`         the place is there, but it is about something else than the explanation
7. `ok`                the place was found

The last two are told apart by a probability (`score`) that the comparison gives, see `mcscreen.matchers.support`, and by its
thresholds. A doubtful place stays `ok` with a remark, because a wrong `unrelated` costs an assessor's trust and a candidate's
nerves. A place with fewer than 8 plain words (a table of figures, a picture's caption) is `ok` with a remark too and never
`unrelated`: it exists, which `cannot_verify` would deny, and figures say nothing that could be compared.

Files are recognised however they are written (case, underscores, extension, typing errors, the title on their first page);
where a name fits two files equally well, the one that has the place is taken and the message says so.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mcscreen.document import Document, count_words
from mcscreen.locators import find_locators, parse_locator
from mcscreen.portfolio.alternatives import Alternative, alternatives
from mcscreen.portfolio.artifacts import companions, resolve_artifact
from mcscreen.portfolio.details import stems
from mcscreen.portfolio.places import Lookup, Stretch, look_up
from mcscreen.results import Citation, CitationStatus, Evidence
from mcscreen.rubric import Detail, Rubric
from mcscreen.segmenter import split_sentences
from mcscreen.submission import ARTIFACT, CitationRow, Claim, Comparison, Section, Spot, Submission

__all__ = ["check"]

_QUOTES = 3
"""Quotes of a place that is spread over several pages or runs."""

_WINDOW = 45
"""Words of a stretch of text that is compared as one; a longer sentence is one by itself."""

_PLAIN = 8
"""Plain words that a place needs to be compared."""

_ELSEWHERE = 40
"""Places of other artifacts that a place is held against when its own artifact has no other."""

_OWN_WORDS = 3
"""An explanation with fewer words of its own is none."""

_TIE = 0.03
_UNRECOGNISED = 3

_NOT_COMPARED = "the place is there; not compared with the explanation"
_NO_PLACE = re.compile(
    r"\W*(?:n\W?a|none|nil|tbd|tba|unknown|various|attached|)\W*"
    r"|\W*see (?:the )?(?:file|artifact|document|attached|attachment|above|below|evidence)\W*",
    re.I,
)
_LINK = re.compile(r"https?://|www\.|\b(?:youtu\.be|youtube\.com|drive\.google|docs\.google|vimeo\.com|padlet\.com|canva\.com)", re.I)
_ONLY_NUMBERED = re.compile(
    r"\W*(?:artifact|artefact|exhibit|attachment|evidence|document|file|appendix)\W*(?:no\.?|number|#)?\W*(?:\d{1,3}|[A-Z])\W*", re.I
)
_POINTING = frozenset(
    re.findall(
        r"\w+",
        "see page pages pg pp slide slides file files document documents artifact artifacts evidence attached attachment attachments"
        " above below show shows shown showing demonstrate demonstrates demonstrated demonstrating proficiency proficient outcome"
        " outcomes detail details standard standards criterion criteria meet meets met here proof prove proves proven uploaded upload"
        " video clip time stamp explanation refer reference found find look view located please same as before again n na none tbd"
        " self explanatory yes done ok x etc clearly it row rows sheet paragraph section entire whole eo",
    )
)
_LITTLE = frozenset(
    re.findall(
        r"\w+",
        "a an and are at be by can for from had has have he her his how i in is its me my of on or our she so that the their them"
        " there these they this those to us was we were what when where which who will with you your do does did not no",
    )
)


class Compare(Protocol):
    """Tells how well places support explanations; `mcscreen.matchers.support.Support` is one."""

    unrelated: float
    doubtful: float

    def compare(self, claims: Sequence[Claim]) -> Sequence[Comparison]:
        """One comparison a claim."""
        ...


@dataclass(frozen=True, slots=True)
class _Found:
    """What the first five questions gave for a row; `remarks` go to the end of the message."""

    status: CitationStatus
    message: str
    stretches: tuple[Stretch, ...] = ()
    document: int | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Compared:
    """A row's place beside its comparison; spans of windows with the text that they stand in."""

    cited: tuple[Stretch, ...]
    others: tuple[Alternative, ...]
    here: str
    comparison: Comparison


def check(
    submission: Submission, sections: Sequence[Section], rows: Sequence[CitationRow], rubric: Rubric, compare: Compare | None = None
) -> tuple[Citation, ...]:
    """Check every citation and find the details that have none.

    Args:
        submission: All documents.
        sections: Which stretch of which document is which part.
        rows: The self-analysis, as `mcscreen.portfolio.rows.read_rows` gives it.
        rubric: Whose details need a row each.
        compare: Compares a place with its explanation; without it every place that was found is `ok`, and no row has a score.
    """
    own = frozenset(s.document for s in sections if s.part != ARTIFACT)
    details = {d.id: d for d in rubric.details}
    documents = submission.documents
    found = [_status(row, documents, own, details.get(row.facet or "")) for row in rows]
    compared = _compare(rows, found, documents, own, details, compare) if compare else {}
    results = [_checked(row, f, compared.get(n), compare) for n, (row, f) in enumerate(zip(rows, found, strict=True))]
    named = {row.facet for row in rows}
    results.extend(_without_row(detail, submission, sections, rows, rubric) for detail in rubric.details if detail.id not in named)
    return tuple(results)


def _checked(row: CitationRow, found: _Found, compared: _Compared | None, compare: Compare | None) -> Citation:
    status, message, stretches = found.status, found.message, found.stretches
    if compared and compare:
        status, message = _judged(compared, compare)
        stretches = tuple(compared.cited[n] for n in compared.comparison.windows)
    elif compare and status == "ok":
        message = "the place is there; it has too few words to be compared with the explanation"
    message = "; ".join([message, *found.remarks])
    if row.facet is None:
        message += "; the detail that this row names was not recognised"
    return Citation(
        row=row.row,
        detail=row.detail,
        facet=row.facet,
        artifact=row.artifact,
        locator=row.locator,
        explanation=row.explanation,
        status=status,
        score=compared.comparison.probability if compared else None,
        message=message,
        evidence=tuple(_evidence(s) for s in stretches[:_QUOTES]),
    )


def _judged(compared: _Compared, compare: Compare) -> tuple[CitationStatus, str]:
    comparison = compared.comparison
    if comparison.probability is None:
        return "ok", "the place is there; the artifacts hold no other place to compare it with"
    if comparison.probability >= compare.doubtful:
        return "ok", "the place fits the explanation"
    better = ""
    if comparison.better is not None:
        other = compared.others[comparison.better]
        file = "" if other.stretch.document is compared.cited[0].document else f" of “{other.stretch.document.name.rpartition('/')[2]}”"
        better = f"; {other.name}{file} fits better than {compared.here or 'it'}"
    if comparison.probability < compare.unrelated:
        return "unrelated", f"the place is about something else than the explanation{better}"
    return "ok", f"the place is there, and shares little with the explanation{better}"


def _compare(
    rows: Sequence[CitationRow],
    found: Sequence[_Found],
    documents: Sequence[Document],
    own: frozenset[int],
    details: dict[str, Detail],
    compare: Compare,
) -> dict[int, _Compared]:
    """Comparisons of all rows whose place was found and holds enough words, by the row's index."""
    tracks = {t for n in range(len(documents)) for t in companions(n, documents)}
    places = {n: _places(n, documents) for n in range(len(documents)) if n not in own and n not in tracks}
    claims: dict[int, Claim] = {}
    drafts: dict[int, tuple[tuple[Stretch, ...], tuple[Alternative, ...], str]] = {}
    for n, (row, entry) in enumerate(zip(rows, found, strict=True)):
        cited = tuple(w for s in entry.stretches for w in _windows(s))
        if entry.status != "ok" or entry.document is None or _plain_words(cited) < _PLAIN:
            continue
        mine = places.get(entry.document) or _places(entry.document, documents)
        others = tuple(a for a in mine if not any(_overlap(a.stretch, s) for s in entry.stretches))
        others = tuple(a for a in others if _plain_words((a.stretch,)) >= _PLAIN)
        if not others:
            others = tuple(a for m, all_of in places.items() if m != entry.document for a in all_of[:_ELSEWHERE])[:_ELSEWHERE]
        here = [a.name for a in mine if any(_overlap(a.stretch, s) for s in entry.stretches)]
        detail = details.get(row.facet or "")
        claims[n] = Claim(
            row.explanation, detail.text if detail else row.detail, _spot(cited), tuple(_spot(_windows(a.stretch)) for a in others)
        )
        drafts[n] = (cited, others, here[0] if len(here) == 1 else "")
    compared = compare.compare(list(claims.values())) if claims else ()
    return {n: _Compared(*drafts[n], comparison) for n, comparison in zip(claims, compared, strict=True)}


def _places(index: int, documents: Sequence[Document]) -> tuple[Alternative, ...]:
    return alternatives(documents[index], [documents[n] for n in companions(index, documents)])


def _overlap(a: Stretch, b: Stretch) -> bool:
    return a.document is b.document and a.start < b.end and b.start < a.end


def _plain_words(stretches: Sequence[Stretch]) -> int:
    return sum(len(re.findall(r"[^\W\d_]{3,}", s.document.text[s.start : s.end])) for s in stretches)


def _spot(windows: Sequence[Stretch]) -> Spot:
    return Spot(tuple(w.document.text[w.start : w.end] for w in windows))


def _windows(stretch: Stretch) -> tuple[Stretch, ...]:
    """A stretch cut into runs of whole sentences, lines or table rows."""
    document, windows = stretch.document, list[Stretch]()
    open_from: int | None = None
    words = 0
    first = bisect_left(document.blocks, stretch.start, key=lambda b: b.end)
    place = stretch.place
    for number in range(first, len(document.blocks)):
        block = document.blocks[number]
        start, end = max(block.start, stretch.start), min(block.end, stretch.end)
        if block.start >= stretch.end:
            break
        goes_on = block.kind == "cell" and number + 1 < len(document.blocks) and document.blocks[number + 1].place == block.place
        for a, b in [(0, end - start)] if block.kind == "cell" else split_sentences(document.text[start:end]):
            if open_from is None:
                open_from, place, words = start + a, block.place, 0
            words += count_words(document.text[start + a : start + b])
            if words >= _WINDOW and not goes_on:
                windows.append(Stretch(document, open_from, start + b, place))
                open_from = None
            last = start + b
    if open_from is not None and windows and words < _WINDOW // 2:
        # A few words by themselves are like everything or like nothing.
        windows[-1] = Stretch(document, windows[-1].start, last, windows[-1].place)
    elif open_from is not None:
        windows.append(Stretch(document, open_from, last, place))
    return tuple(windows)


def _status(row: CitationRow, documents: Sequence[Document], own: frozenset[int], detail: Detail | None) -> _Found:
    name = row.artifact.strip()
    if not re.search(r"\w", name):
        return _Found("artifact_missing", "the row names no artifact")
    locator, remarks = row.locator, []
    found = _found(name, locator or row.explanation, documents, own)
    linked = _LINK.search(f"{name} {row.locator}") is not None
    if not found and not linked and not _ONLY_NUMBERED.fullmatch(name):
        return _Found("artifact_missing", _missing(name, documents, own))
    if _NO_PLACE.fullmatch(locator):
        locator = _place_in_explanation(row.explanation, documents[found[0]] if found else None)
        if not locator:
            return _Found("no_locator", "the row names no place in the artifact")
        remarks.append(f"the place ({locator}) stands in the explanation")
    if not found:
        unexplained = _unexplained(row, detail)
        if unexplained:
            return _Found("no_explanation", unexplained)
        return _Found("cannot_verify", "the artifact is a link; links are not opened" if linked else "no file name holds this number")
    lookups = [(n, _looked_up(locator, n, documents)) for n in found]
    index, lookup = min(lookups, key=lambda pair: ("found", "unknown", "beyond").index(pair[1].state))
    if len(found) > 1:
        names = " and ".join(f"“{documents[n].name}”" for n in found)
        remarks.append(f"the name fits {names} equally well; “{documents[index].name}” was taken")
    if lookup.state == "beyond":
        return _Found("out_of_range", lookup.message, remarks=tuple(remarks))
    unexplained = _unexplained(row, detail)
    if unexplained:
        return _Found("no_explanation", unexplained, lookup.stretches, remarks=tuple(remarks))
    if lookup.state == "unknown":
        return _Found("cannot_verify", lookup.message, lookup.stretches, remarks=tuple(remarks))
    remarks = [*([lookup.message] if lookup.message else []), *remarks]
    return _Found("ok", _NOT_COMPARED, lookup.stretches, index, tuple(remarks))


def _found(name: str, place: str, documents: Sequence[Document], own: frozenset[int]) -> list[int]:
    """Documents that the name means: the best, and those that fit as well."""
    candidates = resolve_artifact(name, documents, own)
    if not candidates:
        return []
    best = candidates[0]
    return [c.document for c in candidates if c.score >= best.score - _TIE and (c.document in own) == (best.document in own)][:4]


def _missing(name: str, documents: Sequence[Document], own: frozenset[int]) -> str:
    files = [d.name for n, d in enumerate(documents) if n not in own]
    if not files:
        return f"“{name}” was not uploaded; there are no artifacts"
    shown = ", ".join(f"“{f.rpartition('/')[2]}”" for f in files[:4]) + (f" and {len(files) - 4} more" if len(files) > 4 else "")
    return f"no uploaded file goes by the name “{name}”; there are {shown}"


def _looked_up(locator: str, index: int, documents: Sequence[Document]) -> Lookup:
    return look_up(parse_locator(locator), documents[index], [documents[n] for n in companions(index, documents)])


def _place_in_explanation(explanation: str, document: Document | None) -> str:
    """Pages, slides, sheets or, for a video, times that an explanation names."""
    timed = document is not None and document.seconds is not None
    pieces = []
    for start, end in find_locators(explanation[:2_000]):
        piece = explanation[start:end].strip(" .,;")
        place = parse_locator(piece)
        if place.pages or place.slides or place.sheets or place.cells or (timed and place.seconds):
            pieces.append(piece)
    return ", ".join(pieces)


def _unexplained(row: CitationRow, detail: Detail | None) -> str:
    """Why an explanation is none; empty when it is one."""
    text = row.explanation.strip()
    if not re.search(r"\w", text):
        return "the row has no explanation"
    own = [w for w in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text.casefold()) if w not in _POINTING and w not in _LITTLE and len(w) > 1]
    if len(set(own)) < _OWN_WORDS:
        return f"the explanation has fewer than {_OWN_WORDS} words that say something of its own"
    names = [row.detail, row.artifact, *([detail.text, detail.label] if detail else [])]
    said = set(stems(text))
    if said and any(said <= set(stems(name)) for name in names if name):
        return "the explanation only repeats the detail or the artifact's name"
    return ""


def _evidence(stretch: Stretch) -> Evidence:
    return Evidence.excerpt(stretch.place, stretch.document, stretch.start, stretch.end)


def _without_row(
    detail: Detail, submission: Submission, sections: Sequence[Section], rows: Sequence[CitationRow], rubric: Rubric
) -> Citation:
    parts = {p.id for p in rubric.parts if p.kind == "portfolio"}
    written = [submission.documents[s.document] for s in sections if s.part in parts]
    unread = [d for d in written if d.status != "text"]
    if not written:
        unread = [d for n, d in enumerate(submission.documents) if _may_hold_rows(n, d, sections)]
    unrecognised = [r for r in rows if r.facet is None]
    status: CitationStatus = "row_missing"
    message = "no filled-in row was found for this detail"
    evidence: tuple[Evidence, ...] = ()
    if unread:
        status = "cannot_verify"
        message = f"“{unread[0].name}” was not read ({unread[0].reason or unread[0].status}), so a row for this detail may stand there"
    elif not written:
        message = "no self-analysis was found in the upload"
    elif unrecognised:
        shown = unrecognised[:_UNRECOGNISED]
        message += (
            f"; {len(unrecognised)} row{'s' if len(unrecognised) > 1 else ''} could not be matched with a detail and may be meant for it"
        )
        evidence = tuple(_evidence(Stretch(submission.documents[r.document], r.start, r.end, r.place)) for r in shown)
    return Citation(
        row=None,
        detail=detail.label or detail.text,
        facet=detail.id,
        artifact="",
        locator="",
        explanation="",
        status=status,
        message=message,
        evidence=evidence,
    )


def _may_hold_rows(index: int, document: Document, sections: Sequence[Section]) -> bool:
    """Whether an unread document could be the self-analysis: nothing the candidate wrote says that it is an artifact."""
    if document.readable or document.status == "empty":
        return False
    own = [s for s in sections if s.document == index]
    return all(s.part == ARTIFACT and s.guessed for s in own)
