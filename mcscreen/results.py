"""What a screening says: the contract with platforms, one model a kind of fact.

These models cross the boundary (JSON, CSV, HTML, the Python API), so they are pydantic, frozen, and their JSON Schema is
published in docs/schema/. Completion (`requirements`) is kept apart from the evidence map (`coverage`) because the first
is a matter of counting and the second of judgement, and only a person judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from mcscreen.document import Document, Place
from mcscreen.document import Status as DocumentStatus
from mcscreen.submission import Section, Submission

__all__ = [
    "AskSentences",
    "CitationStatus",
    "Citation",
    "Completion",
    "CompletionItem",
    "Coverage",
    "CoverageStatus",
    "DocumentRecord",
    "Evidence",
    "Indicator",
    "Notice",
    "OutcomeSpread",
    "Reflection",
    "ReflectionRate",
    "ReflectionSentence",
    "Requirement",
    "RubricRecord",
    "Screening",
    "SectionRecord",
    "SubmissionRecord",
    "Trace",
    "TraceCell",
    "WordCount",
]

CoverageStatus = Literal["covered", "thin", "not_found", "unread"]
CitationStatus = Literal[
    "ok",
    "artifact_missing",
    "out_of_range",
    "unrelated",
    "no_locator",
    "no_explanation",
    "row_missing",
    "cannot_verify",
]


NOT_SCREENED = "screening"
"""The check of a `CompletionItem` that says that the screening ended before anything was checked."""

EXCERPT = 300
"""Characters of a quote that stands for a whole place."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True, populate_by_name=True)


class SectionRecord(_Frozen):
    """A stretch of a document that was taken as a part."""

    part: str = Field(description="Part id of the rubric, or 'artifact'.")
    start: int
    end: int
    basis: Literal["manifest", "name", "folder", "heading", "content", "assumed"]
    guessed: bool = Field(description="True when nothing the candidate wrote says so.")


class DocumentRecord(_Frozen):
    """One uploaded file and how its reading ended."""

    name: str
    part: str | None = Field(description="Part id; 'artifact'; several ids joined by '+' for a combined file; null when it is none.")
    status: DocumentStatus
    reason: str
    reader: str
    pages: int | None = Field(description="Pages, slides or sheets; null where the format has none.")
    page_kind: Literal["page", "slide", "sheet"] | None = None
    words: int
    seconds: float | None = Field(default=None, description="Length of a video.")
    format: str = ""
    sha256: str
    sections: tuple[SectionRecord, ...] = ()
    warnings: tuple[str, ...] = ()


class SubmissionRecord(_Frozen):
    """What was uploaded."""

    id: str
    documents: tuple[DocumentRecord, ...]

    @classmethod
    def of(cls, submission: Submission, sections: Sequence[Section]) -> Self:
        """What is told of a submission as read, given which stretch of which document is which part."""
        records = []
        for index, document in enumerate(submission.documents):
            own = [s for s in sections if s.document == index]
            records.append(
                DocumentRecord(
                    name=document.name,
                    part="+".join(dict.fromkeys(s.part for s in own)) or None,
                    status=document.status,
                    reason=document.reason,
                    reader=document.reader,
                    pages=document.pages,
                    page_kind=document.page_kind,
                    words=document.words,
                    seconds=document.seconds,
                    format=document.format,
                    sha256=document.sha256,
                    sections=tuple(SectionRecord(part=s.part, start=s.start, end=s.end, basis=s.basis, guessed=s.guessed) for s in own),
                    warnings=document.warnings,
                )
            )
        return cls(id=submission.id, documents=tuple(records))


class RubricRecord(_Frozen):
    """Which rubric, to the byte."""

    id: str
    sha256: str
    title: str = ""


