"""Decisions beside the findings that they answer: what each assessor says of each facet and citation, on one scale with the machine.

Agreement, learning and the comparison of two readings all need the same three steps, so they stand here once: find the
files of decisions, keep only what was decided on this very reading (fingerprint and files), and put choices and statuses
on one scale.

The scale of a facet has three values in order: `not_addressed` < `partly` < `addressed`.

- The machine: `not_found`, `thin`, `covered`; `unread` is no value, because nothing was searched.
- An assessor: `other_passage` is `addressed` and `not_addressed` is itself, whatever was found; `agree` takes the value of
  the finding. Only by agreeing with `thin` can an assessor say `partly`.

That of a citation has two: `not_in_order` < `in_order`.

- The machine: `ok` is in order, `cannot_verify` is no value because nothing was looked up, every other status is not in order.
- An assessor: `other_passage` ("shown here") is in order, `not_addressed` ("not shown there") is not, `agree` as above.

The two scales are never put together: a facet is searched and weighed, a citation is looked up.

A choice that was made before the finding was shown (`blind_choice`) is *independent*. One that was made with the finding in
view is not: people drift towards what they are shown, so its agreement with the machine is an upper bound. Both are kept
apart everywhere. A blind choice of `agree` cannot be made on the pages; in a file by other hands it does not count as blind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mcscreen.decisions import Choice, ChosenPassage, Decision, Decisions, Review, files_digest, read_decisions
from mcscreen.errors import InputError
from mcscreen.results import Citation, CitationStatus, Coverage, CoverageStatus, Screening

__all__ = [
    "CITATION_VALUES",
    "DECISIONS",
    "VALUES",
    "CitationRating",
    "CitationValue",
    "Gathered",
    "Rating",
    "Value",
    "answers",
    "citation_value_of_choice",
    "citation_value_of_status",
    "gather",
    "read_decision_files",
    "value_of_choice",
    "value_of_status",
]

DECISIONS = "decisions"
"""Folder inside a report folder in which files of decisions are looked for."""

Value = Literal["not_addressed", "partly", "addressed"]

VALUES: tuple[Value, ...] = ("not_addressed", "partly", "addressed")
"""The scale of a facet, in order."""

CitationValue = Literal["not_in_order", "in_order"]

CITATION_VALUES: tuple[CitationValue, ...] = ("not_in_order", "in_order")
"""The scale of a citation, in order."""

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
class CitationRating:
    """What one assessor says of one row of the self-analysis, or of a detail that has none.

    Attributes:
        detail: Id of the rubric's detail; None where none was recognised.
        row: Number of the row; None for a detail without one.
        value: From the final choice; None where it gives none (a note only, or agreement with `cannot_verify`).
        blind: From what was decided before the finding was shown; None where it was in view.
        decision: As decided.
        citation: The finding that it answers.
    """

    submission: str
    detail: str | None
    row: int | None
    assessor: str
    value: CitationValue | None
    blind: CitationValue | None
    decision: Decision
    citation: Citation

    @property
    def passages(self) -> tuple[ChosenPassage, ...]:
        """Passages that the assessor confirmed or selected; none where the citation is said not to be in order."""
        return self.decision.passages if self.value == "in_order" else ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """Decisions that belong to a report.

    Attributes:
        ratings: Of facets: one an assessor, submission and facet; by assessor, then in the order of the screenings.
        citations: Of citations, likewise.
        left_out: Why decisions were left out -> how many reviews or decisions.
        same_initials: Assessor -> how many items stand in two files of that name and were mostly decided at other times, so that
            the files may be of two people.
    """

    ratings: tuple[Rating, ...]
    citations: tuple[CitationRating, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    same_initials: tuple[tuple[str, int], ...] = ()

    @property
    def assessors(self) -> tuple[str, ...]:
        """Who decided, in alphabetical order."""
        return tuple(sorted({r.assessor for r in self.ratings} | {c.assessor for c in self.citations}))

    @property
    def remarks(self) -> list[str]:
        """What was left out and what may be mixed up, one line each, for a person."""
        lines = [f"left out: {number} {why}" for why, number in self.left_out]
        return lines + [
            f"two files are by {name!r} and decide {number} of the same items at other times; of each the later decision counts. "
            'If they are two people, give one other initials ("assessor" in the file) and run again'
            for name, number in self.same_initials
        ]


def value_of_status(status: CoverageStatus | str) -> Value | None:
    """A machine's status of a facet on the scale; None for `unread`."""
    return _OF_STATUS.get(status)


