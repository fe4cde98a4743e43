"""screenings.md and submissions/<id>.md: for wikis, tickets and e-mail, where HTML does not go.

A summary table with a link to one file a submission. All text from uploads and rubrics goes through `inert.markdown`, so
pipes cannot break a table and links, code and tags stay text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from mcscreen.inert import file_stem, shorten
from mcscreen.inert import markdown as safe
from mcscreen.results import Citation, Coverage, Evidence, Notice, Reflection, Requirement, Screening, TraceCell
from mcscreen.rubric import Rubric
from mcscreen.wording import (
    CITATION,
    COMPLETION,
    COVERAGE,
    DOCUMENT,
    INDICATORS,
    MASKED,
    NOTE,
    REFLECTION,
    REFLECTION_NOTE,
    REQUIREMENT,
    TRACE,
    basis_in_words,
    calibration_in_words,
    check_in_words,
    completion,
    count_of,
    part_in_words,
    place_in_words,
    searched_in_words,
    to_check,
    unread_documents,
)

__all__ = ["render"]

_QUOTE_LENGTH = 1_200
_GATE = {
    "ready": "Nothing is open: it can be assessed.",
    "return": "To return: something must be mended before it can be assessed.",
    "unreadable": "Nothing has to be mended as far as could be checked, but something could not be read.",
}


_HEADER = (
    "Submission",
    "Completion",
    "Requirements",
    "Covered",
    "Thin",
    "Not found",
    "Unread",
    "Citations to check",
    "Own words",
    "Not read",
)


def render(screenings: Sequence[Screening], rubric: Rubric) -> Iterator[tuple[str, bytes]]:
    """The files of the submissions, then the summary."""
    taken: set[str] = set()
    rows: list[tuple[str, ...]] = []
    masked = False
    calibrations: dict[str, None] = {}
    fingerprints: dict[str, None] = {}
    for screening in screenings:  # once: a large batch is read from the disk for it
        name = f"submissions/{file_stem(screening.submission.id, taken)}.md"
        yield name, _page(screening, rubric).encode("utf-8")
        rows.append(_row(screening, name, rubric))
        masked |= screening.masked
        calibrations[screening.calibration] = fingerprints[safe(screening.fingerprint)] = None
    lines = [f"# Evidence map: {safe(rubric.title)}", "", NOTE, "", *((MASKED, "") if masked else ()), *_table(_HEADER, rows)]
    lines += ["", "Counts of asks leave out what a submission could, but need not, include.", ""]
    for stamp in calibrations:
        lines += [safe(calibration_in_words(stamp)), ""]
    lines += [f"Fingerprint: {', '.join(fingerprints)}", ""]
    yield "screenings.md", "\n".join(lines).encode("utf-8")


def _row(screening: Screening, name: str, rubric: Rubric) -> tuple[str, ...]:
    return (
        f"[{safe(shorten(screening.submission.id, 120)) or 'submission'}]({name})",
        COMPLETION[screening.completion.status].label + (f", {len(screening.completion.items)} open" if screening.completion.items else ""),
        completion(screening),
        *(f"{count_of(screening, status)}" for status in COVERAGE),
        f"{to_check(screening)} of {len(screening.citations)}",
        ", ".join(f"{safe(part_in_words(w.part, rubric))}: {w.own:,}" for w in screening.words),
        ", ".join(f"{safe(d.name)} ({DOCUMENT[d.status].label})" for d in unread_documents(screening)),
    )


def _page(screening: Screening, rubric: Rubric) -> str:
    lines = [f"# {safe(screening.submission.id) or 'Submission'}", "", f"Evidence map for “{safe(rubric.title)}”. {NOTE}", ""]
    lines += [MASKED, ""] if screening.masked else []
    if gaps := unread_documents(screening):
        lines += ["## What could not be read", ""]
        lines += [f"- **{safe(d.name)}**: {DOCUMENT[d.status].label}. {safe(d.reason)}".rstrip() for d in gaps]
        lines += [""]
    lines += ["## Completion", "", _GATE[screening.completion.status], ""]
    for item in screening.completion.items:
        lines += [f"- {safe(item.message)} {safe(item.remedy)}"]
    lines += [""] if screening.completion.items else []
    lines += _table(
        ("Part", "Taken from", "Own words", "Minimum", "All words"),
        (
            (
                safe(part_in_words(w.part, rubric)),
                ", ".join(
                    f"{safe(d.name)} ({basis_in_words(s.basis)})"
                    for d in screening.submission.documents
                    for s in d.sections
                    if s.part == w.part
                ),
                f"{w.own:,}",
                f"{w.minimum:,}" if w.minimum else "",
                f"{w.raw:,}",
            )
            for w in screening.words
        ),
    )
    lines += ["", *_table(("Status", "Check", "About", "Remark"), (_requirement(r, rubric) for r in screening.requirements)), ""]
    if screening.notices:
        lines += ["## Good to know", "", *map(_notice, screening.notices), ""]
    if screening.trace:
        lines += ["## Outcomes", ""]
        lines += _table(
            ("Outcome", "Claimed in the narrative", "Cited in the portfolio", "Applied in the reflection"),
            ((safe(t.text), _traced(t.claimed), _traced(t.cited), _traced(t.applied)) for t in screening.trace),
        )
        lines += [""]
    lines += ["## Evidence map", "", safe(calibration_in_words(screening.calibration)), ""]
    lines += _coverage(screening, rubric)
    lines += ["## Citations", ""]
    lines += _table(
        ("Row", "Detail", "Artifact", "Place given", "Explanation", "Status", "Remark"),
        (_citation(c, rubric) for c in screening.citations),
    )
    if screening.reflection.sentences:
        lines += ["", "## Profile of the reflection", "", REFLECTION_NOTE, "", *_profile(screening.reflection)]
    lines += ["", "## Documents", ""]
    lines += _table(
        ("Name", "Part", "Status", "Words", "Pages", "Reader", "SHA-256"),
        (
            (
                safe(d.name),
                safe(part_in_words(d.part, rubric)),
                DOCUMENT[d.status].label,
                f"{d.words:,}",
                f"{d.pages} {d.page_kind or 'page'}{'' if d.pages == 1 else 's'}" if d.pages is not None else "",
                safe(d.reader),
                safe(d.sha256[:12]),
            )
            for d in screening.submission.documents
        ),
    )
    lines += ["", f"Rubric {safe(screening.rubric.id)}, fingerprint {safe(screening.fingerprint)}", ""]
    return "\n".join(lines)


def _profile(profile: Reflection) -> Iterator[str]:
    yield from _table(
        ("Label", "Sentences", "Of 100", "95 % interval"),
        ((REFLECTION[r.name].label, f"{r.count}", f"{r.per_100:.0f}", f"{r.low:.0f} to {r.high:.0f}") for r in profile.labels),
    )
    yield ""
    yield from _table(
        ("Sign", "Sentences", "First of them"),
        (
            (INDICATORS[i.name].label, f"{i.count}", safe(shorten(i.evidence[0].quote, 240)) if i.evidence else "")
            for i in profile.indicators
            if i.name in INDICATORS
        ),
    )


def _coverage(screening: Screening, rubric: Rubric) -> list[str]:
    criteria = {c.id: c.text for p in rubric.parts for c in p.criteria}
    facets = {f.id: f.text for f in rubric.facets}
    lines: list[str] = []
    for part, in_part in groupby(screening.coverage, lambda c: c.part):
        lines += [f"### {safe(part_in_words(part, rubric))}", ""]
        for criterion, in_criterion in groupby(in_part, lambda c: c.criterion):
            lines += [f"#### {safe(criteria.get(criterion, criterion))}", ""]
            for coverage in in_criterion:
                lines += _facet(coverage, facets.get(coverage.facet, coverage.facet), screening)
    return lines


def _facet(coverage: Coverage, text: str, screening: Screening) -> list[str]:
    score = f" ({coverage.score:.2f})" if coverage.score is not None else ""
    optional = "" if coverage.required else " *(optional)*"
    lines = [f"- **{COVERAGE[coverage.status].label}**{score}: {safe(text)}{optional}"]
    if coverage.message:
        lines += [f"  {safe(coverage.message)}"]
    if coverage.status == "not_found":
        searched = searched_in_words(coverage, screening)
        lines += [f"  Searched: {safe(searched) or 'no text of this part'}. Nearest passages:"]
    for item in coverage.evidence:
        lines += _quote(item)
    return [*lines, ""]


def _quote(item: Evidence) -> list[str]:
    score = f" ({item.score:.2f})" if item.score is not None else ""
    cues = f" – {safe('; '.join(item.cues))}" if item.cues else ""
    source = ", ".join(filter(None, (safe(item.document), safe(place_in_words(item)))))
    return ["", f"  > {safe(shorten(item.quote, _QUOTE_LENGTH))}", "  >", f"  > — {source}{score}{cues}"]


def _requirement(requirement: Requirement, rubric: Rubric) -> tuple[str, ...]:
    return (
        REQUIREMENT[requirement.status].label,
        safe(check_in_words(requirement)),
        safe(part_in_words(requirement.subject, rubric)),
        safe(requirement.message),
    )


def _traced(cell: TraceCell) -> str:
    counted = f" ({cell.found} of {cell.asked})" if cell.asked else ""
    sources = list(dict.fromkeys(", ".join(filter(None, (safe(e.document), safe(place_in_words(e))))) for e in cell.evidence[:3]))
    return "; ".join([f"{TRACE[cell.status].label}{counted}", *sources])


def _notice(notice: Notice) -> str:
    places = "; ".join(", ".join(filter(None, (e.document, place_in_words(e)))) for e in notice.evidence)
    return f"- {safe(notice.subject)}: {safe(notice.message)}" + (f" ({safe(places)})" if places else "")


def _citation(citation: Citation, rubric: Rubric) -> tuple[str, ...]:
    details = {d.id: d.label or d.text for d in rubric.details}
    return (
        str(citation.row or "none"),
        safe(citation.detail or details.get(citation.facet or "", citation.facet or "")),
        safe(citation.artifact),
        safe(citation.locator),
        safe(citation.explanation),
        CITATION[citation.status].label,
        safe(citation.message),
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
    return lines if len(lines) > 2 else ["None."]