class Evidence(_Frozen):
    """A quote and where it stands; `start` and `end` are offsets in the document's text as read."""

    document: str
    page: int | None = None
    slide: int | None = None
    sheet: str | None = None
    row: int | None = None
    seconds: tuple[float, float] | None = None
    heading: str | None = None
    paragraph: int | None = None
    start: int
    end: int
    quote: str
    score: float | None = None
    cues: tuple[str, ...] = Field(default=(), description="Plain remarks on the passage, such as 'restates the question'.")

    @classmethod
    def at(
        cls, place: Place, *, document: str, start: int, end: int, quote: str, score: float | None = None, cues: tuple[str, ...] = ()
    ) -> Self:
        """A quote at a place of a document, which is given by its name."""
        return cls(
            document=document,
            page=place.page,
            slide=place.slide,
            sheet=place.sheet,
            row=place.row,
            seconds=place.seconds,
            heading=place.heading,
            paragraph=place.paragraph,
            start=start,
            end=end,
            quote=quote,
            score=score,
            cues=cues,
        )

    @classmethod
    def excerpt(cls, place: Place, document: Document, start: int, end: int) -> Self:
        """A stretch of a document, cut at a space where it is longer than `EXCERPT` characters."""
        if end - start > EXCERPT:
            space = document.text.rfind(" ", start, start + EXCERPT)
            end = space if space > start else start + EXCERPT
        return cls.at(place, document=document.name, start=start, end=end, quote=document.text[start:end])


class Requirement(_Frozen):
    """A matter of completion: something is there, or it is flagged, or it could not be checked."""

    check: str = Field(description="Name of the check, such as 'minimum_words'.")
    subject: str = Field(description="What it is about: a part id, a document's name.")
    status: Literal["met", "flagged", "unchecked"]
    message: str
    evidence: tuple[Evidence, ...] = ()


class WordCount(_Frozen):
    """Words of one part."""

    part: str
    own: int = Field(description="The candidate's own words and headings: without pasted questions, part titles and template text.")
    raw: int = Field(description="All words of the part as uploaded.")
    minimum: int | None = None


class Coverage(_Frozen):
    """One facet: whether it is addressed, and where."""

    part: str
    criterion: str
    facet: str
    required: bool = True
    status: CoverageStatus
    score: float | None = Field(description="Between 0 and 1; null when nothing could be searched.")
    basis: Literal["marked", "exemplars", "text"] | None = Field(
        default=None, description="What the score rests on, which decides its thresholds; null when nothing could be searched."
    )
    message: str = ""
    evidence: tuple[Evidence, ...] = Field(description="Best first; for 'not_found' these are the nearest misses.")


class Citation(_Frozen):
    """One row of the Part 2 self-analysis, or a detail that has none."""

    row: int | None = Field(description="Number of the row, from 1; null for 'row_missing'.")
    detail: str
    facet: str | None = Field(description="Id of the rubric's detail.")
    artifact: str
    locator: str
    explanation: str
    status: CitationStatus
    score: float | None = None
    message: str = ""
    evidence: tuple[Evidence, ...] = ()


class TraceCell(_Frozen):
    """What one part of the submission says about one outcome."""

    status: Literal["found", "partly", "not_found", "unread", "not_asked"] = Field(
        description="'partly': something is thin, missing or could not be verified; 'not_asked': the rubric asks nothing of this part."
    )
    asked: int = Field(description="Facets or details that the rubric ties to the outcome.")
    found: int = Field(description="How many of them are covered, or cited with status 'ok'.")
    lines: tuple[str, ...] = Field(default=(), description="Ids of those facets or details, in the rubric's order.")
    evidence: tuple[Evidence, ...] = Field(
        default=(),
        description="The best passage of each line that has one, in the order of the lines; nearest misses for 'not_found' only.",
    )


class Trace(_Frozen):
    """One essential outcome through the submission: claimed in the narrative, cited in the portfolio, applied in the reflection."""

    outcome: str
    text: str
    claimed: TraceCell
    cited: TraceCell
    applied: TraceCell


class CompletionItem(_Frozen):
    """Something that must be mended before the submission can be assessed, or that nobody could check."""

    check: str = Field(description="Name of the check, such as 'minimum_words' or 'artifact_missing'.")
    subject: str = Field(description="A part id, a document's name, or a detail's id.")
    row: int | None = Field(default=None, description="Row of the self-analysis, where it is about one.")
    message: str = Field(description="What was found.")
    remedy: str = Field(description="Where and how the candidate mends it.")
    kind: Literal["mend", "unchecked"] = Field(
        default="mend", description="'unchecked': nobody knows yet that something is amiss; a person looks before the candidate is asked."
    )


