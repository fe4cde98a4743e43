"""index.html and submissions/<id>.html: the report that assessors read.

One page a submission, to work in: what could not be read stands first, completion is kept apart from the evidence map,
and the candidate's words are set in another face than the tool's. A status is an icon, a word and a colour, never a colour
alone. The pages load nothing and run no script, which a content security policy in each page makes sure of; Jinja2
escapes everything, and everything goes through `inert.plain` first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen import wording
from mcscreen.inert import file_stem, plain, shorten
from mcscreen.results import Coverage, Screening, WordCount
from mcscreen.rubric import Rubric

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render"]

_TEMPLATES = Path(__file__).with_name("templates")
_QUOTE_LENGTH = 1_200
"""Characters of a quote that are shown; a passage is a few sentences, so only damaged text is longer."""
_EXPLANATION_LENGTH = 4_000
_REMARK_LENGTH = 600
_NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class _Facet:
    coverage: Coverage
    anchor: str
    label: str
    text: str
    searched: str


@dataclass(frozen=True, slots=True)
class _Criterion:
    id: str
    text: str
    facets: tuple[_Facet, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    title: str
    criteria: tuple[_Criterion, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of a part, what they were taken from, and what the check on their number says."""

    count: WordCount
    title: str
    sources: tuple[tuple[str, str, bool], ...]
    status: str


@dataclass(frozen=True, slots=True)
class _Link:
    """A submission's page, seen from the others."""

    title: str
    file: str


def render(screenings: Sequence[Screening], rubric: Rubric) -> Iterator[tuple[str, bytes]]:
    """The pages of the submissions, then the index."""
    environment = _environment()
    page, index = environment.get_template("submission.html.j2"), environment.get_template("index.html.j2")
    taken: set[str] = set()
    links = [_Link(_title(s), f"{file_stem(s.submission.id, taken)}.html") for s in screenings]
    for number, screening in enumerate(screenings):
        text = page.render(
            rubric=rubric,
            screening=screening,
            title=links[number].title,
            position=number + 1,
            total=len(links),
            previous=links[number - 1] if number else None,
            following=links[number + 1] if number + 1 < len(links) else None,
            unread=wording.unread_documents(screening),
            words=_words(screening, rubric),
            requirements=sorted(screening.requirements, key=lambda r: ("flagged", "unchecked", "met").index(r.status)),
            parts=_parts(screening, rubric),
            details={d.id: d.text for d in rubric.details},
            measurements=list(_flatten(screening.reflection)),
        )
        yield f"submissions/{links[number].file}", _encode(text)
    counted = [w for s in screenings for w in s.words]
    text = index.render(
        rubric=rubric,
        rows=list(zip(screenings, links, strict=True)),
        parts=list(dict.fromkeys(w.part for w in counted if w.minimum)),
        minimum={w.part: w.minimum for w in counted},
        outcomes=_outcomes(screenings),
        calibrations=list(dict.fromkeys(s.calibration for s in screenings)),
        fingerprints=list(dict.fromkeys(s.fingerprint for s in screenings)),
    )
    yield "index.html", _encode(text)


def _environment() -> Environment:
    import jinja2
    from markupsafe import Markup

    def finalize(value: object) -> object:
        return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        style=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
        COVERAGE=wording.COVERAGE,
        CITATION=wording.CITATION,
        REQUIREMENT=wording.REQUIREMENT,
        DOCUMENT=wording.DOCUMENT,
        NOTE=wording.NOTE,
        QUOTE_LENGTH=_QUOTE_LENGTH,
        EXPLANATION_LENGTH=_EXPLANATION_LENGTH,
        REMARK_LENGTH=_REMARK_LENGTH,
        shorten=shorten,
        place=wording.place_in_words,
        check=wording.check_in_words,
        part_title=wording.part_in_words,
        calibration=wording.calibration_in_words,
        completion=wording.completion,
        count_of=wording.count_of,
        to_check=wording.to_check,
        unread_documents=wording.unread_documents,
        words_status=_words_status,
        by_part=_by_part,
    )
    return environment


def _encode(text: str) -> bytes:
    return (text.rstrip("\n") + "\n").encode("utf-8")


def _title(screening: Screening) -> str:
    return shorten(plain(screening.submission.id).strip(), _NAME_LENGTH) or "Submission without a name"


def _by_part(screening: Screening) -> list[list[Coverage]]:
    return [list(group) for _, group in groupby(screening.coverage, lambda c: c.part)]


def _parts(screening: Screening, rubric: Rubric) -> list[_Part]:
    criteria = {c.id: c.text for p in rubric.parts for c in p.criteria}
    facets = {f.id: f for f in rubric.facets}
    taken: set[str] = set()
    parts: list[_Part] = []
    for part, in_part in groupby(screening.coverage, lambda c: c.part):
        groups: list[_Criterion] = []
        for criterion, in_criterion in groupby(in_part, lambda c: c.criterion):
            views: list[_Facet] = []
            for coverage in in_criterion:
                facet = facets.get(coverage.facet)
                text = facet.text if facet else coverage.facet
                label = (facet.label if facet else "") or text
                anchor = "facet-" + file_stem(coverage.facet, taken)
                views.append(_Facet(coverage, anchor, label, text, wording.searched_in_words(coverage, screening)))
            groups.append(_Criterion(criterion, criteria.get(criterion, criterion), tuple(views)))
        parts.append(_Part(wording.part_in_words(part, rubric), tuple(groups)))
    return parts


def _words(screening: Screening, rubric: Rubric) -> list[_Words]:
    return [
        _Words(
            count,
            wording.part_in_words(count.part, rubric),
            tuple(
                dict.fromkeys(
                    (d.name, wording.basis_in_words(s.basis), s.guessed)
                    for d in screening.submission.documents
                    for s in d.sections
                    if s.part == count.part
                )
            ),
            _words_status(screening, count.part),
        )
        for count in screening.words
    ]


def _words_status(screening: Screening, part: str) -> str:
    """Status of the check on the number of words of a part; "" where none was made. The check decides, not this page."""
    return next((r.status for r in screening.requirements if r.check == "minimum_words" and r.subject == part), "")


def _outcomes(screenings: Sequence[Screening]) -> list[tuple[int, str]]:
    """How many submissions are complete so far, have something to mend, and so on."""
    words = [wording.completion(s) for s in screenings]
    kinds = ["with something to mend" if "to mend" in w else "with something unchecked" if "unchecked" in w else w for w in words]
    return [(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)]


def _flatten(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Measurements as rows: nested keys joined by " › ", lists as one line."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flatten(item, f"{name} › {key}" if name else str(key))
    elif isinstance(value, (list, tuple)):
        yield name, "; ".join(", ".join(f"{k}: {v}" for k, v in x.items()) if isinstance(x, dict) else str(x) for x in value)
    elif value is not None:
        yield name, f"{value:.2f}" if isinstance(value, float) else str(value)
