"""A screening as the templates want it: grouped, numbered, with the words that people read.

Everything that can be decided on is an *item*: a facet, or a citation. An item's passages are numbered through the page, so
that the rubric, the text and the script mean the same passage by the same number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mcscreen import wording
from mcscreen.decisions import files_digest
from mcscreen.inert import file_stem, plain, shorten
from mcscreen.reports.html.texts import Mark, marks_of
from mcscreen.results import Citation, Coverage, Evidence, Screening, WordCount
from mcscreen.rubric import Rubric
from mcscreen.submission import Submission

__all__ = [
    "CriterionView",
    "Item",
    "Link",
    "Page",
    "PartView",
    "WordsView",
    "item_facts",
    "json_block",
    "page_of",
    "review_facts",
    "words_status",
]


@dataclass(frozen=True, slots=True)
class Item:
    """Something to decide on.

    Attributes:
        number: Place in the order of the page, from 0.
        counts: Whether the review is unfinished without it: optional facets are left out.
        marks: For each passage its number in the text; None where it does not stand there.
    """

    number: int
    anchor: str
    fact: Coverage | Citation
    label: str
    text: str
    searched: str
    counts: bool
    marks: tuple[Mark | None, ...]

    @property
    def passages(self) -> list[tuple[Evidence, Mark | None]]:
        """The passages, best first, with their marks."""
        return list(zip(self.fact.evidence, self.marks, strict=True))


@dataclass(frozen=True, slots=True)
class CriterionView:
    """A criterion with its facets."""

    id: str
    text: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class PartView:
    """A part with its criteria."""

    title: str
    criteria: tuple[CriterionView, ...]


@dataclass(frozen=True, slots=True)
class WordsView:
    """Words of a part, what they were taken from, and what the check on their number says."""

    count: WordCount
    title: str
    sources: tuple[tuple[str, str, bool], ...]
    status: str


@dataclass(frozen=True, slots=True)
class Link:
    """A submission's page, seen from the others."""

    title: str
    file: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a submission's page is made of."""

    parts: tuple[PartView, ...]
    citations: tuple[Item, ...]
    words: tuple[WordsView, ...]
    marks: tuple[Mark, ...]

    @property
    def items(self) -> list[Item]:
        """All items in the order of the page."""
        return [i for p in self.parts for c in p.criteria for i in c.items] + list(self.citations)

    @property
    def anchors(self) -> dict[str, Item]:
        """The item of each facet and detail, by its id; of several citations for one detail, the first."""
        found: dict[str, Item] = {}
        for item in self.items:
            found.setdefault(item.fact.facet or "", item)
        return found


def page_of(screening: Screening, rubric: Rubric, submission: Submission | None) -> Page:
    """The page of a submission; without its texts there are no marks."""
    evidence = [e for c in screening.coverage for e in c.evidence] + [e for c in screening.citations for e in c.evidence]
    marks = marks_of(evidence, submission)
    taken: set[str] = set()
    facets = {f.id: f for f in rubric.facets}
    details = {d.id: d.text for d in rubric.details}
    used = 0

    def own(fact: Coverage | Citation) -> tuple[Mark | None, ...]:
        nonlocal used
        used += len(fact.evidence)
        return tuple(marks[used - len(fact.evidence) : used])

    items: list[Item] = []
    for coverage in screening.coverage:
        facet = facets.get(coverage.facet)
        text = facet.text if facet else coverage.facet
        label = (facet.label if facet else "") or text
        searched = wording.searched_in_words(coverage, screening)
        anchor = "facet-" + file_stem(coverage.facet, taken)
        items.append(Item(len(items), anchor, coverage, label, text, searched, coverage.required, own(coverage)))
    citations: list[Item] = []
    for citation in screening.citations:
        asked = details.get(citation.facet or "", "")
        text = citation.detail or asked or citation.facet or "Detail not recognised"
        label = f"Row {citation.row}: {text}" if citation.row is not None else f"No row: {text}"
        number = len(items) + len(citations)
        citations.append(Item(number, f"citation-{len(citations) + 1}", citation, label, text, asked, True, own(citation)))
    return Page(_parts(items, rubric), tuple(citations), tuple(_words(screening, rubric)), tuple(m for m in marks if m))


def _parts(items: Sequence[Item], rubric: Rubric) -> tuple[PartView, ...]:
    criteria = {c.id: c.text for p in rubric.parts for c in p.criteria}

    def part(item: Item) -> str:
        return item.fact.part if isinstance(item.fact, Coverage) else ""

    def criterion(item: Item) -> str:
        return item.fact.criterion if isinstance(item.fact, Coverage) else ""

    return tuple(
        PartView(
            wording.part_in_words(name, rubric),
            tuple(CriterionView(id, criteria.get(id, id), tuple(in_criterion)) for id, in_criterion in groupby(in_part, criterion)),
        )
        for name, in_part in groupby(items, part)
    )


def _words(screening: Screening, rubric: Rubric) -> Iterator[WordsView]:
    for count in screening.words:
        sources = (
            (d.name, wording.basis_in_words(s.basis), s.guessed)
            for d in screening.submission.documents
            for s in d.sections
            if s.part == count.part
        )
        title = wording.part_in_words(count.part, rubric)
        yield WordsView(count, title, tuple(dict.fromkeys(sources)), words_status(screening, count.part))


def words_status(screening: Screening, part: str) -> str:
    """Status of the check on the number of words of a part; "" where none was made. The check decides, not this page."""
    return next((r.status for r in screening.requirements if r.check == "minimum_words" and r.subject == part), "")


def review_facts(screening: Screening) -> dict[str, object]:
    """What a review is known by."""
    return {
        "submission": screening.submission.id,
        "fingerprint": screening.fingerprint,
        "files": files_digest(screening.submission),
    }


def item_facts(item: Item) -> dict[str, object]:
    """An item for the script: what goes into a decision, and where its passages are."""
    fact = item.fact
    return {
        "kind": "facet" if isinstance(fact, Coverage) else "citation",
        "facet": fact.facet,
        "row": None if isinstance(fact, Coverage) else fact.row,
        "finding": fact.status,
        "said": (wording.COVERAGE[fact.status] if isinstance(fact, Coverage) else wording.CITATION[fact.status]).label,
        "label": shorten(plain(item.label), 120),
        "anchor": item.anchor,
        "counts": item.counts,
        "passages": [
            {
                "document": e.document,
                "start": e.start,
                "end": e.end,
                "quote": e.quote,
                "mark": m.number if m else None,
                "place": plain(", ".join(p for p in (e.document, wording.place_in_words(e)) if p)),
            }
            for e, m in item.passages
        ],
    }


def json_block(value: object) -> str:
    """JSON that may stand in a script element: nothing in it can end the element, and it is ASCII (so U+2028 is spelled out)."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
