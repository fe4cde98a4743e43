"""Is every part there?

A part that was found by a guess is there, and the message says that it is a guess. A part that was not found is flagged
only when everything that was uploaded could be read; else it may be in what could not, and stays unchecked.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcscreen.results import Requirement, WordCount
from mcscreen.rubric import Part, Rubric
from mcscreen.submission import ARTIFACT, Section, Submission

__all__ = ["check"]

_NAME = "parts_present"


def check(submission: Submission, sections: Sequence[Section], rubric: Rubric, counts: Sequence[WordCount]) -> list[Requirement]:
    """One line for each part of the rubric, one for the artifacts, one for each part that only a manifest knows."""
    lines = [_part(part, submission, sections) for part in rubric.parts]
    if any(p.kind == "portfolio" for p in rubric.parts):
        lines.append(_artifacts(submission, sections))
    known = {p.id for p in rubric.parts} | {ARTIFACT}
    for strange in sorted({part for _, part in submission.declared} - known):
        message = f"submission.toml names the part {strange!r}; this rubric has {', '.join(p.id for p in rubric.parts)} and artifacts"
        lines.append(Requirement(check=_NAME, subject=strange, status="flagged", message=message))
    return lines


def _part(part: Part, submission: Submission, sections: Sequence[Section]) -> Requirement:
    own = [s for s in sections if s.part == part.id]
    read = [s for s in own if submission.documents[s.document].readable]
    unread = [submission.documents[s.document].name for s in own if s not in read]
    if read:
        names = _names(submission, read)
        message = f"found in {names}"
        if all(s.guessed for s in read):
            shared = any(o.part not in (part.id, ARTIFACT) and _overlap(o, s) for o in sections for s in read)
            why = "it may hold more than one part" if shared else "neither name nor heading says so"
            message = f"taken to be {names}; this is a guess, because {why}"
        if unread:
            message += f"; {_listed(unread)} could not be read"
        return Requirement(check=_NAME, subject=part.id, status="met", message=message)
    if unread:
        message = f"uploaded as {_listed(unread)}, which could not be read"
        return Requirement(check=_NAME, subject=part.id, status="unchecked", message=message)
    placed = {s.document for s in sections}
    candidates = [d.name for i, d in enumerate(submission.documents) if i not in placed and not d.readable]
    if candidates:
        message = f"not found among what could be read; it may be {_listed(candidates, 'or')}, which could not be read"
        return Requirement(check=_NAME, subject=part.id, status="unchecked", message=message)
    if submission.problems:
        number = len(submission.problems)
        message = f"not found among what could be opened; {number} thing{'' if number == 1 else 's'} in the upload could not be"
        return Requirement(check=_NAME, subject=part.id, status="unchecked", message=message)
    return Requirement(check=_NAME, subject=part.id, status="flagged", message=f"no file or heading was recognised as {part.title}")


def _artifacts(submission: Submission, sections: Sequence[Section]) -> Requirement:
    number = len({s.document for s in sections if s.part == ARTIFACT})
    if number:
        message = f"{number} artifact{'' if number == 1 else 's'}"
        return Requirement(check=_NAME, subject=ARTIFACT, status="met", message=message)
    status = "unchecked" if submission.problems else "flagged"
    return Requirement.model_validate(
        {"check": _NAME, "subject": ARTIFACT, "status": status, "message": "no artifacts were found in the upload"}
    )


def _overlap(a: Section, b: Section) -> bool:
    return a.document == b.document and a.start < b.end and b.start < a.end


def _names(submission: Submission, sections: Sequence[Section]) -> str:
    return _listed(list(dict.fromkeys(submission.documents[s.document].name for s in sections)))


def _listed(names: Sequence[str], joined: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {joined} {names[-1]}"
