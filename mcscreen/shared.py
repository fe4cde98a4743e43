"""What can be told only when a batch is done: passages that candidates share, as notices and as a table.

A screening knows one submission, so that it is the same in any company. Shared passages need all of them, and are added to
the finished screenings here; the journal holds screenings without them. The texts are read again for it, one submission at
a time (`mcscreen.overlaps`), which costs a small part of what screening costs. In a run's folder what was found is kept, so that
a run that differs in nothing but its thresholds reads nothing for it (the HTML pages show the texts and do): `shared.json` holds
the notices, and the rows of `shared.csv` where that is written, and so no text that the reports do not hold. It is taken where
all that it rests on is the same and its checksum is right; else the passages are found anew. It is put in place whole and can be
deleted at any time.

A notice shows both places and gives no reason, because wording is shared for many: a team that plans together, a template,
a text that fits twice.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, overload

from pydantic import BaseModel, ConfigDict, ValidationError

from mcscreen.document import UnreadableDocument
from mcscreen.overlaps import Overlap, SharedPassage, find_overlaps
from mcscreen.private_files import NotWritten, put
from mcscreen.results import Evidence, Notice, Screening
from mcscreen.rubric import Rubric
from mcscreen.sniffer import open_regular
from mcscreen.submission import Section, Submission
from mcscreen.tables import Column, Table
from mcscreen.wording import part_in_words, place_in_words

__all__ = ["KEPT", "SHARED", "Keeping", "shared_passages"]

SHARED = "shared_passage"
"""The notices' check."""

KEPT = "shared.json"
"""Name of the file in a run's folder that holds what was found."""

_RECIPE = 1
"""Number of the way of finding and telling; a change makes what is kept stale."""

_HEAD = re.compile(rb'\{"key":"([0-9a-f]{64})","sha256":"([0-9a-f]{64})","shared":')
_TAIL = b"}\n"

_NOTICES = 12
"""Passages that are told one by one in a submission, the longest first."""

_PLACES = 3
"""Other places that are named in a notice."""

_log = logging.getLogger("mcscreen.shared")


class _Shared(BaseModel):
    """What is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    notices: dict[str, tuple[Notice, ...]]
    rows: tuple[tuple[int, int, int, str, str, str, str, str], ...] | None


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where what is found is kept, and under which key.

    Attributes:
        path: The file.
        key: Hash of all that the result rests on, 64 hex digits.
        tabled: Whether the rows of the table are wanted and kept as well.
        pending: What was found and is not in place yet.
    """

    path: Path
    key: str
    tabled: bool = True
    pending: list[_Shared] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def within(cls, folder: Path, fingerprint: str, keys: Sequence[str], allowed: Iterable[str] = (), *, tabled: bool = True) -> Self:
        """In a run's folder.

        Args:
            folder: The run's.
            fingerprint: The screener's `scores_fingerprint`: rubric, versions, limits, masking.
            keys: Of the submissions, as `mcscreen.journal.submission_key` gives them, in the order of the screenings.
            allowed: As `shared_passages` takes them.
            tabled: Whether the table is wanted.
        """
        whole = hashlib.sha256()
        for kind, text in (("made", f"{_RECIPE}:{fingerprint}"), *(("key", k) for k in keys), *(("allowed", a) for a in allowed)):
            data = text.encode("utf-8", "surrogatepass")
            whole.update(f"{kind}:{len(data)}:".encode() + data)
        return cls(folder / KEPT, whole.hexdigest(), tabled)

    def taken(self) -> _Shared | None:
        """What was kept; None where there is nothing, or it is damaged, or of another key, or lacks the table that is wanted."""
        try:
            with open_regular(self.path) as stream:
                content = stream.read()
        except (UnreadableDocument, OSError):
            return None
        head, body = _HEAD.match(content), content[: -len(_TAIL)]
        if head and head[1].decode() != self.key:
            return None
        if head and content.endswith(_TAIL) and hashlib.sha256(body[head.end() :]).hexdigest().encode() == head[2]:
            try:
                kept = _Shared.model_validate_json(body[head.end() :])
            except ValidationError:
                pass
            else:
                return kept if kept.rows is not None or not self.tabled else None
        _log.warning("what was kept of shared passages is damaged; they are found anew")
        return None

    def keep(self) -> None:
        """Put in place what was found; what cannot be written is found anew the next time.

        Called when the reports are written, because where there is no room for them the folder stays as it was.
        """
        if not self.pending:
            return
        try:
            body = self.pending.pop().model_dump_json().encode("utf-8")
            put(self.path, f'{{"key":"{self.key}","sha256":"{hashlib.sha256(body).hexdigest()}","shared":'.encode() + body + _TAIL)
        except (ValueError, NotWritten) as error:  # a name may hold half a surrogate pair, which JSON does not
            _log.warning("shared passages could not be kept (%s)", type(error).__name__)


def shared_passages(
    screenings: Sequence[Screening],
    texts: Mapping[str, Submission],
    rubric: Rubric,
    allowed: Iterable[str] = (),
    keeping: Keeping | None = None,
) -> tuple[Sequence[Screening], Table]:
    """Tell in each screening which passages its submission shares with others, and in which of its own parts one stands twice.

    Args:
        screenings: Of one batch.
        texts: What was read, by the submission's id; a mapping may read from a disk, as `mcscreen.batch_texts.texts_of` gives it.
        rubric: Its wording counts as nobody's.
        allowed: Texts of templates and of what a team made together; their wording counts as nobody's either.
        keeping: Where what was found before is taken from, and what is found now waits for its `keep`; without it nothing is kept.

    Returns:
        The screenings, those with shared passages with notices added when they are asked for, and the table `shared`: one row a
        place, or none where `keeping` says that it is not wanted.
    """
    tabled = keeping is None or keeping.tabled
    found = keeping.taken() if keeping else None
    if found is None:
        batch = _Batch(screenings, texts)
        overlaps = find_overlaps(batch, rubric, allowed)
        found = _Shared(notices=_notices(overlaps), rows=tuple(_rows(overlaps, rubric)) if tabled else None)
        if keeping and batch.whole:
            keeping.pending.append(found)
    return _Told(screenings, found.notices), Table("shared", _COLUMNS, (found.rows or ()) if tabled else ())


