"""A rubric: what a micro-credential asks for, down to the small asks an assessor ticks off.

A rubric is data that its owner edits, so the models are strict (an unknown key is an error, not a silent no-op) and a
mistake is reported with file, key and line. The words follow the trade: a *part* of the submission holds *criteria*
(overview questions), a criterion holds *facets* (one small ask each); an *outcome* has *details*, for each of which
Part 2 needs a row with artifact, place and explanation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

__all__ = [
    "Criterion",
    "Detail",
    "Exemplar",
    "MarkedSentence",
    "MarkedSubmission",
    "Facet",
    "Outcome",
    "Part",
    "Rubric",
    "Source",
    "contradictions",
]

Location = tuple[str | int, ...]
"""Where in a rubric something stands, as pydantic writes it: ("parts", 0, "criteria", 2, "id")."""

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9_]+)*$", max_length=80)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=80)]
Text = Annotated[str, Field(min_length=1, max_length=5_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Source(_Strict):
    """Where a rubric came from."""

    title: Text
    publisher: str = ""
    file: str = Field(default="", description="Name of the page or file that it was read from.")
    retrieved: str = Field(default="", description="Date, YYYY-MM-DD.")
    note: str = ""


class Detail(_Strict):
    """One detail of an essential outcome: Part 2 needs a row for it."""

    id: Identifier
    text: Text
    label: str = Field(default="", description="Two or three words for tables; the text where empty.")
    aliases: tuple[str, ...] = Field(default=(), description="Other wordings by which candidates name this detail.")


class Outcome(_Strict):
    """An essential outcome."""

    id: Identifier
    text: Text
    details: tuple[Detail, ...] = ()


class Facet(_Strict):
    """One small ask of a criterion."""

    id: Identifier
    text: Text
    label: str = Field(default="", description="Two or three words for tables; the text where empty.")
    required: bool = Field(default=True, description="False for what a submission 'could include': reported, never flagged.")
    outcomes: tuple[Identifier, ...] = Field(default=(), description="Essential outcomes that this ask belongs to.")


class Criterion(_Strict):
    """An overview question, or one demand of a reflection."""

    id: Identifier
    text: Text
    facets: tuple[Facet, ...] = ()


class Part(_Strict):
    """One part of the submission."""

    id: Identifier
    title: Text
    kind: Literal["narrative", "portfolio", "reflection"]
    instructions: str = ""
    minimum_words: int | None = Field(default=None, ge=1, description="Words that the candidate must at least write.")
    criteria: tuple[Criterion, ...] = ()

    @property
    def facets(self) -> tuple[Facet, ...]:
        """All facets of the part, in order."""
        return tuple(f for c in self.criteria for f in c.facets)


class Exemplar(_Strict):
    """A passage that a rubric's owner recognises as addressing, or not addressing, a facet."""

    facet: Identifier | None = Field(description="Id of the facet or detail; null for a passage that addresses none of them.")
    label: Literal["met", "partial", "missing"]
    kind: str = ""
    text: Text
    also: tuple[Identifier, ...] = Field(default=(), description="Other facets that the passage meets or partly meets.")
    provenance: str = ""


class MarkedSentence(_Strict):
    """One sentence of a marked submission, in its order."""

    part: Identifier
    text: Text
    kind: str = Field(default="", description="What sort of sentence it is: own, generic, intention, negated, echo, offtopic, context.")
    met: tuple[Identifier, ...] = Field(default=(), description="Facets that the sentence, in its place, helps to answer.")
    partial: tuple[Identifier, ...] = Field(default=(), description="Facets that it only touches.")


class MarkedSubmission(_Strict):
    """A whole text in which somebody marked, sentence by sentence, what addresses which facet.

    Exemplars show what an answer looks like; a marked submission also shows everything around it that is none.
    """

    id: str
    sentences: tuple[MarkedSentence, ...] = Field(min_length=1)
    provenance: str = ""


class Rubric(_Strict):
    """A micro-credential's demands.

    Raises:
        pydantic.ValidationError: When ids repeat, a reference points nowhere, or nothing is asked. `load_rubric` turns it
            into a `RubricError` with file, key and line.
    """

    schema_version: Literal[1] = Field(alias="schema")
    id: Slug
    title: Text
    overview: str = ""
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}(?:-[A-Z]{2})?$")
    stacks: tuple[Slug, ...] = Field(default=(), description="Sets of micro-credentials that are earned together.")
    source: Source
    outcomes: tuple[Outcome, ...] = Field(min_length=1)
    parts: tuple[Part, ...] = Field(min_length=1)

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = contradictions(self.model_dump(by_alias=True))
        if found:
            details = [
                InitErrorDetails(type=PydanticCustomError("contradiction", "{why}", {"why": why}), loc=where, input=None)
                for where, why in found
            ]
            raise ValidationError.from_exception_data("Rubric", details)
        return self

    @property
    def facets(self) -> tuple[Facet, ...]:
        """All facets of all parts, in order."""
        return tuple(f for p in self.parts for f in p.facets)

    @property
    def details(self) -> tuple[Detail, ...]:
        """All Part 2 details of all outcomes, in order."""
        return tuple(d for o in self.outcomes for d in o.details)

    def part_of_kind(self, kind: str) -> Part | None:
        """The first part of a kind, or None."""
        return next((p for p in self.parts if p.kind == kind), None)


def contradictions(content: Mapping[str, object]) -> list[tuple[Location, str]]:
    """What no single field can tell: ids that repeat, and references that point nowhere.

    Works on the plain content of a rubric file, so that a file with other mistakes gets these reported in the same breath;
    whatever has not the expected shape is left to the models.

    Returns:
        Pairs of place and message, in the order of the file's parts.
    """
    found: list[tuple[Location, str]] = []
    seen: set[str] = set()
    places = [
        *(("part", at, p) for at, p in _entries(content, ("parts",))),
        *(("outcome", at, o) for at, o in _entries(content, ("outcomes",))),
        *(("criterion", at, c) for at, c in _entries(content, ("parts", "criteria"))),
        *(("facet", at, f) for at, f in _entries(content, ("parts", "criteria", "facets"))),
        *(("detail", at, d) for at, d in _entries(content, ("outcomes", "details"))),
    ]
    for kind, at, entry in places:
        identifier = entry.get("id")
        if not isinstance(identifier, str):
            continue
        if identifier in seen:
            found.append(((*at, "id"), f"the id {identifier!r} is used twice (here for a {kind}); every id must be its own"))
        seen.add(identifier)
    outcomes = [str(o.get("id")) for _, o in _entries(content, ("outcomes",))]
    for at, facet in _entries(content, ("parts", "criteria", "facets")):
        named = facet.get("outcomes")
        for number, outcome in enumerate(named if isinstance(named, list | tuple) else ()):
            if outcome not in outcomes:
                message = f"the facet {facet.get('id')!r} names the outcome {outcome!r}; there are {', '.join(outcomes) or 'none'}"
                found.append(((*at, "outcomes", number), message))
    return found


def _entries(content: Mapping[str, object], path: tuple[str, ...], at: Location = ()) -> Iterator[tuple[Location, Mapping[str, object]]]:
    rows = content.get(path[0])
    for number, row in enumerate(rows if isinstance(rows, list | tuple) else ()):
        if isinstance(row, Mapping):
            if len(path) == 1:
                yield (*at, path[0], number), row
            else:
                yield from _entries(row, path[1:], (*at, path[0], number))
