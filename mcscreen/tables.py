"""Screenings as flat tables: one row a fact, for spreadsheets and data frames.

The JSON nests; a spreadsheet cannot. So evidence is flattened to the three best quotes, each with its place in words, and
every row begins with the submission's id so that rows can be filtered and joined. The columns are named once, here, for
every writer that needs rows. Values are untouched: making them safe is the writer's task, because the rules differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mcscreen.results import Evidence, Screening
from mcscreen.rubric import Rubric
from mcscreen.wording import CITATION, COMPLETION, DOCUMENT, completion, count_of, part_in_words, place_in_words, to_check, unread_documents

__all__ = [
    "Column",
    "Table",
    "Value",
    "citations",
    "completion_items",
    "coverage",
    "documents",
    "notices",
    "overview",
    "reflection",
    "requirements",
    "trace",
]

Value = str | int | float | None
"""Text from an upload or the rubric, a number made by the tool, or nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name for programs, its title for people, its width in characters."""

    key: str
    title: str
    width: int = 12


@dataclass(frozen=True, slots=True)
class Table:
    """A named table; every row has as many values as there are columns.

    Rows may be made while they are gone through, so go through them once: those of a large batch do not fit into memory.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Value, ...]]


_ID = Column("submission", "Submission", 24)
_EVIDENCE = (
    Column("quote", "Best quote", 60),
    Column("document", "Document", 28),
    Column("place", "Place", 32),
    Column("quote_score", "Score of quote", 9),
    Column("quote_2", "Second quote", 40),
    Column("place_2", "Place of second", 32),
    Column("quote_2_score", "Score of second", 9),
    Column("quote_3", "Third quote", 40),
    Column("place_3", "Place of third", 32),
    Column("quote_3_score", "Score of third", 9),
)


def _flat(evidence: Sequence[Evidence]) -> tuple[Value, ...]:
    best = evidence[0] if evidence else None
    values: list[Value] = [best.quote, best.document, place_in_words(best), best.score] if best else [None] * 4
    for item in (*evidence[1:3], None, None)[:2]:
        if item is None:
            values += [None] * 3
        else:
            values += [item.quote, ", ".join(filter(None, (item.document, place_in_words(item)))), item.score]
    return tuple(values)


def _overview(screenings: Sequence[Screening], parts: Sequence[str]) -> Iterator[tuple[Value, ...]]:
    for screening in screenings:
        own = {w.part: w.own for w in screening.words}
        yield (
            screening.submission.id,
            COMPLETION[screening.completion.status].label,
            len(screening.completion.items),
            completion(screening),
            count_of(screening, "covered"),
            count_of(screening, "thin"),
            count_of(screening, "not_found"),
            count_of(screening, "unread"),
            len(screening.citations),
            to_check(screening),
            *(own.get(p) for p in parts),
            "; ".join(f"{d.name} ({DOCUMENT[d.status].label})" for d in unread_documents(screening)) or None,
            screening.calibration,
            screening.rubric.id,
            screening.fingerprint,
        )


def overview(screenings: Sequence[Screening], rubric: Rubric, parts: Iterable[str] | None = None) -> Table:
    """One row a submission: completion, counts, words, what was not read; a column for each part whose words are counted, or `parts`."""
    parts = list(dict.fromkeys(w.part for s in screenings for w in s.words)) if parts is None else list(parts)
    columns = (
        _ID,
        Column("gate", "Completion", 12),
        Column("open_items", "Open items", 9),
        Column("completion", "Requirements", 26),
        Column("covered", "Covered (required asks)", 11),
        Column("thin", "Thin", 9),
        Column("not_found", "Not found by this search", 11),
        Column("unread", "Unread", 9),
        Column("citations", "Citations and details", 11),
        Column("citations_to_check", "Citations to check", 11),
        *(Column(f"own_words_{p}", f"Own words: {part_in_words(p, rubric)}", 18) for p in parts),
        Column("documents_not_read", "Documents not read, or read in part", 40),
        Column("calibration", "Scores", 36),
        Column("rubric", "Rubric", 28),
        Column("fingerprint", "Fingerprint", 20),
    )
    return Table("overview", columns, _overview(screenings, parts))


def coverage(screenings: Sequence[Screening], rubric: Rubric) -> Table:
    """One row a facet of a submission."""
    texts = {f.id: f.text for f in rubric.facets}
    columns = (
        _ID,
        Column("part", "Part", 10),
        Column("criterion", "Criterion", 11),
        Column("facet", "Facet", 16),
        Column("facet_text", "What is asked", 44),
        Column("required", "Required", 10),
        Column("status", "Status", 11),
        Column("score", "Score", 8),
        Column("message", "Remark", 36),
        *_EVIDENCE,
    )
    rows = (
        (
            s.submission.id,
            c.part,
            c.criterion,
            c.facet,
            texts.get(c.facet),
            "yes" if c.required else "no",
            c.status,
            c.score,
            c.message or None,
            *_flat(c.evidence),
        )
        for s in screenings
        for c in s.coverage
    )
    return Table("coverage", columns, rows)


def citations(screenings: Sequence[Screening], rubric: Rubric) -> Table:
    """One row a citation of Part 2, or a detail that has none."""
    texts = {d.id: d.text for d in rubric.details}
    columns = (
        _ID,
        Column("row", "Row", 7),
        Column("detail", "Detail as written", 34),
        Column("facet", "Detail", 18),
        Column("facet_text", "Detail in the rubric", 34),
        Column("artifact", "Artifact", 28),
        Column("locator", "Place given", 20),
        Column("explanation", "Explanation", 60),
        Column("status", "Status", 18),
        Column("status_in_words", "Status in words", 24),
        Column("score", "Score", 8),
        Column("message", "Remark", 44),
        *_EVIDENCE,
    )
    rows = (
        (
            s.submission.id,
            c.row,
            c.detail or None,
            c.facet,
            texts.get(c.facet or ""),
            c.artifact or None,
            c.locator or None,
            c.explanation or None,
            c.status,
            CITATION[c.status].label,
            c.score,
            c.message or None,
            *_flat(c.evidence),
        )
        for s in screenings
        for c in s.citations
    )
    return Table("citations", columns, rows)


