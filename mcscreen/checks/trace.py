"""Each essential outcome through the submission: claimed in the narrative, cited in the portfolio, applied in the reflection.

Nothing is decided anew: the statuses of coverage and of citations are gathered by outcome, so that an assessor sees in one
line where an outcome is told, shown and used. A cell says `not_found` only when every line of it does. One line that could
not be read or checked, and nothing found, makes it `unread`; everything between is `partly`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mcscreen.results import Citation, Coverage, Evidence, Trace, TraceCell
from mcscreen.rubric import Outcome, Part, Rubric

__all__ = ["check"]

_Line = Literal["found", "open", "unread", "missing"]

_FACETS: dict[str, _Line] = {"covered": "found", "thin": "open", "unread": "unread", "not_found": "missing"}
_DETAILS: dict[str, _Line] = {"ok": "found", "cannot_verify": "unread", "row_missing": "missing"}
"""A row with any other status is there, with something amiss: "open"."""

_BEST_FIRST: tuple[_Line, ...] = ("found", "open", "unread", "missing")


def check(rubric: Rubric, coverage: Sequence[Coverage], citations: Sequence[Citation]) -> tuple[Trace, ...]:
    """One line for each essential outcome, in the rubric's order.

    Asks that a submission "could include" are left out. A detail with several rows counts by its best one.

    Args:
        rubric: Says which facets and details belong to which outcome.
        coverage: As `mcscreen.checks.coverage.check` gives it.
        citations: As `mcscreen.checks.citations.check` gives it.
    """
    return tuple(
        Trace(
            outcome=outcome.id,
            text=outcome.text,
            claimed=_told(outcome, [p for p in rubric.parts if p.kind == "narrative"], coverage),
            cited=_cited(outcome, citations) if rubric.part_of_kind("portfolio") else TraceCell(status="not_asked", asked=0, found=0),
            applied=_told(outcome, [p for p in rubric.parts if p.kind == "reflection"], coverage),
        )
        for outcome in rubric.outcomes
    )


def _told(outcome: Outcome, parts: Sequence[Part], coverage: Sequence[Coverage]) -> TraceCell:
    found = {c.facet: c for c in coverage}
    lines: list[tuple[str, _Line, Evidence | None]] = []
    for facet in (f for p in parts for f in p.facets):
        if facet.required and outcome.id in facet.outcomes:
            line = found.get(facet.id)
            state: _Line = _FACETS[line.status] if line else "unread"
            lines.append((facet.id, state, line.evidence[0] if line and line.evidence else None))
    return _cell(lines)


def _cited(outcome: Outcome, citations: Sequence[Citation]) -> TraceCell:
    lines: list[tuple[str, _Line, Evidence | None]] = []
    for detail in outcome.details:
        rows: list[tuple[_Line, Citation]] = [(_DETAILS.get(c.status, "open"), c) for c in citations if c.facet == detail.id]
        rows.sort(key=lambda row: _BEST_FIRST.index(row[0]))
        # What stands beside a missing row are rows that may be meant for it, not places in an artifact.
        places = [c.evidence[0] for _, c in rows[:1] if c.evidence and c.row is not None]
        lines.append((detail.id, rows[0][0] if rows else "unread", places[0] if places else None))
    return _cell(lines)


def _cell(lines: Sequence[tuple[str, _Line, Evidence | None]]) -> TraceCell:
    states = [state for _, state, _ in lines]
    status: Literal["found", "partly", "not_found", "unread", "not_asked"]
    if not lines:
        status = "not_asked"
    elif set(states) == {"found"}:
        status = "found"
    elif set(states) & {"found", "open"}:
        status = "partly"
    else:
        status = "unread" if "unread" in states else "not_found"
    shown = [e for _, state, e in lines if e and (status == "not_found" or state in ("found", "open"))]
    return TraceCell(
        status=status,
        asked=len(lines),
        found=states.count("found"),
        lines=tuple(identifier for identifier, _, _ in lines),
        evidence=tuple(shown),
    )