class Completion(_Frozen):
    """The completion gate: counting only, no judgement of quality.

    `ready`: nothing is open. `return`: something must be mended by the candidate. `unreadable`: nothing has to be mended as
    far as could be checked, but something could not be read or told apart; a person looks first.
    """

    status: Literal["ready", "return", "unreadable"] = "ready"
    items: tuple[CompletionItem, ...] = ()


class Notice(_Frozen):
    """Something an assessor may want to know; told, not judged."""

    check: str = Field(
        description="'uncited_artifact', 'same_place', 'language', 'shared_passage' (which depends on the other submissions of the batch)."
    )
    subject: str
    message: str
    evidence: tuple[Evidence, ...] = ()


class ReflectionRate(_Frozen):
    """How many sentences of a reflection were given a label, with a 95 % Wilson interval for sampling (not for the labeller's errors)."""

    name: str = Field(description="A label, a group of labels, 'deep' or 'uncertain'.")
    count: int
    per_100: float = Field(description="Of 100 sentences.")
    low: float
    high: float
    expected_per_100: float = Field(description="Sum of the probabilities over all sentences, withheld labels included.")


class ReflectionSentence(_Frozen):
    """A sentence that was given a label; the score of its evidence is the label's probability."""

    label: str
    evidence: Evidence


class Indicator(_Frozen):
    """A sign of reflection that can be pointed at, counted in sentences."""

    name: str
    count: int
    per_100: float
    kinds: dict[str, int] = Field(default_factory=dict, description="Sentences by kind, where the indicator has several.")
    figures: dict[str, float] = Field(default_factory=dict, description="What is no count of sentences, such as words a sentence.")
    evidence: tuple[Evidence, ...] = Field(default=(), description="The first sentences in which it shows.")


class OutcomeSpread(_Frozen):
    """How the passages that were shown for an outcome's asks of the reflection go beyond telling."""

    outcome: str
    sentences: int
    deep: int


class AskSentences(_Frozen):
    """The sentences of the reflection that the best passage of one of its asks touches, numbered from 0."""

    facet: str
    sentences: tuple[int, ...]
    deep: tuple[int, ...] = Field(description="Those of them that more likely than not analyse or draw something from it.")


class Reflection(_Frozen):
    """The reflection as a profile, for people who read it; no level, no sum, and nothing of it decides coverage."""

    sentences: int = Field(default=0, description="The candidate's own sentences; 0 where there is no reflection to read.")
    labels: tuple[ReflectionRate, ...] = ()
    groups: tuple[ReflectionRate, ...] = ()
    deep: ReflectionRate | None = Field(default=None, description="Sentences that more likely than not analyse or draw something from it.")
    breadth: int = Field(default=0, description="How many of the eight labels beside 'other' occur.")
    thirds: tuple[int, ...] = Field(default=(), description="Deep sentences in the first, second and last third of the text.")
    spread: float | None = Field(default=None, description="0: all deep sentences in one third; 1: as many in each.")
    outcomes: tuple[OutcomeSpread, ...] = ()
    asks: tuple[AskSentences, ...] = Field(
        default=(),
        description="What `outcomes` counts where an ask is covered or thin: one entry an ask that has a passage, whatever its status.",
    )
    shown: tuple[ReflectionSentence, ...] = Field(default=(), description="The surest sentences of each label but 'other'.")
    indicators: tuple[Indicator, ...] = ()


class Screening(_Frozen):
    """Everything that was found in one submission for one rubric."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    fingerprint: str = Field(
        description="Hash of versions, weights, rubric and settings: equal fingerprints and equal files give equal results."
    )
    calibration: str = Field(default="uncalibrated", description="What the scores rest on.")
    rubric: RubricRecord
    submission: SubmissionRecord
    words: tuple[WordCount, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    citations: tuple[Citation, ...] = ()
    completion: Completion = Field(default_factory=Completion)
    trace: tuple[Trace, ...] = Field(default=(), description="One line an outcome.")
    notices: tuple[Notice, ...] = ()
    reflection: Reflection = Field(default_factory=Reflection)
    masked: bool = Field(default=False, description="Whether names were masked before the text was searched; some are always missed.")

    @property
    def cut_short(self) -> bool:
        """Whether it ended before anything was checked; the documents are then those that had been read, none where names are masked."""
        return any(item.check == NOT_SCREENED for item in self.completion.items)
