"""Checks: what must be there, one module a requirement.

The completion checks stand in `CHECKS`; each takes the submission, its sections, the rubric and the word counts, and
returns one line for each thing it looked at. To add one: a module here with a `check` of the same signature, and a row.
Coverage and citations are checks too, with results of their own kind; the pipeline calls them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mcscreen.checks import documents_read, minimum_words, parts_present
from mcscreen.results import Requirement, WordCount
from mcscreen.rubric import Rubric
from mcscreen.submission import Section, Submission

__all__ = ["CHECKS", "Check"]

Check = Callable[[Submission, Sequence[Section], Rubric, Sequence[WordCount]], list[Requirement]]

CHECKS: dict[str, Check] = {
    "documents_read": documents_read.check,
    "parts_present": parts_present.check,
    "minimum_words": minimum_words.check,
}
"""Name of a completion check -> the check, in the order of the report."""