class _Told(Sequence[Screening]):
    """Screenings with their notices added when they are asked for."""

    def __init__(self, screenings: Sequence[Screening], notices: Mapping[str, Sequence[Notice]]) -> None:
        self._screenings, self._notices = screenings, notices

    def __len__(self) -> int:
        return len(self._screenings)

    @overload
    def __getitem__(self, at: int) -> Screening: ...

    @overload
    def __getitem__(self, at: slice) -> _Told: ...

    def __getitem__(self, at: int | slice) -> Screening | _Told:
        if isinstance(at, slice):
            return _Told(self._screenings[at], self._notices)
        screening = self._screenings[at]
        own = self._notices.get(screening.submission.id)
        return screening.model_copy(update={"notices": (*screening.notices, *own)}) if own else screening


class _Batch(Sequence[tuple[Submission, Sequence[Section]]]):
    """Submissions with their sections, read when they are asked for.

    Attributes:
        whole: Whether all that was asked for so far was read as it was screened.
    """

    def __init__(self, screenings: Sequence[Screening], texts: Mapping[str, Submission]) -> None:
        self._screenings, self._texts = screenings, texts
        self.whole = True

    def __len__(self) -> int:
        return len(self._screenings)

    @overload
    def __getitem__(self, at: int) -> tuple[Submission, Sequence[Section]]: ...

    @overload
    def __getitem__(self, at: slice) -> _Batch: ...

    def __getitem__(self, at: int | slice) -> tuple[Submission, Sequence[Section]] | _Batch:
        if isinstance(at, slice):
            return _Batch(self._screenings[at], self._texts)
        record = self._screenings[at].submission
        if not any(d.sections for d in record.documents):
            return Submission(record.id, ()), ()
        try:
            submission = self._texts[record.id]
        except NotWritten:
            raise
        except Exception as error:  # an upload that is gone or changed costs its own notices, not the report
            _log.warning("a submission could not be read again for shared passages: %s", type(error).__name__)
            self.whole = False
            return Submission(record.id, ()), ()
        numbers = {d.name: n for n, d in enumerate(submission.documents)}
        found: list[Section] = []
        for d in record.documents:
            document = submission.documents[numbers[d.name]] if d.name in numbers else None
            if document is not None and document.sha256 == d.sha256:
                found += [Section(numbers[d.name], s.part, s.start, s.end, s.basis) for s in d.sections]
            if d.sections and (document is None or (document.sha256, document.status, document.reason) != (d.sha256, d.status, d.reason)):
                self.whole = False
        return submission, found


def _notices(overlaps: Sequence[Overlap]) -> dict[str, tuple[Notice, ...]]:
    """Notices by submission, the longest passages first."""
    notices: dict[str, list[Notice]] = {}
    for overlap in overlaps:
        for name in dict.fromkeys(p.submission for p in overlap.places):
            notices.setdefault(name, []).append(_notice(overlap, name))
    return {name: tuple(_cut(own)) for name, own in notices.items()}


def _notice(overlap: Overlap, name: str) -> Notice:
    own = [p for p in overlap.places if p.submission == name]
    others = [p for p in overlap.places if p.submission != name]
    named = [f"{_where(p)} of this submission" for p in own[1:]] + [f"“{p.submission}”, {_where(p)}" for p in others]
    more = f" and in {len(named) - _PLACES} more places" if len(named) > _PLACES else ""
    given = overlap.words - overlap.own
    words = f"{overlap.words} words in a row" + (f" ({given} of them from the rubric or given files)" if given else "")
    message = f"{words} stand here and in {'; in '.join(named[:_PLACES])}{more}"
    return Notice(check=SHARED, subject=own[0].document, message=message, evidence=tuple(_evidence(p) for p in own))


def _cut(notices: Sequence[Notice]) -> Iterator[Notice]:
    yield from notices[:_NOTICES]
    if len(notices) > _NOTICES:
        rest = notices[_NOTICES:]
        what = "1 shorter passage is" if len(rest) == 1 else f"{len(rest)} shorter passages are"
        yield Notice(check=SHARED, subject=rest[0].subject, message=f"{what} shared too; shared.csv lists every place")


def _where(place: SharedPassage) -> str:
    return ", ".join(filter(None, (place.document, place_in_words(_evidence(place)))))


def _evidence(shared: SharedPassage) -> Evidence:
    return Evidence.at(shared.place, document=shared.document, start=shared.start, end=shared.end, quote=shared.quote)


_COLUMNS = (
    Column("passage", "Passage", 8),
    Column("words", "Words", 8),
    Column("own_words", "Not from the rubric or given files", 12),
    Column("submission", "Submission", 24),
    Column("part", "Part", 24),
    Column("document", "Document", 28),
    Column("place", "Place", 32),
    Column("quote", "Quote", 80),
)


def _rows(overlaps: Sequence[Overlap], rubric: Rubric) -> Iterator[tuple[int, int, int, str, str, str, str, str]]:
    for number, o in enumerate(overlaps, 1):
        for p in o.places:
            part, place = part_in_words(p.part, rubric), place_in_words(_evidence(p))
            yield number, o.words, o.own, p.submission, part, p.document, place, p.quote
