"""Citations: does each row of the self-analysis name a file that was uploaded, a place that exists, and an explanation?

One result a row, in the order of the rows, and one for every detail of the rubric that no row names. When several things
are amiss the first of this list is reported, because each makes the next pointless to ask:

1. `artifact_missing`  no uploaded file goes by the name, or the row names none
2. `no_locator`        the row names no place (a page in the explanation counts as one, and is said)
3. `out_of_range`      the file has no such page, slide, row or time
4. `no_explanation`    nothing but a pointer, a copy of the detail, or fewer than three words of its own
5. `cannot_verify`     the place cannot be looked up: a scan, a video without captions, a file without pages, a link
6. `ok`                the place was found

`ok` says no more than that: whether what stands there supports the explanation is not compared here. Files are recognised
however they are written (case, underscores, extension, typing errors, the title on their first page); where a name fits two
files equally well, the one that has the place is taken and the message says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcscreen.document import Document
from mcscreen.locators import find_locators, parse_locator
from mcscreen.portfolio.artifacts import companions, resolve_artifact
from mcscreen.portfolio.details import stems
from mcscreen.portfolio.places import Lookup, Stretch, look_up
from mcscreen.results import Citation, CitationStatus, Evidence
from mcscreen.rubric import Detail, Rubric
from mcscreen.submission import ARTIFACT, CitationRow, Section, Submission

__all__ = ["check"]

_QUOTE = 300
"""Characters of a quote; `start` and `end` are those of the whole place."""

_OWN_WORDS = 3
"""An explanation with fewer words of its own is none."""

_TIE = 0.03
_UNRECOGNISED = 3

_PLACE_COMPARED = "the place is there; not compared with the explanation"
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


def check(submission: Submission, sections: Sequence[Section], rows: Sequence[CitationRow], rubric: Rubric) -> tuple[Citation, ...]:
    """Check every citation and find the details that have none.

    Args:
        submission: All documents.
        sections: Which stretch of which document is which part.
        rows: The self-analysis, as `mcscreen.portfolio.rows.read_rows` gives it.
        rubric: Whose details need a row each.
    """
    own = frozenset(s.document for s in sections if s.part != ARTIFACT)
    details = {d.id: d for d in rubric.details}
    results = [_checked(row, submission, own, details.get(row.facet or "")) for row in rows]
    named = {row.facet for row in rows}
    results.extend(_without_row(detail, submission, sections, rows, rubric) for detail in rubric.details if detail.id not in named)
    return tuple(results)


def _checked(row: CitationRow, submission: Submission, own: frozenset[int], detail: Detail | None) -> Citation:
    status, message, stretches = _status(row, submission.documents, own, detail)
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
        message=message,
        evidence=tuple(_evidence(s) for s in stretches),
    )


def _status(
    row: CitationRow, documents: Sequence[Document], own: frozenset[int], detail: Detail | None
) -> tuple[CitationStatus, str, tuple[Stretch, ...]]:
    name = row.artifact.strip()
    if not re.search(r"\w", name):
        return "artifact_missing", "the row names no artifact", ()
    locator, remarks = row.locator, []
    found = _found(name, locator or row.explanation, documents, own)
    linked = _LINK.search(f"{name} {row.locator}") is not None
    if not found and not linked and not _ONLY_NUMBERED.fullmatch(name):
        return "artifact_missing", _missing(name, documents, own), ()
    if _NO_PLACE.fullmatch(locator):
        locator = _place_in_explanation(row.explanation, documents[found[0]] if found else None)
        if not locator:
            return "no_locator", "the row names no place in the artifact", ()
        remarks.append(f"the place ({locator}) stands in the explanation")
    if not found:
        unexplained = _unexplained(row, detail)
        if unexplained:
            return "no_explanation", unexplained, ()
        return "cannot_verify", "the artifact is a link; links are not opened" if linked else "no file name holds this number", ()
    lookups = [(n, _looked_up(locator, n, documents)) for n in found]
    index, lookup = min(lookups, key=lambda pair: ("found", "unknown", "beyond").index(pair[1].state))
    if len(found) > 1:
        names = " and ".join(f"“{documents[n].name}”" for n in found)
        remarks.append(f"the name fits {names} equally well; “{documents[index].name}” was taken")
    if lookup.state == "beyond":
        return "out_of_range", "; ".join([lookup.message, *remarks]), ()
    unexplained = _unexplained(row, detail)
    if unexplained:
        return "no_explanation", "; ".join([unexplained, *remarks]), lookup.stretches
    if lookup.state == "unknown":
        return "cannot_verify", "; ".join([lookup.message, *remarks]), lookup.stretches
    return "ok", "; ".join([_PLACE_COMPARED, *([lookup.message] if lookup.message else []), *remarks]), lookup.stretches


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
    place = stretch.place
    end = stretch.end
    if end - stretch.start > _QUOTE:
        last_space = stretch.document.text.rfind(" ", stretch.start, stretch.start + _QUOTE)
        end = last_space if last_space > stretch.start else stretch.start + _QUOTE
    return Evidence(
        document=stretch.document.name,
        page=place.page,
        slide=place.slide,
        sheet=place.sheet,
        row=place.row,
        seconds=place.seconds,
        heading=place.heading,
        paragraph=place.paragraph,
        start=stretch.start,
        end=end,
        quote=stretch.document.text[stretch.start : end],
    )


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
