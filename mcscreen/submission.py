"""A candidate's submission: the documents as read, and which stretch of which document is which part.

A document and a part are not the same thing. Some candidates upload one file a part, some one file with headings for all
three, some spread Part 1 over two files. A `Section` names a stretch of a document, the part it belongs to and how that
was found out, so that a guess stays visible as a guess all the way into the report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mcscreen.document import Document, Place

__all__ = ["ARTIFACT", "Basis", "CitationRow", "Claim", "Comparison", "Match", "Passage", "Section", "Spot", "Submission"]

ARTIFACT = "artifact"
"""The part of a document that is evidence, not writing to be screened."""

Basis = Literal["manifest", "name", "folder", "heading", "content", "assumed"]
"""How a section's part is known. `content` and `assumed` are guesses and reported as such."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One candidate's upload.

    Attributes:
        id: Name by which the submission is reported; unique in a batch.
        documents: Every file, in the order of their names.
        declared: Parts that a manifest (`submission.toml`) gives to documents: document name -> part id or "artifact".
        problems: What went wrong while opening the upload (links left out, an archive inside that could not be opened).
    """

    id: str
    documents: tuple[Document, ...]
    declared: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a document that belongs to one part: `documents[document].text[start:end]`.

    Attributes:
        document: Index into `Submission.documents`.
        part: Part id of the rubric, or `ARTIFACT`.
    """

    document: int
    part: str
    start: int
    end: int
    basis: Basis

    @property
    def guessed(self) -> bool:
        """Whether nothing the candidate wrote says that this is the part."""
        return self.basis in ("content", "assumed")


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence or a short run of sentences: `documents[document].text[start:end] == text`.

    Attributes:
        document: Index into `Submission.documents`.
        part: Part id, or `ARTIFACT`.
        sentences: Index of the first sentence and one past the last, in the section's sentences.
        cues: Plain remarks on the passage ("restates the question").
    """

    document: int
    part: str
    start: int
    end: int
    text: str
    place: Place
    sentences: tuple[int, int] = (0, 1)
    cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CitationRow:
    """One row of the Part 2 self-analysis as the candidate wrote it.

    Attributes:
        row: Number, from 1, in the order of the submission.
        detail: The candidate's wording of the outcome detail.
        facet: Id of the rubric's detail that it names, or None when it is not recognised.
        document: Index of the document that the row stands in.
        start: Offset of the row's first character in that document.
        end: Offset past the row's last character.
    """

    row: int
    detail: str
    facet: str | None
    artifact: str
    locator: str
    explanation: str
    document: int
    start: int
    end: int
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True)
class Match:
    """What a finder says of one facet.

    Attributes:
        facet: Facet id.
        score: Between 0 and 1; of the best passage.
        passages: Best first, not overlapping, with their own scores.
        basis: What the score rests on: "marked", "exemplars" or "text".
    """

    facet: str
    score: float
    passages: tuple[tuple[Passage, float], ...]
    basis: str = "text"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of an artifact as text, cut into windows of some dozens of words, in order."""

    windows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a citation says of a place, and what there is to hold the place against.

    Attributes:
        explanation: The candidate's words.
        detail: Text of the rubric's detail, or the candidate's wording where it is not recognised.
        cited: The cited place.
        others: The other places of the artifact; of the other artifacts where it has no other.
    """

    explanation: str
    detail: str
    cited: Spot
    others: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a place compares with the explanation.

    Attributes:
        probability: That the place supports the explanation; None where there was nothing to hold it against.
        windows: Indices of the cited place's windows, the best first.
        better: Index of the other place that fits best, if it fits better than the cited one.
    """

    probability: float | None
    windows: tuple[int, ...]
    better: int | None = None
