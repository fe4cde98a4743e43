"""Is each facet addressed? The one place where a score becomes a status.

- `covered` and `not_found` follow from the two thresholds of the model; `thin` lies between them.
- `unread`: nothing of the part could be searched, or something that may belong to it could not be read. A facet is never
  "not found" in a text that was not read in full, because a wrong "not found" is the costliest thing to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcscreen.model import Thresholds
from mcscreen.results import Coverage, CoverageStatus, Evidence
from mcscreen.rubric import Rubric
from mcscreen.submission import Match, Passage, Section, Submission

__all__ = ["check"]


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
    found = {m.facet: m for m in matches}
    lines = []
    for part in rubric.parts:
        gaps = unread_of(submission, sections, part.id)
        for criterion in part.criteria:
            for facet in criterion.facets:
                match = found.get(facet.id)
                status, message = _status(match, thresholds, gaps)
                evidence = tuple(evidence_of(submission, p, s) for p, s in match.passages) if match else ()
                score = match.score if match and match.passages else None
                lines.append(
                    Coverage(
                        part=part.id,
                        criterion=criterion.id,
                        facet=facet.id,
                        required=facet.required,
                        status=status,
                        score=score,
                        message=message,
                        evidence=evidence,
                    )
                )
    return tuple(lines)


def _status(match: Match | None, by_basis: Mapping[str, Thresholds], gaps: Sequence[str]) -> tuple[CoverageStatus, str]:
    if match is None or not match.passages:
        return "unread", f"not searched: {'; '.join(gaps)}" if gaps else "not searched: no text of this part"
    thresholds = by_basis[match.basis]
    remark = "no exemplars for this ask: the search knows its wording only" if match.basis == "text" else ""
    if match.score >= thresholds.covered:
        return "covered", remark
    if match.score >= thresholds.not_found:
        return "thin", remark
    if gaps:
        return "unread", f"nothing near it in what could be read, but {'; '.join(gaps)}"
    return "not_found", "not found by this search; the nearest passages are shown"


def unread_of(submission: Submission, sections: Sequence[Section], part: str) -> list[str]:
    """What could not be read and is, or may be, of this part: one remark a document."""
    placed: dict[int, set[str]] = {}
    for section in sections:
        placed.setdefault(section.document, set()).add(section.part)
    remarks = []
    for index, document in enumerate(submission.documents):
        parts = placed.get(index, set())
        if part in parts and document.status != "text":
            remarks.append(f"{document.name} was {'only partly' if document.status == 'partial' else 'not'} read ({document.reason})")
        elif not parts and not document.readable:
            remarks.append(f"{document.name}, which may belong here, was not read ({document.reason})")
    if not any(part in parts for parts in placed.values()):
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
