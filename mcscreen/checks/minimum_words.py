"""Is a text as long as the rubric asks?

Counted are the candidate's own words, without pasted questions, part titles and form lines; the count of everything stands
beside it, because that is what a word processor shows. Counting differs from program to program by a few words in a
hundred, so what is within 3 % below the minimum is "about" the minimum and met. A text that could not be read whole is
never called short.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcscreen.results import Requirement, WordCount
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, Section, Submission

__all__ = ["TOLERANCE", "check"]

_NAME = "minimum_words"

TOLERANCE = 0.03
"""Share of the minimum by which a count may be off without meaning anything."""


def check(submission: Submission, sections: Sequence[Section], rubric: Rubric, counts: Sequence[WordCount]) -> list[Requirement]:
    """One line for each part with a minimum."""
    counted = {c.part: c for c in counts}
    return [
        _line(part.id, part.minimum_words, counted.get(part.id) or WordCount(part=part.id, own=0, raw=0), submission, sections)
        for part in rubric.parts
        if part.minimum_words
    ]


def _line(part: str, minimum: int, count: WordCount, submission: Submission, sections: Sequence[Section]) -> Requirement:
    def requirement(status: str, message: str) -> Requirement:
        return Requirement.model_validate({"check": _NAME, "subject": part, "status": status, "message": message})

    own = [s for s in sections if s.part == part]
    documents = [submission.documents[s.document] for s in own]
    read = [d for d in documents if d.readable]
    if not read:
        return requirement(
            "unchecked", "could not be counted: the text could not be read" if own else "nothing to count: the part was not found"
        )
    guess = "; which text this is, is a guess" if all(s.guessed for s in own) else ""
    whole = f" ({count.raw:,} with pasted questions and part titles)" if count.raw != count.own else ""
    words = f"{count.own:,} of {minimum:,} words{whole}"
    gaps = len(read) < len(documents) or any(d.status == "partial" for d in read)
    if any(s.part not in (part, ARTIFACT) and _overlap(s, o) for s in sections for o in own):
        return requirement(
            "unchecked", f"{count.own:,} words together with another part in the same text; the parts could not be told apart"
        )
    if count.own >= minimum:
        near = "about " if count.own < minimum * (1 + TOLERANCE) else ""
        return requirement("met", f"{'at least ' if gaps else near}{words}{guess}")
    if gaps:
        return requirement("unchecked", f"at least {words}; the rest could not be read{guess}")
    if count.own >= minimum * (1 - TOLERANCE):
        return requirement("met", f"about {words}{guess}")
    return requirement("flagged", f"{words}{guess}")


def _overlap(a: Section, b: Section) -> bool:
    return a.document == b.document and a.start < b.end and b.start < a.end
