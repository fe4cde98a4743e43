"""A finished screening judged anew: what other thresholds would have made of the same scores.

Thresholds decide statuses and nothing before them: what is read, searched, counted and looked up stays. So a screening that
was made with one set of thresholds holds all that is needed to say what another set makes of it. From the statuses follow
their messages, the line of each outcome through the submission, and which sentences of the reflection count for an outcome.
Completion, requirements, citations and notices rest on no status of an ask.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcscreen import profiles
from mcscreen.checks import coverage as coverage_check
from mcscreen.checks import trace as trace_check
from mcscreen.model import Thresholds
from mcscreen.results import Screening
from mcscreen.rubric import Rubric

__all__ = ["judged_anew"]


def judged_anew(
    screening: Screening, rubric: Rubric, thresholds: Mapping[str, Thresholds], fingerprint: str, calibration: str
) -> Screening:
    """The screening that other thresholds would have given.

    Args:
        screening: Of a submission that could be screened, made with the same rubric, to the byte.
        rubric: That rubric.
        thresholds: By basis.
        fingerprint: Of all that the new screening rests on.
        calibration: What its scores and thresholds rest on, in words.
    """
    coverage = coverage_check.judged(screening.coverage, screening.submission.documents, thresholds)
    return screening.model_copy(
        update={
            "fingerprint": fingerprint,
            "calibration": calibration,
            "coverage": coverage,
            "trace": trace_check.check(rubric, coverage, screening.citations),
            "reflection": profiles.judged(screening.reflection, rubric, coverage),
        }
    )
