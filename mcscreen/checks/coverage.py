"""Is each facet addressed? The one place where a score becomes a status.

- `covered` and `not_found` follow from the two thresholds of the model; `thin` lies between them.
- `unread`: nothing of the part could be searched, or something that may belong to it could not be read. A facet is never
  "not found" in a text that was not read in full, because a wrong "not found" is the costliest thing to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcscreen.document import READABLE
from mcscreen.model import Thresholds
from mcscreen.results import Coverage, CoverageStatus, DocumentRecord, Evidence, SubmissionRecord
from mcscreen.rubric import Rubric
from mcscreen.submission import Match, Passage, Section, Submission

__all__ = ["check", "judged"]


def check(
    submission: Submission, sections: Sequence[Section], rubric: Rubric, matches: Sequence[Match], thresholds: Mapping[str, Thresholds]
) -> tuple[Coverage, ...]:
    """One line a facet of every part with facets, in the rubric's order.

    Args:
        submission: What was uploaded.
        sections: Which stretch is which part.
        rubric: What is asked.
        matches: By facet; a facet without a match counts as not searched.
        thresholds: Scores at which the status changes, by the basis of a match.
    """
    found = {m.facet: m for m in matches if m.passages}
    lines = [
        Coverage.model_validate(
            {
                "part": part.id,
                "criterion": criterion.id,
                "facet": facet.id,
                "required": facet.required,
                "status": "unread",
                "score": match.score if match else None,
                "basis": match.basis if match else None,
                "evidence": tuple(evidence_of(submission, p, s) for p, s in match.passages) if match else (),
            }
        )
        for part in rubric.parts
        for criterion in part.criteria
        for facet in criterion.facets
        for match in (found.get(facet.id),)
    ]
    return judged(lines, SubmissionRecord.of(submission, sections).documents, thresholds)


def judged(lines: Sequence[Coverage], documents: Sequence[DocumentRecord], thresholds: Mapping[str, Thresholds]) -> tuple[Coverage, ...]:
    """Lines with the status and the message that thresholds give them, whatever these were before.

    Args:
        lines: With the score, its basis and the passages that were found.
        documents: What was uploaded, and which part is where.
        thresholds: Scores at which the status changes, by basis.
    """
    gaps = {part: unread_of(documents, part) for part in dict.fromkeys(line.part for line in lines)}
    found = []
    for line in lines:
        status, message = _status(line.score, line.basis, thresholds, gaps[line.part])
        found.append(line.model_copy(update={"status": status, "message": message}))
    return tuple(found)


def _status(score: float | None, basis: str | None, by_basis: Mapping[str, Thresholds], gaps: Sequence[str]) -> tuple[CoverageStatus, str]:
    if score is None or basis is None:
        return "unread", f"not searched: {'; '.join(gaps)}" if gaps else "not searched: no text of this part"
    thresholds = by_basis[basis]
    remark = "no exemplars for this ask: the search knows its wording only" if basis == "text" else ""
    if score >= thresholds.covered:
        return "covered", remark
    if score >= thresholds.not_found:
        return "thin", remark
    if gaps:
        return "unread", f"nothing near it in what could be read, but {'; '.join(gaps)}"
    return "not_found", "not found by this search; the nearest passages are shown"


def unread_of(documents: Sequence[DocumentRecord], part: str) -> list[str]:
    """What could not be read and is, or may be, of this part: one remark a document."""
    placed = [{s.part for s in document.sections} for document in documents]
    remarks = []
    for document, parts in zip(documents, placed, strict=True):
        if part in parts and document.status != "text":
            remarks.append(f"{document.name} was {'only partly' if document.status == 'partial' else 'not'} read ({document.reason})")
        elif not parts and document.status not in READABLE:
            remarks.append(f"{document.name}, which may belong here, was not read ({document.reason})")
    if not any(part in parts for parts in placed):
        remarks.append("no document was recognised as this part")
    return remarks


def evidence_of(submission: Submission, passage: Passage, score: float | None) -> Evidence:
    """A passage as evidence, with its place."""
    return Evidence.at(
        passage.place,
        document=submission.documents[passage.document].name,
        start=passage.start,
        end=passage.end,
        quote=passage.text,
        score=score,
        cues=passage.cues,
    )