def value_of_choice(choice: Choice | None, finding: str) -> Value | None:
    """An assessor's choice on a facet on the scale, given the finding that it answers."""
    if choice == "other_passage":
        return "addressed"
    if choice == "not_addressed":
        return "not_addressed"
    return value_of_status(finding) if choice == "agree" else None


def citation_value_of_status(status: CitationStatus | str) -> CitationValue | None:
    """A machine's status of a citation on the scale; None for `cannot_verify`."""
    if status == "cannot_verify":
        return None
    return "in_order" if status == "ok" else "not_in_order"


def citation_value_of_choice(choice: Choice | None, finding: str) -> CitationValue | None:
    """An assessor's choice on a citation on the scale, given the finding that it answers."""
    if choice == "other_passage":
        return "in_order"
    if choice == "not_addressed":
        return "not_in_order"
    return citation_value_of_status(finding) if choice == "agree" else None


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
            f"(after 'mcscreen review': 'mcscreen review {folder.parent} --export {folder}')"
        )
    return [read_decisions(file) for file in files]


def answers(review: Review, screening: Screening) -> str:
    """Nothing where a review is of this very screening of these very files, else why it is not."""
    if review.fingerprint != screening.fingerprint:
        return "reviews of another reading (other rubric text, settings or model)"
    return "" if review.files == files_digest(screening.submission) else "reviews of other files of the submission"


_Key = tuple[str, str, str, str | None, int | None]
"""Assessor, submission, and what tells a decision from others of its review."""


def gather(screenings: Iterable[Screening], files: Iterable[Decisions]) -> Gathered:
    """Pair decisions with the findings they answer; of two decisions of one assessor on a finding the later counts."""
    known = {s.submission.id: s for s in screenings}
    order = {identifier: place for place, identifier in enumerate(known)}
    latest: dict[_Key, tuple[Decision, Coverage | Citation]] = {}
    left: Counter[str] = Counter()
    times: dict[str, Counter[bool]] = {}
    for file in files:
        assessor = file.assessor.strip() or file.assessor
        earlier = dict(latest)
        for review in file.reviews:
            screening = known.get(review.submission)
            why = (
                "reviews of submissions that are not in the report"
                if screening is None
                else "reviews for another rubric"
                if file.rubric.id != screening.rubric.id
                else answers(review, screening)
            )
            if why or screening is None:
                left[why] += 1
                continue
            findings: dict[tuple[str, str | None, int | None], Coverage | Citation] = {
                **{("facet", c.facet, None): c for c in screening.coverage},
                **{("citation", c.facet, c.row): c for c in screening.citations},
            }
            for decision in review.decisions:
                finding = findings.get(decision.key)
                if finding is None or finding.status != decision.finding:
                    left["decisions on findings that are not in the report"] += 1
                    continue
                key = (assessor, review.submission, *decision.key)
                if key in earlier and decision.choice is not None and earlier[key][0].choice is not None:
                    times.setdefault(assessor, Counter())[decision.time == earlier[key][0].time] += 1
                if key not in latest or decision.time >= latest[key][0].time:
                    latest[key] = decision, finding
    ranked = sorted(latest.items(), key=lambda item: (item[0][0], order[item[0][1]]))
    return Gathered(
        tuple(_rating(key, d, f) for key, (d, f) in ranked if isinstance(f, Coverage)),
        tuple(_citation_rating(key, d, f) for key, (d, f) in ranked if isinstance(f, Citation)),
        tuple(sorted(left.items())),
        # Who exports again gives the same times again; who decides for the first time under taken initials gives others.
        tuple((assessor, same[False]) for assessor, same in sorted(times.items()) if same[False] > same[True]),
    )


def _rating(key: _Key, decision: Decision, line: Coverage) -> Rating:
    value = value_of_choice(decision.choice, decision.finding)
    blind = None if decision.blind_choice == "agree" else value_of_choice(decision.blind_choice, decision.finding)
    return Rating(key[1], line.facet, key[0], value, blind, decision, line)


def _citation_rating(key: _Key, decision: Decision, citation: Citation) -> CitationRating:
    value = citation_value_of_choice(decision.choice, decision.finding)
    blind = None if decision.blind_choice == "agree" else citation_value_of_choice(decision.blind_choice, decision.finding)
    return CitationRating(key[1], citation.facet, citation.row, key[0], value, blind, decision, citation)
