"""Thresholds and figures from what assessors decided.

Thresholds are conformal and class-conditional (Vovk, Gammerman & Shafer 2022, ch. 2.2 and 4.6), with the same two errors as
the model's own: an addressed facet that comes as these did falls below `not_found` with a probability of at most
`NOT_FOUND_ERROR`, and one that is not addressed reaches `covered` with at most `COVERED_ERROR`. What is only partly
addressed belongs to neither class. Shares have exact binomial intervals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mcscreen.model import Thresholds
from mcscreen.reliability import Share
from mcscreen.reviews import Value

__all__ = ["COVERED_ERROR", "NOT_FOUND_ERROR", "Decided", "Fitted", "fitted", "needs", "shares"]

NOT_FOUND_ERROR = 0.01
COVERED_ERROR = 0.04

NEEDED_DECIDED, NEEDED_MISSING, NEEDED_SUBMISSIONS = 200, 40, 10

_FOLDS = 10
_DIGIT = 0.0001
"""Scores have four digits."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One facet of one submission: what assessors say and what the machine said.

    Attributes:
        status: The machine's.
        score: The machine's.
        blind: Whether every assessor decided before the finding was shown.
        files: `files_digest` of the submission.
    """

    submission: str
    facet: str
    value: Value
    status: str
    score: float
    blind: bool
    files: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """Thresholds, and the figures that they give on submissions they were not fitted on (ten folds)."""

    thresholds: Thresholds
    held_out: dict[str, Share]


def needs(rows: Sequence[Decided]) -> str:
    """What is lacking for thresholds, in words; empty when nothing is.

    Each class must be large enough for a conformal cut also without the tenth of the submissions that holds most of it: else
    the figures on held-out submissions would be those of no cut at all, and look better than the thresholds are.
    """
    folds = [[r for r in rows if r.submission in out] for out in _folds(rows)]

    def cut(value: Value, error: float) -> int:
        return math.ceil(1 / error) - 1 + max((sum(r.value == value for r in fold) for fold in folds), default=0)

    counts = {
        "decided facets": (len(rows), NEEDED_DECIDED),
        "of them not addressed": (
            sum(r.value == "not_addressed" for r in rows),
            max(NEEDED_MISSING, cut("not_addressed", COVERED_ERROR)),
        ),
        "of them addressed": (sum(r.value == "addressed" for r in rows), cut("addressed", NOT_FOUND_ERROR)),
        "submissions": (len({r.submission for r in rows}), NEEDED_SUBMISSIONS),
    }
    lacking = [f"{needed} {what} are needed, there are {has}" for what, (has, needed) in counts.items() if has < needed]
    return "; ".join(lacking)


def _folds(rows: Sequence[Decided]) -> list[set[str]]:
    submissions = sorted({r.submission for r in rows})
    return [set(submissions[number::_FOLDS]) for number in range(_FOLDS)]


def shares(rows: Sequence[Decided]) -> dict[str, Share]:
    """The figures of a reliability card; one without any decision is left out."""
    kinds: dict[str, tuple[str, Callable[[Decided], bool]]] = {
        "missing_not_covered": ("not_addressed", lambda r: r.status != "covered"),
        "missing_not_found": ("not_addressed", lambda r: r.status == "not_found"),
        "addressed_not_found": ("addressed", lambda r: r.status == "not_found"),
    }
    found = {}
    for name, (value, hit) in kinds.items():
        own = [r for r in rows if r.value == value]
        if own:
            found[name] = _share(sum(map(hit, own)), len(own))
    return found


def fitted(rows: Sequence[Decided]) -> Fitted:
    """Thresholds from all rows, judged by fitting them on the other submissions.

    Args:
        rows: Enough of them, see `needs`.

    Raises:
        ValueError: When there are too few.
    """
    lacking = needs(rows)
    if lacking:
        raise ValueError(lacking)
    judged: list[Decided] = []
    for out in _folds(rows):
        cuts = _cuts([r for r in rows if r.submission not in out])
        for row in (r for r in rows if r.submission in out):
            status = "covered" if row.score >= cuts[1] else "not_found" if row.score < cuts[0] else "thin"
            judged.append(Decided(row.submission, row.facet, row.value, status, row.score, row.blind, row.files))
    not_found, covered = _cuts(rows)
    return Fitted(Thresholds(not_found=not_found, covered=covered), shares(judged))


def _cuts(rows: Sequence[Decided]) -> tuple[float, float]:
    addressed = sorted(r.score for r in rows if r.value == "addressed")
    missing = sorted((r.score for r in rows if r.value == "not_addressed"), reverse=True)
    below = _tolerated(NOT_FOUND_ERROR, len(addressed))
    above = _tolerated(COVERED_ERROR, len(missing))
    not_found = addressed[below] if below >= 0 else 0.0
    covered = round(missing[above] + _DIGIT, 4) if above >= 0 else 1.0
    # Where the classes lie apart, the two cross; the wider gap keeps both errors.
    low, high = min(not_found, covered), min(max(not_found, covered), 1.0)
    return (low, high) if low < high else (round(max(0.0, high - _DIGIT), 4), max(high, _DIGIT))


def _tolerated(error: float, n: int) -> int:
    """How many of n may lie beyond a conformal cut: (number beyond + 1) / (n + 1) at most `error`; -1 where none can be made."""
    return math.floor(error * (n + 1) + 1e-9) - 1


def _share(hits: int, n: int) -> Share:
    from scipy.stats import binomtest  # type: ignore[import-untyped]

    interval = binomtest(hits, n).proportion_ci(0.95, "exact")
    return Share(hits=hits, n=n, low=round(float(interval.low), 4), high=round(float(interval.high), 4))
