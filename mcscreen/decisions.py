"""What an assessor decided: the file that the report pages export and the library reads.

A screening says what was found; a decision says what a person made of it, facet by facet and citation by citation. The two
stay apart: a screening is never rewritten, and a decision names the finding it answers, so that agreement can be measured
later. A review belongs to one reading of one set of files (`fingerprint` and `files`); after a new upload the old
decisions are somebody's opinion on other files and must not be taken for this one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from mcscreen.errors import InputError
from mcscreen.results import RubricRecord, SubmissionRecord

__all__ = ["MOST_BYTES", "Choice", "ChosenPassage", "Decision", "Decisions", "Review", "files_digest", "read_decisions"]

Choice = Literal["agree", "other_passage", "not_addressed"]
"""`agree`: with the finding, whatever it is. `other_passage`: addressed, in the passages given. `not_addressed`: by none."""

MOST_BYTES = 64_000_000
"""Largest file that is read, in bytes: three hundred reviews with forty decisions each have about ten million."""

_MOST_PROBLEMS = 20


class _Frozen(BaseModel):
    # JSON is read strictly: "3" is no number here, and an unknown key is an error.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, serialize_by_alias=True, populate_by_name=True)


class ChosenPassage(_Frozen):
    """A stretch of a document's text as read."""

    document: str = Field(description="Path inside the submission.")
    start: int = Field(ge=0, description="Offset of the first character (Unicode code points).")
    end: int = Field(ge=0, description="Offset past the last character.")
    quote: str

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"ends at {self.end}, before its start at {self.start}")
        return self


class Decision(_Frozen):
    """One person's decision on one facet or one citation."""

    kind: Literal["facet", "citation"]
    facet: str | None = Field(description="Id of the facet; for a citation the id of the detail, null where none was recognised.")
    row: int | None = Field(default=None, description="Row of the self-analysis; null for a facet and for a detail without a row.")
    finding: str = Field(description="The status that the screening gave: what the decision answers.")
    choice: Choice | None = Field(description="Null where there is a note only.")
    blind_choice: Choice | None = Field(
        default=None, description="What was decided before the finding was shown; null where it was shown from the start."
    )
    passages: tuple[ChosenPassage, ...] = Field(
        default=(), description="For 'agree' the passage that was in view, for 'other_passage' those that were selected."
    )
    note: str = ""
    time: AwareDatetime = Field(description="Of the last change, with its time zone.")

    @property
    def key(self) -> tuple[str, str | None, int | None]:
        """What tells a decision from the others of its review."""
        return self.kind, self.facet, self.row


class Review(_Frozen):
    """The decisions on one submission."""

    submission: str
    fingerprint: str = Field(description="Of the screening that was looked at.")
    files: str = Field(description="`files_digest` of the submission that was looked at.")
    decisions: tuple[Decision, ...]

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        _no_repeats([d.key for d in self.decisions], "is decided twice")
        return self


class Decisions(_Frozen):
    """A file of decisions: one person, one rubric, any number of submissions."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    assessor: str = Field(min_length=1, description="Initials or a number; whatever the programme uses.")
    rubric: RubricRecord
    reviews: tuple[Review, ...]

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        _no_repeats([(r.submission, r.fingerprint, r.files) for r in self.reviews], "is reviewed twice")
        return self


def files_digest(submission: SubmissionRecord) -> str:
    """Sixteen hexadecimal digits that change when a file of the submission does: of SHA-256 over names and checksums."""
    lines = "\n".join(f"{d.sha256} {d.name}" for d in submission.documents)
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_decisions(path: str | Path) -> Decisions:
    """Read a file that the report pages exported.

    Args:
        path: The JSON file, UTF-8.

    Raises:
        InputError: When the file is missing, too large, or not such a file; one line a problem, each naming the file and the
            place in it.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{file}: there is no such file; export one from a report page with “Export decisions”") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or type(error).__name__})") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{file}: larger than {MOST_BYTES:,} bytes; this is no file of decisions")
    try:
        return Decisions.model_validate_json(content.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    problems = [f"{file}: {_dotted(tuple(e['loc']))}: {_plain(e['type'], e['msg'])}" for e in found[:_MOST_PROBLEMS]]
    rest = len(found) - _MOST_PROBLEMS
    raise InputError("\n".join(problems + ([f"… and {rest} more"] if rest > 0 else [])))


def _no_repeats(keys: list[tuple[str | int | None, ...]], what: str) -> None:
    seen: set[tuple[str | int | None, ...]] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"{' '.join(str(k) for k in key if k is not None)} {what}; keep one")
        seen.add(key)


def _plain(kind: str, message: str) -> str:
    told = {
        "missing": "is missing",
        "extra_forbidden": "is not known here",
        "json_invalid": f"is not JSON ({message.partition(': ')[2]})",
        "timezone_aware": "has no time zone",
        "string_too_short": "must not be empty",
    }
    return told.get(kind, message.removeprefix("Value error, ")[:1].lower() + message.removeprefix("Value error, ")[1:])


def _dotted(where: tuple[str | int, ...]) -> str:
    path = ""
    for step in where:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path or "the file"
