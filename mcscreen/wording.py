"""The words in which results are told to people: one place, so that every report and the command line say the same.

Codes ("row_missing") are for programs and stay in the JSON and CSV files. People read the words below; none of them
judges the work, and "not found" always says that it is the search that did not find.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mcscreen.document import READABLE
from mcscreen.document import Status as DocumentStatus
from mcscreen.results import CitationStatus, Coverage, CoverageStatus, DocumentRecord, Evidence, Requirement, Screening
from mcscreen.rubric import Rubric

__all__ = [
    "CITATION",
    "COMPLETION",
    "COVERAGE",
    "DOCUMENT",
    "INDICATORS",
    "MASKED",
    "NOTE",
    "REFLECTION",
    "REFLECTION_NOTE",
    "REQUIREMENT",
    "TRACE",
    "Word",
    "basis_in_words",
    "calibration_in_words",
    "check_in_words",
    "completion",
    "count_of",
    "part_in_words",
    "place_in_words",
    "searched_in_words",
    "to_check",
    "unread_documents",
]


@dataclass(frozen=True, slots=True)
class Word:
    """What a status is called, and what that means."""

    label: str
    meaning: str


COMPLETION: dict[str, Word] = {
    "ready": Word("ready", "Nothing is open: it can be assessed."),
    "return": Word("to return", "Something must be mended before it can be assessed."),
    "unreadable": Word("unreadable", "A document could not be read, so not everything could be checked."),
}
TRACE: dict[str, Word] = {
    "found": Word("found", "All that is asked of this part was found."),
    "partly": Word("partly", "Something is thin, missing or could not be verified."),
    "not_found": Word("not found", "This search found none of it."),
    "unread": Word("unread", "The text could not be read."),
    "not_asked": Word("not asked", "The rubric asks nothing of this part."),
}

REFLECTION: dict[str, Word] = {
    "experience": Word("experience", "tells what happened or what was done"),
    "feeling": Word("feeling", "names a feeling or a mood"),
    "belief": Word("belief", "states a conviction or a value"),
    "difficulty": Word("difficulty", "names something that was hard or in the way"),
    "perspective": Word("perspective", "looks at it with the eyes of others"),
    "reflection": Word("reflection", "weighs, explains or questions what was done"),
    "learning": Word("learning", "says what was learned"),
    "intention": Word("intention", "says what will be done"),
    "other": Word("other", "none of these"),
    "uncertain": Word("withheld", "no label is likely enough"),
}
"""Labels of a reflection's sentences, in the order in which they are listed."""

INDICATORS: dict[str, Word] = {
    "evaluation": Word("Evaluation", "says that something worked, or did not"),
    "alternatives": Word("Alternatives", "says what would be done differently"),
    "intention": Word("Intention", "a plan, best with who and when"),
    "impact": Word("Impact", "an effect on students or staff"),
    "equity": Word("Equity, change of mind", "fairness, assumptions, a view that changed"),
    "contrast": Word("Before and after", "how it was beside how it is"),
    "specificity": Word("Own past action", "first person and what was done"),
    "theory": Word("Theory or standard", "names a source, a framework, a standard"),
}
"""Indicators that count sentences; readability is given in figures."""

REFLECTION_NOTE = (
    "This describes the text; it is no level, and no status rests on it. Labels were learned from diaries of student teachers, "
    "translated; there about one in five was withheld and one in five of the others wrong. Read the counts as rough, and the "
    "sentences themselves."
)

NOTE = (
    "This maps where evidence was found; it does not rate the work. A person reads, weighs and decides. "
    "“Not found” means: not found by this search; the nearest passages are shown so that you can look for yourself."
)

MASKED = (
    "Names of people, e-mail addresses and phone numbers are masked, and names of schools that were given; one person has one "
    "number in a submission. Masking misses some: rare first names, nicknames, misspelt names, schools that were not given, and "
    "whatever else can give a person away, such as a post, an event, a link or a picture. Now and then it masks a word that is no name."
)
"""What is told wherever names were masked: never only that they are, always that some are missed."""

COVERAGE: dict[CoverageStatus, Word] = {
    "covered": Word("covered", "At least one passage addresses this ask. Whether it does so well is yours to say."),
    "thin": Word("thin", "A passage touches on this ask, or the search is unsure. Read the passages before deciding."),
    "not_found": Word("not found", "This search found no passage for this ask. The nearest passages are shown: it may still be there."),
    "unread": Word("unread", "The text in which this would stand could not be read, so nothing was searched."),
}

CITATION: dict[CitationStatus, Word] = {
    "ok": Word("place found", "The artifact and the place in it exist. Whether it supports the explanation is for you to read."),
    "artifact_missing": Word("artifact missing", "No uploaded file goes by this name."),
    "out_of_range": Word("place beyond the end", "The artifact has no such page, slide or time."),
    "unrelated": Word("looks unrelated", "What stands at the place shows no relation to the detail, as far as this search can tell."),
    "no_locator": Word("no place given", "The row names no page, slide, heading or time."),
    "no_explanation": Word("no explanation", "The row does not say how the evidence shows the detail."),
    "row_missing": Word("no row", "The self-analysis has no row for this detail, or none that was recognised."),
    "cannot_verify": Word(
        "could not be checked", "The place cannot be looked up by this tool, for instance in a picture or a video without captions."
    ),
}