def requirements(screenings: Sequence[Screening]) -> Table:
    """One row a requirement of a submission."""
    columns = (
        _ID,
        Column("check", "Check", 24),
        Column("subject", "About", 28),
        Column("status", "Status", 11),
        Column("message", "Remark", 60),
        *_EVIDENCE,
    )
    rows = (
        (s.submission.id, r.check, r.subject, r.status, r.message or None, *_flat(r.evidence)) for s in screenings for r in s.requirements
    )
    return Table("requirements", columns, rows)


def trace(screenings: Sequence[Screening]) -> Table:
    """One row an essential outcome and part of a submission: claimed, cited, applied."""
    columns = (
        _ID,
        Column("outcome", "Outcome", 10),
        Column("outcome_text", "Essential outcome", 44),
        Column("place", "Where", 10),
        Column("status", "Status", 11),
        Column("asked", "Asked", 8),
        Column("found", "Found", 8),
        Column("lines", "Facets or details", 40),
        *(c if c.key != "place" else Column("quote_place", c.title, c.width) for c in _EVIDENCE),
    )
    rows = (
        (
            s.submission.id,
            t.outcome,
            t.text,
            name,
            cell.status,
            cell.asked,
            cell.found,
            "; ".join(cell.lines) or None,
            *_flat(cell.evidence),
        )
        for s in screenings
        for t in s.trace
        for name, cell in (("claimed", t.claimed), ("cited", t.cited), ("applied", t.applied))
    )
    return Table("trace", columns, rows)


def completion_items(screenings: Sequence[Screening]) -> Table:
    """One row a thing that is open in a submission."""
    columns = (
        _ID,
        Column("check", "Check", 20),
        Column("kind", "Kind", 11),
        Column("subject", "About", 28),
        Column("row", "Row", 7),
        Column("message", "What was found", 60),
        Column("remedy", "Where to mend it", 60),
    )
    rows = ((s.submission.id, i.check, i.kind, i.subject, i.row, i.message, i.remedy) for s in screenings for i in s.completion.items)
    return Table("completion", columns, rows)


def notices(screenings: Sequence[Screening]) -> Table:
    """One row a notice: told, not judged."""
    columns = (_ID, Column("check", "Kind", 20), Column("subject", "About", 28), Column("message", "Remark", 60), *_EVIDENCE)
    rows = ((s.submission.id, n.check, n.subject, n.message, *_flat(n.evidence)) for s in screenings for n in s.notices)
    return Table("notices", columns, rows)


def reflection(screenings: Sequence[Screening]) -> Table:
    """One row a measure of a reflection: labels, groups of labels, indicators and their kinds, figures."""
    columns = (
        _ID,
        Column("kind", "Kind", 10),
        Column("name", "Measure", 28),
        Column("sentences", "Own sentences", 10),
        Column("count", "Count", 8),
        Column("per_100", "Of 100 sentences", 10),
        Column("low", "95 % interval from", 10),
        Column("high", "to", 8),
        Column("expected_per_100", "Sum of probabilities, of 100", 14),
        Column("value", "Figure", 10),
    )
    return Table("reflection", columns, (row for s in screenings if s.reflection.sentences for row in _measures(s)))


def _measures(screening: Screening) -> Iterator[tuple[Value, ...]]:
    profile, name = screening.reflection, screening.submission.id
    rates = [*(("label", r) for r in profile.labels), *(("group", r) for r in profile.groups)]
    for kind, rate in [*rates, *((("deep", profile.deep),) if profile.deep else ())]:
        yield name, kind, rate.name, profile.sentences, rate.count, rate.per_100, rate.low, rate.high, rate.expected_per_100, None
    for found in profile.indicators:
        if found.figures:
            yield from ((name, "figure", figure, profile.sentences, *[None] * 5, value) for figure, value in found.figures.items())
            continue
        yield name, "indicator", found.name, profile.sentences, found.count, found.per_100, *[None] * 4
        for kind, count in found.kinds.items():
            share = round(100 * count / profile.sentences, 1)
            yield name, "indicator", f"{found.name}: {kind}", profile.sentences, count, share, *[None] * 4


def documents(screenings: Sequence[Screening]) -> Table:
    """One row a document of a submission."""
    columns = (
        _ID,
        Column("document", "Document", 40),
        Column("part", "Part", 14),
        Column("part_basis", "Part known by", 22),
        Column("status", "Status", 12),
        Column("reason", "Reason", 50),
        Column("format", "Format", 9),
        Column("words", "Words", 9),
        Column("pages", "Pages, slides, sheets", 10),
        Column("page_kind", "Counted in", 10),
        Column("seconds", "Seconds", 9),
        Column("reader", "Reader", 22),
        Column("warnings", "Warnings", 40),
        Column("sha256", "SHA-256", 20),
    )
    rows = (
        (
            s.submission.id,
            d.name,
            d.part,
            ", ".join(dict.fromkeys(f"{x.part}: {x.basis}" for x in d.sections)) or None,
            d.status,
            d.reason or None,
            d.format or None,
            d.words,
            d.pages,
            d.page_kind,
            d.seconds,
            d.reader or None,
            "; ".join(d.warnings) or None,
            d.sha256,
        )
        for s in screenings
        for d in s.submission.documents
    )
    return Table("documents", columns, rows)
