"""Decisions beside the findings that they answer: what each assessor says of each facet, on one scale with the machine.

Agreement, learning and the comparison of two readings all need the same three steps, so they stand here once: find the
files of decisions, keep only what was decided on this very reading (fingerprint and files), and put choices and statuses
on one scale.

The scale has three values in order: `not_addressed` < `partly` < `addressed`.

- The machine: `not_found`, `thin`, `covered`; `unread` is no value, because nothing was searched.
- An assessor: `other_passage` is `addressed` and `not_addressed` is itself, whatever was found; `agree` takes the value of
  the finding. Only by agreeing with `thin` can an assessor say `partly`.

A choice that was made before the finding was shown (`blind_choice`) is *independent*. One that was made with the finding in
view is not: people drift towards what they are shown, so its agreement with the machine is an upper bound. Both are kept
apart everywhere. A blind choice of `agree` cannot be made on the pages; in a file by other hands it does not count as blind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mcscreen.decisions import ChosenPassage, Decision, Decisions, files_digest, read_decisions
from mcscreen.errors import InputError
from mcscreen.results import Coverage, CoverageStatus, Screening

__all__ = ["DECISIONS", "VALUES", "Gathered", "Rating", "Value", "gather", "read_decision_files", "value_of_choice", "value_of_status"]

DECISIONS = "decisions"
"""Folder inside a report folder in which files of decisions are looked for."""

Value = Literal["not_addressed", "partly", "addressed"]

VALUES: tuple[Value, ...] = ("not_addressed", "partly", "addressed")
"""The scale, in order."""

_OF_STATUS: dict[str, Value] = {"not_found": "not_addressed", "thin": "partly", "covered": "addressed"}


@dataclass(frozen=True, slots=True)
class Rating:
    """What one assessor says of one facet of one submission.

    Attributes:
        value: From the final choice; None where it gives none (a note only, or agreement with `unread`).
        blind: From what was decided before the finding was shown; None where it was in view.
        decision: As decided.
        coverage: The finding that it answers.
    """

    submission: str
    facet: str
    assessor: str
    value: Value | None
    blind: Value | None
    decision: Decision
    coverage: Coverage

    @property
    def passages(self) -> tuple[ChosenPassage, ...]:
        """Passages that the assessor confirmed or selected; none where the facet is said not to be addressed."""
        return self.decision.passages if self.value in ("addressed", "partly") else ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """Decisions that belong to a report.

    Attributes:
        ratings: One an assessor, submission and facet; by assessor, then in the order of the screenings.
        left_out: Why decisions were left out -> how many reviews or decisions.
    """

    ratings: tuple[Rating, ...]
    left_out: tuple[tuple[str, int], ...] = ()

    @property
    def assessors(self) -> tuple[str, ...]:
        """Who decided, in alphabetical order."""
        return tuple(sorted({r.assessor for r in self.ratings}))


def value_of_status(status: CoverageStatus | str) -> Value | None:
    """A machine's status on the scale; None for `unread`."""
    return _OF_STATUS.get(status)


def value_of_choice(choice: str | None, finding: str) -> Value | None:
    """An assessor's choice on the scale, given the finding that it answers."""
    if choice == "other_passage":
        return "addressed"
    if choice == "not_addressed":
        return "not_addressed"
    return value_of_status(finding) if choice == "agree" else None


def read_decision_files(report: Path, given: Sequence[Path] = ()) -> list[Decisions]:
    """Files of decisions: those given, or else every `*.json` in the report folder's `decisions`.

    Raises:
        InputError: When there are none, or one cannot be read.
    """
    folder = (report if report.is_dir() else report.parent) / DECISIONS
    files = list(given) or sorted(folder.glob("*.json"))
    if not files:
        raise InputError(
            f"{folder}: holds no *.json; export decisions from the report pages and put the files there, or name them "
            f"(after 'mcscreen review': 'mcscreen review {report} --export {folder}')"
        )
    return [read_decisions(file) for file in files]


def gather(screenings: Iterable[Screening], files: Iterable[Decisions]) -> Gathered:
    """Pair decisions on facets with the findings they answer; of two decisions of one assessor on a facet the later counts."""
    known = {s.submission.id: (s, files_digest(s.submission), {c.facet: c for c in s.coverage}) for s in screenings}
    order = {identifier: place for place, identifier in enumerate(known)}
    latest: dict[tuple[str, str, str], Rating] = {}
    left: dict[str, int] = {}

    def leave(why: str, number: int = 1) -> None:
        left[why] = left.get(why, 0) + number

    for file in files:
        for review in file.reviews:
            screening, digest, lines = known.get(review.submission, (None, "", {}))
            if screening is None:
                leave("reviews of submissions that are not in the report")
            elif file.rubric.id != screening.rubric.id:
                leave("reviews for another rubric")
            elif review.fingerprint != screening.fingerprint:
                leave("reviews of another reading (other rubric text, settings or model)")
            elif review.files != digest:
                leave("reviews of other files of the submission")
            else:
                for decision in review.decisions:
                    if decision.kind != "facet":
                        continue
                    line = lines.get(decision.facet or "")
                    if line is None or line.status != decision.finding:
                        leave("decisions on findings that are not in the report")
                        continue
                    rating = _rating(review.submission, file.assessor, decision, line)
                    key = (rating.assessor, rating.submission, rating.facet)
                    if key not in latest or decision.time >= latest[key].decision.time:
                        latest[key] = rating
    ratings = sorted(latest.values(), key=lambda r: (r.assessor, order[r.submission]))
    return Gathered(tuple(ratings), tuple(sorted(left.items())))


def _rating(submission: str, assessor: str, decision: Decision, line: Coverage) -> Rating:
    blind = None if decision.blind_choice in (None, "agree") else value_of_choice(decision.blind_choice, decision.finding)
    value = value_of_choice(decision.choice, decision.finding)
    return Rating(submission, line.facet, assessor, value, blind, decision, line)