REQUIREMENT: dict[Literal["met", "flagged", "unchecked"], Word] = {
    "met": Word("met", "It is there."),
    "flagged": Word("to mend", "Something is missing or does not fit."),
    "unchecked": Word("unchecked", "It could not be checked; a person should look."),
}

DOCUMENT: dict[DocumentStatus, Word] = {
    "text": Word("read", "All text was read."),
    "partial": Word("read in part", "Some of the text could not be read."),
    "empty": Word("no text", "The file holds no text."),
    "needs_ocr": Word("pictures of text", "The pages are pictures; their text was not recognised."),
    "encrypted": Word("locked", "A password is needed to open the file."),
    "corrupt": Word("damaged", "The file is damaged or cut off."),
    "unsupported": Word("format not supported", "This kind of file is not read."),
    "mismatch": Word("not what its name says", "The content is of another kind than the name says."),
    "too_large": Word("too large", "The file is larger than what is read."),
    "timeout": Word("took too long", "Reading was stopped after its time was up."),
    "crashed": Word("reading broke off", "The file made its reader stop."),
}

_BASIS = {
    "manifest": "as submission.toml says",
    "name": "by the file's name",
    "folder": "by the folder's name",
    "heading": "by its headings",
    "content": "a guess from what it says",
    "assumed": "a guess: nothing else was left",
}


def place_in_words(evidence: Evidence) -> str:
    """Where a quote stands, as one would tell a colleague: 'page 3, under “Our supports”, paragraph 7'; "" when nothing is known."""
    pieces: list[str] = []
    if evidence.page is not None:
        pieces.append(f"page {evidence.page}")
    if evidence.slide is not None:
        pieces.append(f"slide {evidence.slide}")
    if evidence.sheet:
        pieces.append(f"sheet “{evidence.sheet}”")
    if evidence.seconds is not None:
        start, end = (_clock(s) for s in evidence.seconds)
        pieces.append(f"at {start}" if start == end else f"from {start} to {end}")
    if evidence.heading:
        pieces.append(f"under “{evidence.heading}”")
    if evidence.row is not None:
        pieces.append(f"row {evidence.row}")
    if evidence.paragraph is not None:
        pieces.append(f"paragraph {evidence.paragraph}")
    return ", ".join(pieces)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def basis_in_words(basis: str) -> str:
    """How it is known that a stretch of a document is a part."""
    return _BASIS.get(basis, basis)


def check_in_words(requirement: Requirement) -> str:
    """A check's name for people: "minimum_words" becomes "Minimum words"."""
    words = requirement.check.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def part_in_words(part: str | None, rubric: Rubric) -> str:
    """A part's title, also for "artifact", "" and several ids joined by "+"."""
    titles = {p.id: p.title for p in rubric.parts} | {"artifact": "Artifact"}
    return " + ".join(titles.get(piece, piece) for piece in part.split("+")) if part else ""


def calibration_in_words(calibration: str) -> str:
    """What the scores may be used for, in one or two sentences."""
    head, _, rest = calibration.partition(":")
    stamp = f" ({rest.strip()})" if rest.strip() else ""
    if head.strip().lower() == "uncalibrated":
        return (
            f"The scores are uncalibrated{stamp}: they put passages in order, from 0 to 1, but 0.60 does not mean "
            "“in 60 of 100 cases”. Read the passages, not the numbers."
        )
    return f"The scores estimate how likely it is that an assessor sees the ask addressed, from 0 to 1. They rest on: {calibration}."


def completion(screening: Screening) -> str:
    """Completion in two or three words: "complete so far", "2 to mend, 1 unchecked", "unreadable", "nothing to read", "not screened"."""
    documents = screening.submission.documents
    if screening.cut_short:
        return "not screened"
    if not documents:
        return "nothing to read"
    if not any(d.status in READABLE for d in documents):
        return "unreadable"
    if not screening.requirements:
        return "nothing checked"
    flagged = sum(r.status == "flagged" for r in screening.requirements)
    unchecked = sum(r.status == "unchecked" for r in screening.requirements)
    counts = [f"{number} {word}" for number, word in ((flagged, "to mend"), (unchecked, "unchecked")) if number]
    return ", ".join(counts) or "complete so far"


def count_of(screening: Screening, status: CoverageStatus) -> int:
    """Number of required facets with a status; what a submission "could include" is not counted."""
    return sum(c.status == status for c in screening.coverage if c.required)


def to_check(screening: Screening) -> int:
    """Number of citations (and details without one) that a person should look at."""
    return sum(c.status != "ok" for c in screening.citations)


def unread_documents(screening: Screening) -> tuple[DocumentRecord, ...]:
    """The documents that were not read, or only in part; a video whose captions lie beside it counts as read."""
    documents = screening.submission.documents
    captions = {d.name.rpartition(".")[0] for d in documents if d.format in ("vtt", "srt", "sbv") and d.status in READABLE}
    return tuple(d for d in documents if d.status != "text" and not (d.seconds and d.name.rpartition(".")[0] in captions))


def searched_in_words(coverage: Coverage, screening: Screening) -> str:
    """Names and numbers of words of the readable documents that a facet was searched in; "" when there is none."""
    documents = [
        d
        for d in screening.submission.documents
        if d.status in READABLE and (coverage.part in (d.part or "").split("+") or any(s.part == coverage.part for s in d.sections))
    ]
    return ", ".join(f"{d.name} ({d.words:,} words)" for d in documents)
